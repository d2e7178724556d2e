"""A pruner replayed on climbs: what it is given, what it saves, and what it may not stop."""

import dataclasses
from pathlib import Path

import pytest

from knobwise.sweeps.engine.search.replay import Climb, replay
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.trials.running_trial import Status
from tests.sweeps.fakes import SWEEP, Bench, error_of


def climb(number: int, level: float, epochs: int = 2000, **other: object) -> Climb:
    at = {rung: level + 1 / rung for rung in (512, 1024) if rung < epochs}
    return Climb(number, "complete", level, at, epochs, **other)  # type: ignore[arg-type]


def test_the_worse_half_is_stopped_and_the_rest_of_its_epochs_is_saved() -> None:
    found = replay([climb(0, 2.0, protected=True), climb(1, 3.0), climb(2, 1.0), climb(3, 4.0)], "asha", 4000)
    assert found.stopped == {1: 512, 3: 512}
    assert (found.before, found.after) == (8000, 8000 - 2 * (2000 - 512))
    assert found.saved == pytest.approx(2976 / 8000)


def test_a_protected_trial_is_never_stopped() -> None:
    climbs = [climb(0, 9.0, protected=True), climb(1, 1.0), climb(2, 8.0, protected=True)]
    assert replay(climbs, "asha", 4000).stopped == {}


def test_none_stops_nothing() -> None:
    found = replay([climb(number, float(number)) for number in range(6)], "none", 4000)
    assert (found.stopped, found.saved) == ({}, 0.0)


def test_a_trial_that_takes_over_from_a_stopped_one_trains_what_that_lacks() -> None:
    """Trial 2 had 1,500 epochs of trial 1; stopped at 512, that leaves it 512, and it stops at its next rung."""
    short = climb(1, 5.0, 1500, family="a")
    long = climb(2, 5.0, 3000, family="a", taken_over=1500)
    found = replay([climb(0, 1.0, protected=True), short, long], "asha", 4000)
    assert found.stopped == {1: 512, 2: 1024}
    assert found.before == 2000 + 1500 + 1500
    assert found.after == 2000 + 512 + (1024 - 512)


def test_a_number_that_is_missing_in_the_record_shifts_no_other() -> None:
    climbs = [climb(0, 1.0, protected=True), climb(3, 2.0), climb(5, 3.0)]
    assert replay(climbs, "asha", 4000).stopped == {3: 512, 5: 512}


def test_a_diverged_trial_stays_as_it_was() -> None:
    diverged = Climb(1, "diverged", None, {}, 7)
    found = replay([climb(0, 1.0, protected=True), diverged], "asha", 4000)
    assert (found.stopped, found.before, found.after) == ({}, 2007, 2007)


@pytest.mark.parametrize("pruner", ["asha", "median", "hyperband"])
def test_a_replay_equals_the_sweep(pruner: str, tmp_path: Path) -> None:
    """The driver itself, one trial at a time, each recorded before the next begins."""
    bench = Bench(tmp_path)
    for trials in range(1, 26):
        found, _ = bench.run(trials, pruner=pruner)
    climbs = []
    for row in found.rows:
        config = dataclasses.replace(SWEEP.fixed, **row.params)
        at: dict[int, float] = {}
        while row.status != "diverged" and (rung := rungs.next_rung(max(at, default=0), config)) is not None:
            at[rung] = error_of(config, rung)
        epochs = row.epochs if row.status == "diverged" else config.epochs
        value = None if row.status == "diverged" else error_of(config, config.epochs)
        status: Status = "diverged" if row.status == "diverged" else "complete"
        climbs.append(Climb(row.number, status, value, at, epochs, protected=row.number == 0))
    pruned = {row.number: row.epochs for row in found.rows if row.status == "pruned"}
    assert len(pruned) > 3
    again = replay(climbs, pruner, 4000, SWEEP.name)
    assert again.stopped == pruned
    assert again.after == sum(row.epochs_trained for row in found.rows)
