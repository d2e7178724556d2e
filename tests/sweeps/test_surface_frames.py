"""Frames at the end of a session: of every epoch that has a snapshot, and whatever has become of files and workers."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, cast

import pytest

from knobwise.experiments import problems, snapshots
from knobwise.experiments.plots.surface_frames import Frame, frames
from knobwise.sweeps.engine.recording.recorder import Recorder
from knobwise.sweeps.engine.recording.surface_frames import Drawings
from knobwise.sweeps.engine.trials.running_trial import RunningTrial, trial_outcome
from knobwise.sweeps.engine.workers.pool import Workers
from tests.experiments.trained import small
from tests.sweeps.fakes import AtOnce

BEST, BASELINE = small(epochs=20), small(epochs=5)
EPOCHS = {"best": [1, 2, 4, 8, 16, 20], "baseline": [1, 2, 4, 5]}


class Record:
    """The files of two runs, and the frames that were added to each."""

    def __init__(self) -> None:
        self.checkpoints = {"best": BEST.checkpoint, "baseline": BASELINE.checkpoint}
        self.taken = {"best": snapshots.dump(BEST.snapshots), "baseline": snapshots.dump(BASELINE.snapshots)}
        self.frames_of: dict[str, list[Frame]] = {"best": [], "baseline": []}

    def checkpoint(self, run_id: str) -> "Future[bytes]":
        return done(self.checkpoints[run_id])

    def snapshots(self, run_id: str) -> "Future[bytes]":
        return done(self.taken[run_id])

    def frames(self, run_id: str) -> "Future[set[int]]":
        return done({frame.epoch for frame in self.frames_of[run_id]})

    def add_frames(self, run_id: str, added: list[Frame]) -> "Future[int]":
        self.frames_of[run_id] += added
        return done(len(added))

    def epochs(self) -> dict[str, list[int]]:
        return {run_id: [frame.epoch for frame in added] for run_id, added in self.frames_of.items()}


def done(value: Any) -> "Future[Any]":
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def finished(record: Record, workers: AtOnce, problem: str = "article") -> list[str]:
    """What is said to the user, once all is drawn."""
    drawings = Drawings(cast(Workers, workers), cast(Recorder, record), problem, record.checkpoints)
    return drawings.finish()


def test_every_epoch_that_has_a_snapshot_has_a_frame_and_none_twice() -> None:
    record, workers = Record(), AtOnce()
    assert finished(record, workers) == []
    assert record.epochs() == EPOCHS
    assert len(workers.jobs) == 2, "one for each run"
    assert record.frames_of["best"] == frames(problems.load("article"), BEST.checkpoint, BEST.snapshots)
    assert finished(record, AtOnce()) == []
    assert record.epochs() == EPOCHS


def test_frames_that_an_earlier_session_did_not_come_to_are_added() -> None:
    record = Record()
    finished(record, AtOnce())
    record.frames_of["best"] = record.frames_of["best"][:2]
    finished(record, AtOnce())
    assert record.epochs() == EPOCHS


def test_a_run_of_before_there_were_snapshots_has_its_last_frame() -> None:
    record = Record()
    record.taken["best"] = b""
    assert finished(record, AtOnce()) == []
    assert record.epochs() == {**EPOCHS, "best": [20]}


def test_a_run_whose_checkpoint_is_gone_has_none() -> None:
    record = Record()
    record.checkpoints["best"] = b""
    assert finished(record, AtOnce()) == []
    assert record.epochs() == {**EPOCHS, "best": []}


def test_a_broken_file_costs_its_own_run_s_frames_and_is_named() -> None:
    record = Record()
    record.taken["best"] = record.taken["best"][:200]
    (note,) = finished(record, AtOnce())
    assert note.startswith("No pictures of the surface of run best: not a readable file of snapshots (200 bytes)")
    assert record.epochs() == {**EPOCHS, "best": []}


def test_a_problem_without_a_surface_costs_nothing() -> None:
    record, workers = Record(), AtOnce()
    assert finished(record, workers, "noisy_sine") == []
    assert (workers.jobs, record.epochs()) == ([], {"best": [], "baseline": []})


class Dying(AtOnce):
    """Workers that die under whatever they are given."""

    def submit(self, work: Callable[..., Any], job: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_exception(ConnectionError())
        return future


def test_workers_that_die_cost_no_frame() -> None:
    record = Record()
    assert finished(record, Dying()) == []
    assert record.epochs() == EPOCHS


def files_of(recorder: Recorder, number: int, val_mse: float, **changes: Any) -> dict[str, bytes]:
    """The files that are recorded with a trial for its snapshots."""
    outcome = dataclasses.replace(BEST, metrics={**BEST.metrics, "val_mse": val_mse}, **changes)
    running = cast(RunningTrial, type("Numbered", (), {"number": number}))
    return recorder._snapshots(running, trial_outcome([outcome]))


@pytest.fixture
def recorder() -> "Recorder":
    return Recorder()


def test_snapshots_are_recorded_of_the_baseline_and_of_trials_that_can_win(recorder: Recorder) -> None:
    values = [9.0, 5.0, 6.0, 4.0, 7.0, 5.5, 5.0, 4.5]
    assert [bool(files_of(recorder, number, value)) for number, value in enumerate(values)] == [
        True, True, True, True, False, True, True, True,
    ]  # fmt: skip
    assert [*files_of(recorder, 0, 99.0)] == ["snapshots.npz"]
    assert files_of(recorder, 9, 1.0, snapshots={}) == {}
    assert files_of(recorder, 0, 1.0, status="diverged") == {}
    recorder.close()
