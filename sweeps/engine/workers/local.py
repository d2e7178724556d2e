"""Jobs on this machine: processes started fresh, each fed by a thread of its own."""

import contextlib
import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, NamedTuple

from knobwise.experiments.outcome import Outcome
from knobwise.nn_core import blas
from knobwise.sweeps.engine.workers.jobs import Job, JobError, Work, serve

LONGEST = 70  # characters of a folder in which the path of a socket, 33 more, still may lie
_ENVIRONMENT = threading.Lock()


class WorkerDied(Exception):
    """A worker process ended in the middle of a job."""


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: "Connection[Any, Any]"


class LocalWorkers:
    """Processes on this machine, one BLAS thread each. One that dies loses its own job only, and is replaced.

    A `ProcessPoolExecutor` would be shorter, but where one of its processes dies it gives up all the others' jobs too.
    """

    lost: tuple[type[BaseException], ...] = (WorkerDied,)

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._jobs: SimpleQueue[tuple[Future[Outcome], Work, Job] | None] = SimpleQueue()
        self._processes: set[BaseProcess] = set()
        self._closed = False
        for number in range(slots):
            threading.Thread(target=self._feed, name=f"worker {number}", daemon=True).start()

    def submit(self, work: Work, job: Job) -> Future[Outcome]:
        """Have the first worker that is free do `job`."""
        future: Future[Outcome] = Future()
        self._jobs.put((future, work, job))
        return future

    def close(self) -> None:
        """End the workers; what they are at, and what waits, is dropped."""
        self._closed = True
        for _ in range(self.slots):
            self._jobs.put(None)
        for process in list(self._processes):
            process.terminate()

    def _feed(self) -> None:
        """Give one worker job after job, and start another where it dies."""
        worker: _Worker | None = None
        with contextlib.suppress(OSError):  # it is tried again, and told of, with the first job
            worker = self._start()
        while (given := self._jobs.get()) is not None and not self._closed:
            future, work, job = given
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or self._start()
                worker.pipe.send((work, job))
                outcome, error = worker.pipe.recv()
            except (EOFError, OSError) as reason:
                self._end(worker)
                worker = None
                future.set_exception(WorkerDied(f"a worker process ended: {reason!r}"))
            except Exception as reason:  # noqa: BLE001  a job that cannot be sent is its trial's failure
                future.set_exception(reason)
            else:
                if error:
                    future.set_exception(JobError(error))
                else:
                    future.set_result(outcome)
        self._end(worker)

    def _start(self) -> _Worker:
        context = _context()
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,), daemon=True)
        with _environment(blas.worker_environment()):
            process.start()
        theirs.close()  # so that our end sees the end of the process
        self._processes.add(process)
        return _Worker(process, ours)

    def _end(self, worker: _Worker | None) -> None:
        if worker is not None:
            worker.pipe.close()
            worker.process.terminate()
            self._processes.discard(worker.process)


def _context() -> Any:
    # Forking a server that has imported everything, and has no threads, takes milliseconds where a process started
    # fresh takes half a second; elsewhere than on Linux, system libraries do not survive a fork.
    # The server's socket lies in the folder for temporary files, and its path may have 107 characters.
    if sys.platform != "linux" or len(os.fsencode(tempfile.gettempdir())) > LONGEST:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["knobwise.sweeps.engine.workers.jobs", "knobwise.experiments.plots"])
    return context


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """`variables` in the environment that a process started meanwhile takes over; one thread at a time."""
    with _ENVIRONMENT:
        os.environ.update(variables)
        try:
            yield
        finally:
            for name in variables:
                del os.environ[name]
