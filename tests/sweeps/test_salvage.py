"""A store fails in the middle of a sweep: what runs is saved if the store takes it after all."""

import signal
from concurrent.futures import Future
from pathlib import Path
from typing import cast

import optuna
import pytest

from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record.stores import StoreError
from knobwise.sweeps.engine.driver import reconcile
from knobwise.sweeps.engine.driver.salvage import salvage
from knobwise.sweeps.engine.recording.recorder import Recorder
from knobwise.sweeps.engine.trials.running_trial import Replicate, RunningTrial, TrialOutcome
from knobwise.sweeps.engine.workers.jobs import Job, Work
from knobwise.sweeps.engine.workers.pool import Pool
from tests.sweeps.fakes import SWEEP, AtOnce, Bench, Book, formula


class FailsAt(Book):
    """A record that cannot write some trials."""

    def __init__(self, trials: set[int]) -> None:
        super().__init__()
        self.trials = trials
        self.asked: list[int] = []

    def record(self, running: RunningTrial, result: TrialOutcome, ended: float) -> "Future[str]":
        self.asked.append(running.number)
        if running.number not in self.trials:
            return super().record(running, result, ended)
        self.begin(running.number)
        future: Future[str] = Future()
        future.set_exception(StoreError("the disk is full"))
        return future


def fails(bench: Bench, trials: int) -> None:
    with pytest.raises(StoreError, match="the disk is full"):
        bench.run(trials)


def test_what_was_recorded_after_the_failure_is_told_at_the_resume(tmp_path: Path) -> None:
    book = FailsAt({0})
    bench = Bench(tmp_path, book=book, workers=AtOnce(slots=3))
    fails(bench, 3)
    assert set(book.asked) == {0, 1, 2}
    assert not bench.study().get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    book.trials = set()
    jobs = len(bench.workers.jobs)
    found, ending = bench.run(3)
    assert ending == "done"
    assert len(bench.workers.jobs) == jobs + 1, "only trial 0 has to run again"
    assert [row.number for row in found.rows] == [0, 1, 2]
    assert all(len(book.finished(number)) == 1 for number in range(3))
    assert all(run.mlflow_status != "RUNNING" for run in book.runs.values())


def test_no_more_is_begun_after_a_failure(tmp_path: Path) -> None:
    book = FailsAt({0, 1, 2})
    bench = Bench(tmp_path, book=book)
    fails(bench, 9)
    assert len(bench.workers.jobs) < 9
    book.trials = set()
    (tmp_path / "whole").mkdir()
    assert bench.run(9)[0].rows == Bench(tmp_path / "whole").run(9)[0].rows


def test_a_full_journal_loses_no_trial_that_is_in_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path)

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(reconcile, "tell", full)
        fails(bench, 3)
    recorded = {run.trial for run in bench.book.runs.values()}
    assert recorded
    jobs = len(bench.workers.jobs)
    found, _ = bench.run(3)
    assert len(bench.workers.jobs) - jobs == 3 - len(recorded)
    assert found.done == 3


class Given:
    """Workers whose only answer is given."""

    slots = 1
    lost: tuple[type[BaseException], ...] = ()

    def __init__(self, answer: "Future[Outcome]") -> None:
        self._answer = answer

    def submit(self, work: Work, job: Job) -> "Future[Outcome]":
        return self._answer

    def close(self) -> None:
        pass


def in_flight(bench: Bench, answer: "Future[Outcome]") -> Pool[Replicate]:
    """A trial's only run, with a worker that has not answered yet, or has given `answer`."""
    running = RunningTrial(bench.study().ask(), [SWEEP.fixed])
    job = Job(problem="article", config=SWEEP.fixed)
    pool: Pool[Replicate] = Pool(Given(answer), bench.interrupts, lambda _: (formula, job))
    pool.queue.append(Replicate(running, 0))
    pool.fill()
    assert pool.in_flight == 1
    return pool


def test_an_interrupt_ends_the_waiting_for_what_runs(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    never: Future[Outcome] = Future()
    never.set_running_or_notify_cancel()
    pool = in_flight(bench, never)
    bench.interrupts.signal = signal.SIGINT
    salvage(pool, [], cast(Recorder, bench.book), bench.interrupts)
    assert not bench.book.runs


def test_a_trial_at_a_rung_is_left_to_the_resume(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    paused: Future[Outcome] = Future()
    paused.set_result(formula(Job(problem="article", config=SWEEP.fixed, until=128)))
    salvage(in_flight(bench, paused), [], cast(Recorder, bench.book), bench.interrupts)
    assert not bench.book.runs


def test_a_trial_that_is_complete_with_what_runs_is_recorded(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    complete: Future[Outcome] = Future()
    complete.set_result(formula(Job(problem="article", config=SWEEP.fixed)))
    salvage(in_flight(bench, complete), [], cast(Recorder, bench.book), bench.interrupts)
    assert len(bench.book.finished(0)) == 1
