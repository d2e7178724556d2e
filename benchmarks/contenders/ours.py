"""Knobwise's own trainer; with several replicates, all of them stacked in one pass."""

import numpy as np

from benchmarks.case import Task
from benchmarks.contenders import Contender, Trainer
from knobwise.nn_core import variants
from knobwise.nn_core.buffers import with_ones
from knobwise.nn_core.network import Network
from knobwise.nn_core.training import Recipe, TrainState, train


def ours() -> Contender:
    """`knobwise.nn_core.training.train`, asked for one epoch after another."""
    return Contender("Knobwise", prepare, own_threads=True)


def prepare(task: Task) -> Trainer:
    """A run over the epochs of one training."""
    case = task.case
    network = Network.build(case.sizes, case.activation, "half_mse")
    params = np.zeros((*task.X.shape[:-2], network.n_parameters), np.float32)
    for layer, weights in zip(network.layers(params), task.weights, strict=True):
        layer.W[:] = weights
    recipe = Recipe(
        optimizer=variants.load("optimizers", case.optimizer),
        schedule=variants.load("schedules", "cosine" if case.epochs else "constant"),
        lr=case.lr,
        epochs=case.epochs or 10**9,
        batch_size=case.batch,
    )
    state = TrainState.fresh(params, recipe, [np.random.default_rng(r) for r in range(case.replicates)])
    targets = np.ascontiguousarray(task.y.swapaxes(-1, -2))
    epochs = train(network, state, recipe, with_ones(task.X, np.float32), targets, threads=task.threads)

    def run(k: int) -> float:
        for _ in range(k):
            epoch = next(epochs)
        return float(np.mean(epoch.loss))

    return Trainer(run, lambda: [(layer.W, layer.b[0]) for layer in network.layers(params)])
