"""The pool: how many jobs are in flight, who is retried and how often, in which order results come, and stopping."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, JobError, Work
from knobwise.sweeps.engine.workers.pool import LOSSES, Finished, Pool
from tests.sweeps.fakes import formula

NAMES = "abcdef"


def job_of(name: str) -> Job:
    return Job(problem="article", config=RunConfig(seed=NAMES.index(name), n_samples=100, widths=(4,)))


@dataclass
class Manual:
    """Workers whose jobs end when a test says so: `answers` by job, the newest last."""

    slots: int = 2
    lost: tuple[type[BaseException], ...] = (ConnectionError,)
    submitted: list[str] = field(default_factory=list)
    answers: dict[str, "Future[Outcome]"] = field(default_factory=dict)

    def submit(self, work: Work, job: Job) -> "Future[Outcome]":
        name = NAMES[job.config.seed]
        self.submitted.append(name)
        self.answers[name] = Future()
        return self.answers[name]

    def close(self) -> None:
        pass

    def end(self, name: str) -> None:
        self.answers[name].set_result(formula(job_of(name)))

    def die(self, name: str, error: Exception | None = None) -> None:
        self.answers[name].set_exception(error or ConnectionError())


@dataclass
class Bench:
    workers: Manual = field(default_factory=Manual)
    interrupts: Interrupts = field(default_factory=Interrupts)
    dropped: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.pool: Pool[str] = Pool(
            self.workers, self.interrupts, lambda name: None if name in self.dropped else (formula, job_of(name))
        )
        self.pool.queue.extend(NAMES)
        self.pool.fill()

    def wait(self, *others: "Future[Any]") -> list[Any]:
        return [done.task if isinstance(done, Finished) else done for done in self.pool.wait(*others)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knobwise.sweeps.engine.workers.pool.TICK", 0.01)


def test_one_job_more_than_there_are_workers_is_in_flight(bench: Bench) -> None:
    assert bench.workers.submitted == ["a", "b", "c"]
    assert bench.pool.in_flight == 3
    bench.workers.end("b")
    assert bench.wait() == ["b"]
    bench.pool.fill()
    assert bench.workers.submitted == ["a", "b", "c", "d"]


def test_results_come_in_the_order_of_submission_after_what_else_is_waited_for(bench: Bench) -> None:
    first: Future[None] = Future()
    second: Future[None] = Future()
    for name in "cba":
        bench.workers.end(name)
    second.set_result(None)
    first.set_result(None)
    assert bench.wait(first, second) == [first, second, "a", "b", "c"]


def test_what_was_not_taken_before_an_error_is_still_in_flight(bench: Bench) -> None:
    for name in "abc":
        bench.workers.end(name)
    results: Iterator[Any] = bench.pool.wait()
    assert next(results).task == "a"
    assert bench.pool.in_flight == 2
    assert bench.wait() == ["b", "c"]


def test_a_job_whose_worker_died_goes_to_another_before_all_others(bench: Bench) -> None:
    for _ in range(LOSSES):
        bench.workers.die("b")
        assert bench.wait() == []
        bench.pool.fill()
    assert bench.workers.submitted == ["a", "b", "c", "b", "b"]
    bench.workers.die("b")
    (failed,) = bench.pool.wait()
    assert isinstance(failed, Finished)
    assert (failed.task, failed.outcome, failed.error) == ("b", None, "3 workers died under it")


def test_losses_are_counted_for_each_task(bench: Bench) -> None:
    bench.workers.die("a")
    bench.workers.die("b")
    assert bench.wait() == []
    bench.pool.fill()
    assert sorted(bench.workers.submitted[3:]) == ["a", "b"]
    bench.workers.end("a")
    assert bench.wait() == ["a"]
    assert len(bench.pool.queue) == 3


def test_a_task_that_is_no_longer_wanted_is_dropped(bench: Bench) -> None:
    bench.dropped = {"a", "d"}
    bench.workers.die("a")
    bench.workers.end("b")
    assert bench.wait() == ["b"]
    bench.pool.fill()
    assert bench.workers.submitted == ["a", "b", "c", "e", "f"]


@pytest.mark.parametrize(
    ("error", "text"), [(JobError("MemoryError: no room"), "MemoryError: no room"), (TypeError("no"), "TypeError: no")]
)
def test_a_job_that_raises_is_not_retried(bench: Bench, error: Exception, text: str) -> None:
    bench.workers.die("a", error)
    (failed,) = bench.pool.wait()
    assert isinstance(failed, Finished)
    assert (failed.task, failed.outcome, failed.error) == ("a", None, text)


def test_workers_that_cannot_start_end_it(bench: Bench) -> None:
    bench.workers.die("a", Unfinished("workers cannot start: no memory"))
    with pytest.raises(Unfinished, match="workers cannot start: no memory"):
        bench.wait()


def test_stopping_forgets_what_waits_and_leaves_what_runs(bench: Bench) -> None:
    bench.workers.answers["a"].set_running_or_notify_cancel()
    bench.pool.stop()
    assert bench.pool.in_flight == 1
    bench.workers.end("a")
    assert bench.wait() == ["a"]
    assert not bench.pool.queue


def test_after_a_signal_nothing_is_submitted(bench: Bench) -> None:
    bench.interrupts.signal = 2
    bench.workers.die("a")
    assert bench.wait() == []
    bench.pool.fill()
    assert bench.workers.submitted == ["a", "b", "c"]


def test_a_job_that_a_cluster_cancelled_is_neither_a_result_nor_retried(bench: Bench) -> None:
    bench.workers.answers["a"].cancel()
    bench.workers.answers["a"].set_running_or_notify_cancel()
    assert bench.wait() == []
    bench.pool.fill()
    assert bench.workers.submitted == ["a", "b", "c", "d"]


def test_tasks_are_asked_for_only_where_the_queue_is_empty(bench: Bench) -> None:
    asked = []

    def more() -> bool:
        asked.append(len(bench.workers.submitted))
        return False

    for name in "abcdef":
        bench.workers.end(name)
        bench.wait()
        bench.pool.fill(more)
    assert min(asked) == len(NAMES)
