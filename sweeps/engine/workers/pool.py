"""Executors: where jobs run. One a file; `--executor` names them, and all hand out `concurrent.futures` futures."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.workers.dask import DaskWorkers
from knobwise.sweeps.engine.workers.jobs import Job, Work
from knobwise.sweeps.engine.workers.local import LocalWorkers


class Workers(Protocol):
    """Attributes:
    slots: how many jobs run at once.
    lost: what a future raises when its worker died, and the job may be tried again.
    """

    slots: int
    lost: tuple[type[BaseException], ...]

    def submit(self, work: Work, job: Job) -> Future[Outcome]:
        """Have a worker do `job`."""

    def close(self) -> None:
        """Let the workers go; what they are still at is dropped."""


EXECUTORS: dict[str, Callable[[int, str], Workers]] = {
    "local": lambda slots, _: LocalWorkers(slots),
    "dask": DaskWorkers,
}


def start(name: str, slots: int, address: str) -> Workers:
    """The workers that `--executor` names."""
    return EXECUTORS[name](slots, address)
