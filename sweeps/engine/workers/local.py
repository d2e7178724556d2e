"""Workers on this machine: processes started fresh, each fed by a thread of its own."""

import contextlib
import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from multiprocessing import util
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record import artifacts, leftovers
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.workers.jobs import Job, JobError, Work, serve, worker_environment

LONGEST = 70  # characters of a folder in which the path of a socket, 33 more, still may lie
EXIT_PATIENCE = 1.0  # seconds that the exit code of a process may take after its pipe was closed
_ENVIRONMENT = threading.Lock()


class WorkerDied(Exception):
    """A worker process ended before its job did."""


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: "Connection[Any, Any]"


class LocalWorkers:
    """Processes on this machine, one BLAS thread each. One that dies loses only its own job, and is replaced.

    A `ProcessPoolExecutor` would be shorter, but where one of its processes dies it drops the jobs of all the others.

    Args:
        slots: how many processes.
    """

    lost: tuple[type[BaseException], ...] = (WorkerDied,)

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._jobs: SimpleQueue[tuple[Future[Outcome], Work, Job] | None] = SimpleQueue()
        self._processes: set[BaseProcess] = set()
        self._any_started = False
        self._closed = False
        self._starting = threading.Lock()  # while a process is being started
        for number in range(slots):
            threading.Thread(target=self._feed, name=f"worker {number}", daemon=True).start()

    def submit(self, work: Work, job: Job) -> Future[Outcome]:
        """Have the first worker that is free do `job`.

        The future raises `JobError` where the job did, `WorkerDied` where its process ended, and `Unfinished` where
        processes end before they are ready and none was ever ready.
        """
        future: Future[Outcome] = Future()
        self._jobs.put((future, work, job))
        return future

    def close(self) -> None:
        """End the workers; jobs that run or wait are dropped.

        Returns once no process is being started: one whose driver ends halfway prints a traceback.
        """
        self._closed = True
        with self._starting:
            pass
        for _ in range(self.slots):
            self._jobs.put(None)
        for process in list(self._processes):
            process.terminate()

    def _feed(self) -> None:
        """Give one worker job after job, and start another where it dies."""
        worker: _Worker | None = None
        with contextlib.suppress(Exception):  # the first job tries again, and reports the failure
            worker = self._start()
        while (given := self._jobs.get()) is not None and not self._closed:
            future, work, job = given
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or self._start()
            except Exception as reason:  # noqa: BLE001  this thread must live: a job without an answer is waited for
                future.set_exception(self._start_failure(reason))
                continue
            try:
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
        if worker is not None:
            self._end(worker)

    def _start(self) -> _Worker:
        """A new worker that is ready.

        Raises:
            WorkerDied: its process ended before it was ready, or the workers were closed.
            OSError, EOFError, RuntimeError: the process could not be started.
        """
        context = _context()
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,), daemon=True)
        with self._starting:
            if self._closed:
                raise WorkerDied("the workers were closed")
            # The folder of the server's socket stays where this process is killed; by this file it is known as ours.
            (Path(util.get_temp_dir()) / leftovers.mine(artifacts.SCRATCH)).touch()
            with _environment(worker_environment()):
                process.start()
            self._processes.add(process)
        theirs.close()  # so that our end sees the end of the process
        worker = _Worker(process, ours)
        try:
            ours.recv()  # `READY`
        except (EOFError, OSError):
            process.join(EXIT_PATIENCE)
            code = process.exitcode
            self._end(worker)
            raise WorkerDied(f"a worker process ended with exit code {code} before it was ready") from None
        self._any_started = True
        return worker

    def _start_failure(self, reason: Exception) -> Exception:
        """A lost worker where others could start before: the machine may be short of memory. Else nothing will run."""
        text = str(reason) if isinstance(reason, WorkerDied) else f"{type(reason).__name__}: {reason}"
        return WorkerDied(text) if self._any_started else Unfinished(f"workers cannot start: {text}")

    def _end(self, worker: _Worker) -> None:
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
    """`variables` in the environment that a process started meanwhile inherits; one thread at a time."""
    with _ENVIRONMENT:
        before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
