"""The article's own code."""

import numpy as np

from benchmarks.case import Task
from benchmarks.contenders import Contender, Trainer, Unsupported
from knobwise.nn_core.simple import SimpleNN


def article() -> Contender:
    """`SimpleNN.train`."""
    return Contender("article's code", prepare, note="in float64, as it was written")


def prepare(task: Task) -> Trainer:
    """A run that calls `train` for k epochs at once. Full batch, plain gradient descent and ReLU are all it knows."""
    case = task.case
    if case.batch or case.optimizer != "sgd" or case.activation != "relu":
        raise Unsupported("trains with ReLU on the full batch by plain gradient descent only")
    network = SimpleNN(list(case.sizes))
    network.weights = [W.astype(np.float64) for W in task.weights]
    X, y = task.X.astype(np.float64), task.y.astype(np.float64)

    def run(k: int) -> float:
        return network.train(X, y, k, case.lr)[k - 1]

    return Trainer(run)
