"""Executors: where jobs run. Local processes, or a Dask cluster; both through `concurrent.futures`."""

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Any, Protocol

from experiments.outcome import Outcome
from nn_core import blas
from sweeps.engine.errors import BadInput, Unfinished
from sweeps.engine.jobs import Job, Work, begin_worker, ready

SERVER_PATIENCE = 10  # seconds that a cluster's scheduler has to answer


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
        """Let the workers go; those that are busy are not waited for."""


class LocalWorkers:
    """Processes started fresh on this machine, one BLAS thread each. Where one dies, the rest are replaced too."""

    lost: tuple[type[BaseException], ...] = (BrokenExecutor,)

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._pool = self._start()

    def submit(self, work: Work, job: Job) -> Future[Outcome]:
        """Have a worker do `job`, in a new pool where the old one is broken."""
        try:
            return self._pool.submit(work, job)
        except BrokenExecutor:
            self._pool = self._start()
            return self._pool.submit(work, job)

    def close(self) -> None:
        """Cancel what waits and let the workers go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> Executor:
        pool = ProcessPoolExecutor(self.slots, mp_context=_context(), initializer=begin_worker)
        with _environment(blas.worker_environment()):
            pool.submit(ready)  # the first job starts the processes, which take the environment as it is then
        return pool


class DaskWorkers:
    """A Dask cluster: one given by its scheduler's address, or one of processes on this machine."""

    def __init__(self, slots: int, address: str) -> None:
        try:
            import distributed
        except ModuleNotFoundError:
            raise BadInput("--executor dask needs Dask, which is not installed: pip install distributed") from None
        self.lost: tuple[type[BaseException], ...] = (distributed.KilledWorker,)
        self._client = _connect(distributed, slots, address)
        threads = self._client.nthreads()
        if not threads:
            raise Unfinished(f"the Dask cluster at {address} has no workers: start one with `dask worker {address}`")
        self.slots = sum(threads.values())
        self._executor: Executor = self._client.get_executor(pure=False)

    def submit(self, work: Work, job: Job) -> Future[Outcome]:
        """Have a worker of the cluster do `job`."""
        return self._executor.submit(work, job)

    def close(self) -> None:
        """Cancel what waits, and leave the cluster."""
        self._executor.shutdown(wait=False)
        self._client.close()
        if self._client.cluster is not None:
            self._client.cluster.close()


EXECUTORS: dict[str, Callable[[int, str], Workers]] = {
    "local": lambda slots, _: LocalWorkers(slots),
    "dask": DaskWorkers,
}


def start(name: str, slots: int, address: str) -> Workers:
    """The workers that `--executor` names."""
    return EXECUTORS[name](slots, address)


def _context() -> Any:
    # Forking a server that has imported everything, and has no threads, takes milliseconds where a process started
    # fresh takes half a second; elsewhere than on Linux, system libraries do not survive a fork.
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sweeps.engine.jobs"])
    return context


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


def _connect(distributed: Any, slots: int, address: str) -> Any:
    import dask

    dask.config.set({"distributed.nanny.pre-spawn-environ": blas.worker_environment()})
    try:
        if address:
            return distributed.Client(address, timeout=SERVER_PATIENCE)
        cluster = distributed.LocalCluster(
            n_workers=slots, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
        )
        return distributed.Client(cluster)
    except ValueError as error:
        raise BadInput(f"--cluster must be an address such as tcp://host:8786, got {address!r} ({error})") from None
    except (OSError, TimeoutError) as error:
        raise Unfinished(f"the Dask scheduler at {address or 'this machine'} does not answer: {error}") from None
