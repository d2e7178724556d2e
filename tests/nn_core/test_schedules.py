"""Properties of single schedules: ends, turning points, jumps."""

import numpy as np
import pytest

from knobwise.nn_core import variants
from tests.conformance.checks.schedules import curve

ENDS = {  # at the beginning, and at the end of 1,000 epochs
    "constant": (1, 1),
    "step": (1, 0.25),
    "exponential": (1, 0.999**1000),
    "cosine": (1, 0),
    "warm_restarts": (1, 0.5 * (1 + np.cos(np.pi * 300 / 800))),
    "one_cycle": (0.04, 4e-6),
    "wsd": (0.04, 0),
}
JUMPS = {"step": [500], "warm_restarts": [100, 300, 700]}  # in 1,000 epochs
TURNS = {"one_cycle": {300: 1, 650: 0.5}, "wsd": {50: 1, 800: 1, 900: 0.5}, "cosine": {500: 0.5}}


@pytest.mark.parametrize("name", ENDS)
def test_ends(name: str) -> None:
    schedule = variants.load("schedules", name)
    assert (schedule.factor(0.0, 1000.0), schedule.factor(1000.0, 1000.0)) == pytest.approx(ENDS[name], abs=1e-5)


@pytest.mark.parametrize("name", ENDS)
def test_it_jumps_only_where_it_should(name: str) -> None:
    """In 100,000 parts of a run, no other change is larger than 0.0002."""
    changes = np.abs(np.diff(curve(variants.load("schedules", name), 1000.0, 100_001)))
    assert [round((at + 1) / 100) for at in np.flatnonzero(changes > 0.0002) if at < 99_999] == JUMPS.get(name, [])


@pytest.mark.parametrize("name", TURNS)
def test_turning_points(name: str) -> None:
    schedule = variants.load("schedules", name)
    for epoch, factor in TURNS[name].items():
        assert schedule.factor(epoch, 1000.0) == pytest.approx(factor, abs=1e-5)


@pytest.mark.parametrize("name", ["cosine", "warm_restarts"])
def test_min_factor_is_where_it_ends(name: str) -> None:
    schedule = variants.load("schedules", name, min_factor=0.2)
    assert min(curve(schedule, 300.0, 30_001)) == pytest.approx(0.2, abs=1e-6)


def test_which_schedules_a_longer_run_can_continue() -> None:
    continued = [name for name in variants.names("schedules") if not variants.load("schedules", name).uses_total]
    assert continued == ["constant", "exponential", "step", "warm_restarts"]
