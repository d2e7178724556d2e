"""Standardising and back, on any data that Hypothesis finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from knobwise.nn_core.scaling import Array, Scaling

TABLES = arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=st.floats(-1e6, 1e6, width=32))


@given(TABLES)
def test_round_trip(X: Array) -> None:
    scaling = Scaling.fit(X)
    assert np.allclose(scaling.undo(scaling.apply(X)), X, rtol=1e-9, atol=1e-9)


@given(TABLES)
def test_standardised_or_constant(X: Array) -> None:
    scaled = Scaling.fit(X).apply(X)
    assert np.abs(scaled.mean(axis=0)).max() < 1e-3
    varies = X.std(axis=0) > 1e-6 * (1 + np.abs(X).max())
    assert np.allclose(scaled[:, varies].std(axis=0), 1)
    assert np.isfinite(scaled).all()


def test_a_constant_column_becomes_zeros_and_new_values_stay_small() -> None:
    scaling = Scaling.fit(np.full((300, 1), 0.1))
    assert np.abs(scaling.apply(np.array([[0.1], [0.2]]))).max() <= 0.1 + 1e-12
