"""A job, and the loop of a local worker that does jobs. Plain data in, an outcome out; a worker writes nothing."""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.run import run
from knobwise.experiments.snapshots import Snapshots
from knobwise.nn_core import blas


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run, or one rung of it.

    Attributes:
        problem: the problem's name.
        config: of the whole run.
        checkpoint: where to continue; empty for the start of a run.
        snapshots: of the run up to there, as far as they are known.
        until: the epoch at which to pause; None for the end of the run.
        pictures: whether to draw at the end of the run.
    """

    problem: str
    config: RunConfig
    checkpoint: bytes = b""
    snapshots: Snapshots = field(default_factory=dict)
    until: int | None = None
    pictures: bool = True


Work = Callable[[Job], Outcome]
READY = "ready"  # what a worker sends once it has started


def train(job: Job) -> Outcome:
    """Do a job: train, and draw where the run ends with it."""
    return run(
        problems.load(job.problem),
        job.config,
        checkpoint=job.checkpoint,
        snapshots=job.snapshots,
        until=job.until,
        pictures=job.pictures and job.until is None,
    )


def worker_environment() -> dict[str, str]:
    """The environment variables of a worker: BLAS threads, and a backend of matplotlib that every machine has.

    Figures here need no backend, but importing matplotlib fails where the user's MPLBACKEND is not a valid one.
    """
    return {**blas.worker_environment(), "MPLBACKEND": "agg"}


class JobError(Exception):
    """What a job raised in its worker, as text: the exception itself may not survive pickling."""


def serve(pipe: "Connection[Any, Any]") -> None:
    """The main function of a local worker: announce itself, then answer each `(work, job)`.

    An answer is `(outcome, "")`, or `(None, error)` where the job raised.
    """
    _prepare()
    with contextlib.suppress(EOFError, ConnectionError):  # the driver has closed the pipe, at whatever moment
        pipe.send(READY)
        while True:
            work, job = pipe.recv()
            try:
                reply = work(job), ""
            except Exception as error:  # noqa: BLE001  whatever a run raises fails its trial, not the worker
                reply = None, f"{type(error).__name__}: {error}"
            pipe.send(reply)


def _prepare() -> None:
    """Leave Ctrl-C and a closed terminal to the driver, and exit when the driver does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_exit_with_driver, daemon=True).start()


def _exit_with_driver() -> None:
    # A driver that is killed cannot end its workers, and a worker in the middle of a job would finish it first.
    driver = multiprocessing.parent_process()
    if driver is not None:
        multiprocessing.connection.wait([driver.sentinel])
        os._exit(1)
