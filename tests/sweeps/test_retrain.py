"""The one run of `knobwise retrain`: given up when it is interrupted, begun anew where a worker dies."""

from concurrent.futures import Future
from typing import cast

import pytest

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.commands import main as knobwise
from knobwise.sweeps.commands import retrain
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, Work
from knobwise.sweeps.engine.workers.pool import Workers
from tests.sweeps.fakes import AtOnce

JOB = Job(problem="article", config=RunConfig(n_samples=50, epochs=8, widths=(4,)))


class Dying(AtOnce):
    """Workers of whom one dies under each of the first `deaths` jobs."""

    deaths = 0

    def submit(self, work: Work, job: Job) -> "Future[Outcome]":
        if len(self.jobs) >= self.deaths:
            return super().submit(work, job)
        self.jobs.append(job)
        future: Future[Outcome] = Future()
        future.set_exception(ConnectionError())
        return future


class Hanging(AtOnce):
    """Workers that never come to an end."""

    def submit(self, work: Work, job: Job) -> "Future[Outcome]":
        return Future()


def outcome(workers: AtOnce, interrupts: Interrupts) -> Outcome | None:
    return retrain._outcome(cast(Workers, workers), JOB, interrupts)


@pytest.mark.parametrize("deaths", [0, 1, 2])
def test_it_is_trained_in_one_job_though_workers_die(deaths: int) -> None:
    workers = Dying()
    workers.deaths = deaths
    trained = outcome(workers, Interrupts())
    assert trained is not None
    assert (trained.status, trained.epochs_done, [*trained.snapshots]) == ("complete", 8, [1, 2, 4, 8])
    assert workers.jobs == [JOB] * (deaths + 1)


def test_it_is_given_up_where_workers_keep_dying() -> None:
    workers = Dying()
    workers.deaths = 3
    with pytest.raises(Unfinished, match="the run could not be made: 3 workers died under it"):
        outcome(workers, Interrupts())


def test_an_interrupt_gives_it_up() -> None:
    interrupts = Interrupts()
    interrupts.signal = 2
    assert outcome(Hanging(), interrupts) is None


def test_nothing_is_recorded_of_a_run_that_was_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Chosen:
        label = "trial 0 of small"

        class model:  # noqa: N801  as the attribute is called
            problem, config = "article", JOB.config

    def interrupted(_problem: str, _config: RunConfig, interrupts: Interrupts, _console: object) -> None:
        interrupts.signal = 2

    monkeypatch.setattr(retrain, "choose", lambda *_: Chosen)
    monkeypatch.setattr(retrain, "_train", interrupted)
    monkeypatch.setattr("knobwise.experiments.model.retrained.record", lambda *_: pytest.fail("it was recorded"))
    assert knobwise(["retrain", "small"]) == 130
    assert capsys.readouterr().err.endswith("interrupted; nothing is recorded\n")
