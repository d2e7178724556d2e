"""A job: what a worker is given, and what it does with it. Plain data in, an outcome out; nothing is written."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.run import run


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run, or a rung of one.

    Attributes:
        problem: its name.
        config: of the run.
        checkpoint: of the rung before; empty for a run's start.
        until: the epoch at which the rung ends; None for the run's last.
        pictures: whether to draw when the run is over.
    """

    problem: str
    config: RunConfig
    checkpoint: bytes = b""
    until: int | None = None
    pictures: bool = True


Work = Callable[[Job], Outcome]


def train(job: Job) -> Outcome:
    """Do a job."""
    return run(
        problems.load(job.problem),
        job.config,
        checkpoint=job.checkpoint,
        until=job.until,
        pictures=job.pictures and job.until is None,
    )


class JobError(Exception):
    """What a job raised in its worker, as text: its own exception may not survive the way between processes."""


def serve(pipe: "Connection[Any, Any]") -> None:
    """The whole life of a local worker: take `(work, job)`, give back `(outcome, "")` or `(None, error)`."""
    _begin()
    while True:
        try:
            work, job = pipe.recv()
        except EOFError:
            return
        try:
            reply = work(job), ""
        except Exception as error:  # noqa: BLE001  whatever a run raises is its trial's failure, not the worker's
            reply = None, f"{type(error).__name__}: {error}"
        pipe.send(reply)


def _begin() -> None:
    """Leave Ctrl-C to the driver, and leave when the driver does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_driver, daemon=True).start()


def _leave_with_driver() -> None:
    # A driver that is killed cannot end its workers, and one that is in the middle of a job would finish it first.
    driver = multiprocessing.parent_process()
    if driver is not None:
        multiprocessing.connection.wait([driver.sentinel])
        os._exit(1)
