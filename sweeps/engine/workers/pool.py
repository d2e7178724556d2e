"""The pool: hands jobs to workers, gives a job whose worker died to another, stops, and waits for what is under way.

Driver, confirmation, salvage and `knobwise article` all use it. Executors, one a file, run the jobs: `--executor` names
one, and all of them return `concurrent.futures` futures.
"""

import concurrent.futures
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.workers.dask import DaskWorkers
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, JobError, Work
from knobwise.sweeps.engine.workers.local import LocalWorkers

TICK = 0.25  # seconds between looks at the clock and at interrupts
LOSSES = 2  # workers that may die under a task; with one more it has failed

Task = TypeVar("Task", bound=Hashable)


class Workers(Protocol):
    """Processes that run jobs.

    Attributes:
        slots: how many jobs run at once.
        lost: what a future raises where its worker died, so that the job may be tried again.
    """

    slots: int
    lost: tuple[type[BaseException], ...]

    def submit(self, work: Work, job: Job) -> Future[Outcome]:
        """Have a worker do `job`. The future raises `Unfinished` where no worker can start at all."""

    def close(self) -> None:
        """End the workers; jobs that still run are dropped."""


EXECUTORS: dict[str, Callable[[int, str], Workers]] = {
    "local": lambda slots, _: LocalWorkers(slots),
    "dask": DaskWorkers,
}


def start(name: str, slots: int, address: str) -> Workers:
    """The workers that `--executor` names."""
    return EXECUTORS[name](slots, address)


class Finished(NamedTuple, Generic[Task]):
    """A task whose job has ended.

    Attributes:
        task: as it was queued.
        outcome: what the worker returned; None where the job failed.
        error: why it failed; empty where it did not.
        started: when the job was submitted, in seconds since 1970.
    """

    task: Task
    outcome: Outcome | None
    error: str
    started: float


class Pool(Generic[Task]):
    """Tasks that wait for a worker, and those in flight.

    Args:
        workers: run the jobs.
        interrupts: after a signal nothing is submitted.
        call: the function and the job of a task, asked for when it is submitted; None to drop the task.

    Attributes:
        queue: the tasks that wait, in the order in which they are submitted.
    """

    def __init__(
        self, workers: Workers, interrupts: Interrupts, call: Callable[[Task], tuple[Work, Job] | None]
    ) -> None:
        self._workers, self._interrupts, self._call = workers, interrupts, call
        self.queue: deque[Task] = deque()
        self._in_flight: dict[Future[Outcome], tuple[Task, float]] = {}
        self._losses: Counter[Task] = Counter()

    @property
    def in_flight(self) -> int:
        """How many jobs are with the workers."""
        return len(self._in_flight)

    def fill(self, more: Callable[[], bool] = lambda: False) -> None:
        """Give every worker a job, and submit one more for the first worker that is free.

        Args:
            more: adds tasks to the queue where it is empty; returns False where there are none to add.
        """
        while len(self._in_flight) <= self._workers.slots and not self._interrupts.signal:
            if not self.queue and not more():
                return
            if not self.queue:
                continue
            task = self.queue.popleft()
            if call := self._call(task):
                self._in_flight[self._workers.submit(*call)] = task, time.time()

    def wait(self, *others: Future[Any]) -> Iterator[Finished[Task] | Future[Any]]:
        """Wait for a job or one of `others`, `TICK` seconds at most, and yield what is done.

        The order does not depend on which of them ended first: `others` as given, then jobs as they were submitted.
        A job whose worker died goes back to the front of the queue, and is not yielded before it has failed for good.

        Raises:
            Unfinished: no worker can start.
        """
        waiting = [*others, *self._in_flight]
        done, _ = concurrent.futures.wait(waiting, TICK, concurrent.futures.FIRST_COMPLETED)
        for future in filter(done.__contains__, waiting):
            if future not in self._in_flight:
                yield future
            elif finished := self._finished(future):
                yield finished

    def stop(self) -> None:
        """Forget what waits, also at the workers; jobs that run are finished."""
        self.queue.clear()
        for future in [*self._in_flight]:
            if future.cancel():
                self._in_flight.pop(future)

    def _finished(self, future: Future[Outcome]) -> Finished[Task] | None:
        task, started = self._in_flight.pop(future)
        if future.cancelled():  # by a cluster that is gone: the task is left as it is
            return None
        error = future.exception()
        if error is None:
            return Finished(task, future.result(), "", started)
        if isinstance(error, Unfinished):
            raise error
        if not isinstance(error, self._workers.lost):
            reason = str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"
            return Finished(task, None, reason, started)
        self._losses[task] += 1
        if self._losses[task] > LOSSES:
            return Finished(task, None, f"{self._losses[task]} workers died under it", started)
        self.queue.appendleft(task)
        return None
