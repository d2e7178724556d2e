"""Knobwise with an objective that takes no time: what is left is the search, the record and the driver."""

import dataclasses
import math
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.sweeping import Contender, Left, Work
from benchmarks.sweeping.ours import NAME, recorded, sweep
from knobwise.sweeps.engine.workers import jobs

if TYPE_CHECKING:
    from knobwise.experiments.outcome import Outcome
    from knobwise.sweeps.engine import Sweep

THOUSAND = 1000


def instant() -> Contender:
    """The sweep's own command with the random sampler, and workers that answer at once."""
    return Contender("Knobwise, no training", run, left)


def run(work: Work) -> dict[str, float]:
    """The sweep; then once more under the same name, which finds nothing left to do.

    Returns:
        `rate`: trials recorded in a second, from the first one's end to the last one's. `first`, `last`: seconds that
        the first and the last thousand took (or tenth, where there are fewer than 10,000). `memory_mb`: the most that
        the process has held. `resume_s`: of the second time.
    """
    import optuna

    from benchmarks.memory import MB, peak
    from knobwise.sweeps.engine import main
    from knobwise.sweeps.engine.search.storage import open_storage
    from knobwise.sweeps.engine.workers import pool

    # The parser accepts only the executors of the help page, so the workers of this process are replaced.
    pool.EXECUTORS["local"] = lambda slots, _: AtOnce(slots)
    words = ["--sampler", "random", "--executor", "local", "--jobs", "1", "--confirm", "0", "--quiet"]
    words += ["--trials", str(work.trials)]
    if code := main(tiny(work), words):
        raise SystemExit(code)
    memory = peak() / MB
    trials = optuna.load_study(study_name=NAME, storage=open_storage("")).get_trials(deepcopy=False)
    ended = sorted(trial.datetime_complete.timestamp() for trial in trials if trial.datetime_complete)
    part = min(THOUSAND, max(2, len(ended) // 10))
    began = time.perf_counter()
    if code := main(tiny(work), words):
        raise SystemExit(code)
    return {
        "rate": (len(ended) - 1) / (ended[-1] - ended[0]),
        "first": ended[part - 1] - ended[0],
        "last": ended[-1] - ended[-part],
        "memory_mb": memory,
        "resume_s": time.perf_counter() - began,
    }


def tiny(work: Work) -> "Sweep":
    """The same sweep with a network of four perceptrons, so that a checkpoint has next to no bytes."""
    asked = sweep(work)
    return dataclasses.replace(asked, fixed=dataclasses.replace(asked.fixed, widths=(4,)))


class AtOnce:
    """Workers that have done a job by the time it is handed to them: but for the first, without training.

    Every outcome is the first one's, with curves, data sets and checkpoint; its validation error is that of a formula,
    (log10 lr + 3.5)^2. Trials have no pictures.
    """

    lost: tuple[type[BaseException], ...] = ()

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._first: Outcome | None = None

    def submit(self, work: jobs.Work, job: jobs.Job) -> "Future[Outcome]":
        """Answer a training with the first outcome, changed; do other work (drawings of the winner) as it is."""
        future: Future[Outcome] = Future()
        if not isinstance(job, jobs.Job):
            future.set_result(work(job))
            return future
        if self._first is None:
            self._first = work(dataclasses.replace(job, pictures=False))
        error = (math.log10(job.config.lr) + 3.5) ** 2
        metrics = {**self._first.metrics, "val_mse": error}
        future.set_result(dataclasses.replace(self._first, config=job.config, metrics=metrics))
        return future

    def close(self) -> None:
        """Nothing to end."""


def left(folder: Path) -> Left:
    """As MLflow has it."""
    return recorded(folder, "train_loss", "val_mse", "true_vs_predicted.png")
