"""Workers of a Dask cluster: one given by its scheduler's address, or one of processes on this machine."""

from concurrent.futures import Executor, Future
from typing import Any

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.errors import BadInput, Unfinished
from knobwise.sweeps.engine.workers.jobs import Job, Work, worker_environment

SERVER_PATIENCE = 10  # seconds to wait for the scheduler's answer


class DaskWorkers:
    """The workers of a cluster. Dask gives a dead worker's job to another, and gives up after the fourth.

    Args:
        slots: processes to start on this machine, where there is no `address`.
        address: of the cluster's scheduler, or "".

    Raises:
        BadInput: Dask is not installed, or the address is none.
        Unfinished: the scheduler does not answer, or has no workers.
    """

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
        """Cancel what waits, and disconnect from the cluster."""
        self._executor.shutdown(wait=False)
        self._client.close()
        if self._client.cluster is not None:
            self._client.cluster.close()


def _connect(distributed: Any, slots: int, address: str) -> Any:
    import dask

    dask.config.set({"distributed.nanny.pre-spawn-environ": worker_environment()})
    try:
        if address:
            return distributed.Client(address, timeout=SERVER_PATIENCE)
        return distributed.Client(_cluster(distributed, slots))
    except ValueError as error:
        raise BadInput(f"--cluster must be an address such as tcp://host:8786, got {address!r} ({error})") from None
    except (OSError, TimeoutError) as error:
        raise Unfinished(f"the Dask scheduler at {address or 'this machine'} does not answer: {error}") from None


def _cluster(distributed: Any, slots: int, starts: int = 3) -> Any:
    """A cluster of processes on this machine. Dask gives up where one of them dies while it starts, so try again."""
    try:
        return distributed.LocalCluster(
            n_workers=slots, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
        )
    except RuntimeError as error:
        if starts == 1:
            raise Unfinished(f"the Dask cluster on this machine did not start: {error}") from None
        return _cluster(distributed, slots, starts - 1)
