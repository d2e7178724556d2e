"""Knobwise's own trainer, the replicates one after the other instead of stacked."""

from dataclasses import replace

import numpy as np

from benchmarks.case import Task
from benchmarks.contenders import Contender, Trainer
from benchmarks.contenders.ours import prepare as prepare_one


def one_by_one() -> Contender:
    """As many trainings as there are replicates, each alone."""
    return Contender("Knobwise, one by one", prepare, own_threads=True)


def prepare(task: Task) -> Trainer:
    """A run over the epochs of all trainings: k of the first, then k of the second, and so on."""
    alone = [
        prepare_one(
            task._replace(
                case=replace(task.case, replicates=1), X=task.X[r], y=task.y[r], weights=[W[r] for W in task.weights]
            )
        )
        for r in range(task.case.replicates)
    ]
    return Trainer(lambda k: float(np.mean([trainer.run(k) for trainer in alone])))
