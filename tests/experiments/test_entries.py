"""An outcome as MLflow holds it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from knobwise.experiments.record.entries import POINTS, tags, thinned


@given(st.integers(0, 50_000), st.integers(2, 300))
def test_thinning_keeps_the_ends_the_order_and_the_spacing(count: int, points: int) -> None:
    kept = thinned(count, points)
    assert len(kept) == min(count, points)
    if count:
        assert (kept[0], kept[-1]) == (0, count - 1)
    steps = np.diff(kept)
    assert (steps >= 1).all()
    assert np.ptp(steps) <= 1 if len(steps) else True


def test_points_are_few() -> None:
    assert len(thinned(10**6)) == POINTS <= 200


def test_tags_are_cut_to_what_mlflow_keeps() -> None:
    assert tags({"a": "x" * 8000}) == {"a": "x" * 8000}
    assert tags({"a": "x" * 8001}) == {"a": "x" * 7999 + "…"}
