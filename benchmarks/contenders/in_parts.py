"""Knobwise's own trainer on a hundredth of the samples, a hundred times as often: the same number of samples passed."""

import math

from benchmarks.case import Task
from benchmarks.contenders import Contender, Trainer
from benchmarks.contenders.ours import prepare as prepare_part

PARTS = 100


def in_parts() -> Contender:
    """What an epoch would take if time per sample did not depend on the number of samples."""
    return Contender(
        "Knobwise, a hundredth of the samples",
        prepare,
        own_threads=True,
        trains=False,
        note="100 epochs for each of ours",
    )


def prepare(task: Task) -> Trainer:
    """A run of 100 k epochs over the first hundredth of the samples."""
    few = task.case.n // PARTS
    part = prepare_part(task._replace(X=task.X[:few], y=task.y[:few]))

    def run(k: int) -> float:
        part.run(PARTS * k)
        return math.nan

    return Trainer(run)
