"""A surface that forms: pictures at points of the training that are those the run went through."""

import time
from concurrent.futures import Future

import pytest

from knobwise.experiments import forming
from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.workers.jobs import Job, Work
from knobwise.sweeps.engine.workers.replay import Stopped, frames, rungs, surfaces
from tests.experiments.trained import small


class Here:
    """Workers that do a job at once, in this process; or never, where they hang."""

    slots = 1
    lost: tuple[type[BaseException], ...] = ()

    def __init__(self, hangs_after: int = 99) -> None:
        self.jobs: list[Job] = []
        self._hangs_after = hangs_after

    def submit(self, work: Work, job: Job) -> "Future[Outcome]":
        future: Future[Outcome] = Future()
        self.jobs.append(job)
        if len(self.jobs) <= self._hangs_after:
            future.set_result(work(job))
        return future

    def close(self) -> None:
        pass


def never() -> bool:
    return False


def test_the_pictures_are_of_the_run_s_own_training() -> None:
    outcome = small(epochs=20)
    workers = Here()
    found = frames(workers, "article", outcome.checkpoint, 60, never)
    assert [frame.epoch for frame in found] == [1, 2, 4, 8, 16, 20]
    assert max(job.until or 99 for job in workers.jobs) == 16, "the last picture needs no training"
    through = [*rungs(Here(), "article", outcome.config, [8, 20], never)]
    assert found[3] == forming.frame("article", through[0].checkpoint)
    assert found[-1] == forming.frame("article", through[1].checkpoint)
    assert len({frame.png for frame in found}) == 6


def test_what_there_was_no_time_for_is_left_out_but_not_the_last() -> None:
    outcome = small(epochs=20)
    began = time.monotonic()
    found = frames(Here(hangs_after=2), "article", outcome.checkpoint, 2, never)
    assert [frame.epoch for frame in found] == [1, 2, 20]
    assert time.monotonic() - began < 30


def test_a_rung_that_would_take_too_long_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint, clock = small(epochs=20).checkpoint, [0.0]

    class ASecondAnEpoch(Here):
        def submit(self, work: Work, job: Job) -> "Future[Outcome]":
            clock[0] += (job.until or 20) - (self.jobs[-1].until or 0 if self.jobs else 0)
            return super().submit(work, job)

    workers = ASecondAnEpoch()
    monkeypatch.setattr("knobwise.sweeps.engine.workers.replay.time.monotonic", lambda: clock[0])
    assert [frame.epoch for frame in frames(workers, "article", checkpoint, 12, never)] == [1, 2, 4, 8, 20]
    assert [job.until for job in workers.jobs] == [1, 2, 4, 8], "16 would end after 16 seconds"


def test_several_runs_are_shown_side_by_side() -> None:
    checkpoints = {"a": small(epochs=20).checkpoint, "b": small(epochs=5).checkpoint}
    found = surfaces(Here(), "article", checkpoints, 60, never)
    assert {run: [frame.epoch for frame in shown] for run, shown in found.items()} == {
        "a": [1, 2, 4, 8, 16, 20],
        "b": [1, 2, 4, 5],
    }
    assert found["b"] == frames(Here(), "article", checkpoints["b"], 60, never)


def test_it_stops_when_it_is_told_to() -> None:
    with pytest.raises(Stopped):
        list(rungs(Here(hangs_after=0), "article", small().config, [5], lambda: True))


def test_a_run_that_diverges_is_shown_while_it_has_a_surface() -> None:
    config = small(lr=1000.0, epochs=40)
    assert config.status == "diverged"
    ends = [outcome.status for outcome in rungs(Here(), "article", config.config, [1, 2, 4, 8, 16, 40], never)]
    assert ends[-1] == "diverged"
    assert len(ends) < 6


class Died(Exception):
    """A worker is gone."""


class Dying(Here):
    """Workers of whom one dies under each of the jobs that have these numbers."""

    lost: tuple[type[BaseException], ...] = (Died,)

    def __init__(self, *dies: int) -> None:
        super().__init__()
        self._dies = dies

    def submit(self, work: Work, job: Job) -> "Future[Outcome]":
        if len(self.jobs) not in self._dies:
            return super().submit(work, job)
        self.jobs.append(job)
        future: Future[Outcome] = Future()
        future.set_exception(Died())
        return future


def test_a_worker_that_dies_costs_a_rung_and_no_picture() -> None:
    outcome = small(epochs=20)
    workers = Dying(1, 2)
    assert frames(workers, "article", outcome.checkpoint, 60, never) == frames(
        Here(), "article", outcome.checkpoint, 60, never
    )
    assert [job.until for job in workers.jobs] == [1, 2, 2, 2, 4, 8, 16]
    shown = frames(Dying(1, 2, 3), "article", outcome.checkpoint, 60, never)
    assert [frame.epoch for frame in shown] == [1, 20], "where workers keep dying, what there is is shown"
