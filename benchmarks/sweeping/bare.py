"""The trainings alone, on the workers that a sweep has: no search, no record, no picture."""

import time
from typing import TYPE_CHECKING

from benchmarks.sweeping import Contender, Work

if TYPE_CHECKING:
    from knobwise.sweeps.engine.workers.jobs import Job


def bare() -> Contender:
    """As many trainings, handed to the same workers, from the moment that these are there."""
    return Contender("trainings alone", run, note="start-up is not in its time, as it is in the sweep's")


def run(work: Work) -> dict[str, float]:
    """`seconds`: from the first training to the end of the last."""
    from concurrent.futures import wait

    from knobwise.sweeps.engine.workers import pool
    from knobwise.sweeps.engine.workers.jobs import train

    workers = pool.start("local", work.jobs, "")
    wait([workers.submit(train, job) for job in jobs(work, work.jobs, epochs=1)])  # imports and first calls
    started = time.perf_counter()
    done = [workers.submit(train, job) for job in jobs(work, work.trials, work.epochs)]
    status = {future.result().status for future in done}
    seconds = time.perf_counter() - started
    workers.close()
    if status != {"complete"}:
        raise RuntimeError(f"all trainings must be complete, got {', '.join(sorted(status))}")
    return {"seconds": seconds}


def jobs(work: Work, count: int, epochs: int) -> "list[Job]":
    """`count` trainings with learning rates spread evenly, on a log scale, over those searched."""
    import numpy as np

    from knobwise.experiments.config import RunConfig
    from knobwise.sweeps.engine.workers.jobs import Job

    rates = np.geomspace(work.low, work.high, count).tolist()
    return [
        Job(problem="article", config=RunConfig(n_samples=work.samples, epochs=epochs, lr=lr), pictures=False)
        for lr in rates
    ]
