"""Snapshots: those of a run that was cut or continued are those of one that was not, and frames are drawn from them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from knobwise.experiments import problems, snapshots
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.plots.surface_frames import epochs_of, frames
from knobwise.experiments.run import run
from knobwise.experiments.snapshots import Snapshots
from knobwise.nn_core import checkpoint as checkpoints

ARTICLE = problems.load("article")
CONFIG = RunConfig(n_samples=50, epochs=20, widths=(4,))


def trained(config: RunConfig = CONFIG, **options: Any) -> Outcome:
    return run(ARTICLE, config, pictures=False, **options)


def assert_same(some: Snapshots, others: Snapshots) -> None:
    assert [*some] == [*others]
    for epoch, params in some.items():
        np.testing.assert_array_equal(params, others[epoch])


def test_they_are_the_parameters_at_the_doublings_of_the_epoch() -> None:
    taken = trained().snapshots
    assert [*taken] == [1, 2, 4, 8, 16]
    for epoch, params in taken.items():
        np.testing.assert_array_equal(params, checkpoints.load(trained(until=epoch).checkpoint).state.params)
    assert len({params.tobytes() for params in taken.values()}) == 5, "copies, not the array that is trained on"


@pytest.mark.parametrize("cuts", [[1], [8], [7, 16], [2, 3, 5]], ids=str)
def test_a_run_that_is_cut_into_rungs_has_the_same(cuts: list[int]) -> None:
    whole, rung = trained(), trained(until=cuts[0])
    for until in (*cuts[1:], None):
        rung = trained(checkpoint=rung.checkpoint, snapshots=rung.snapshots, until=until)
    assert_same(rung.snapshots, whole.snapshots)
    assert frames(ARTICLE, rung.checkpoint, rung.snapshots) == frames(ARTICLE, whole.checkpoint, whole.snapshots)


def test_a_run_that_is_trained_longer_has_the_same() -> None:
    longer = replace(CONFIG, epochs=70)
    continued = trained(longer, checkpoint=trained().checkpoint, snapshots=trained().snapshots)
    assert_same(continued.snapshots, trained(longer).snapshots)


def test_without_the_earlier_ones_there_are_the_later_ones() -> None:
    continued = trained(checkpoint=trained(until=5).checkpoint)
    assert [*continued.snapshots] == [8, 16]
    assert epochs_of(continued.checkpoint, continued.snapshots) == [8, 16, 20]


def test_the_latest_are_kept() -> None:
    taken: Snapshots = {}
    for epoch in filter(snapshots.due, range(1, 10_000)):
        taken = snapshots.add(taken, epoch, np.array([float(epoch)]))
    assert [*taken] == [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192][-snapshots.MOST :]
    assert len(snapshots.before(taken, 8192)) == len(snapshots.before(taken, 9999)) == snapshots.MOST - 1
    assert [*snapshots.before(taken, 9999)][:2] == [8, 16]


def test_a_problem_without_a_surface_and_a_run_that_diverged_have_none() -> None:
    assert run(problems.load("noisy_sine"), CONFIG, pictures=False).snapshots == {}
    diverged = trained(replace(CONFIG, lr=1000.0, epochs=40))
    assert (diverged.status, diverged.snapshots) == ("diverged", {})


def test_a_file_of_them_is_read_as_it_was_written() -> None:
    taken = trained().snapshots
    data = snapshots.dump(taken)
    assert_same(snapshots.load(data), taken)
    assert snapshots.load(b"") == {}
    assert len(data) < 5 * (taken[1].nbytes + 8) + 1000
    for broken in (data[:100], b"no", snapshots.dump({1: np.array([None])})):  # the last has a pickle in it
        with pytest.raises(ValueError, match="not a readable file of snapshots"):
            snapshots.load(broken)


def test_a_frame_is_what_the_network_predicted_then() -> None:
    outcome = trained()
    drawn = frames(ARTICLE, outcome.checkpoint, outcome.snapshots)
    assert [frame.epoch for frame in drawn] == [1, 2, 4, 8, 16, 20]
    assert len({frame.png for frame in drawn}) == 6
    assert drawn[3:4] == frames(ARTICLE, trained(until=8).checkpoint, {})
    assert drawn[-1:] == frames(ARTICLE, outcome.checkpoint, {})
    assert drawn[1:3] == frames(ARTICLE, outcome.checkpoint, outcome.snapshots, recorded={1, 8, 16, 20})


def test_the_last_frame_of_a_run_that_stopped_early_is_of_its_best_weights() -> None:
    outcome = trained(replace(CONFIG, lr=0.1, optimizer="adam", patience=1))
    assert (outcome.status, outcome.epochs_done, [*outcome.snapshots]) == ("stopped", 4, [1, 2, 4])
    drawn = frames(ARTICLE, outcome.checkpoint, outcome.snapshots)
    assert [frame.epoch for frame in drawn] == [1, 2, 4]
    assert drawn[-1:] == frames(ARTICLE, outcome.checkpoint, {})


def test_nothing_is_drawn_of_a_problem_without_a_surface() -> None:
    sine = problems.load("noisy_sine")
    assert frames(sine, run(sine, CONFIG, pictures=False).checkpoint, {}) == []
