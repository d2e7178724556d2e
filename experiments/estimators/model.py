"""The trained network of an estimator: plain data, without scikit-learn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Part
from knobwise.experiments.run import initial_params, recipe_of
from knobwise.nn_core.buffers import with_ones
from knobwise.nn_core.early_stopping import EarlyStopping
from knobwise.nn_core.network import Network
from knobwise.nn_core.scaling import Scaling
from knobwise.nn_core.training import TrainState, train

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained network with its scalings: arrays, numbers and names only, so that copies and pickles work.

    Attributes:
        config: of the training.
        sizes: of the layers, from inputs to outputs.
        params: `(P,)`, of the configuration's dtype; see `knobwise.nn_core.network`.
        inputs: the scaling of its inputs.
        outputs: the scaling of its targets.
        train_loss: of each epoch, the mean over its samples, each before its step.
        val_loss: after each epoch, on the validation samples; empty without them.
    """

    config: RunConfig
    sizes: tuple[int, ...]
    params: Array
    inputs: Scaling
    outputs: Scaling
    train_loss: list[float]
    val_loss: list[float]

    def predict(self, X: Array) -> NDArray[np.float64]:
        """The predictions `(n, k)` for `X` `(n, d)`, on the targets' original scale.

        In float64, whatever the dtype of the training: float32 products differ, by 3e-7 of their size, with the number
        of columns, and a sample's prediction must not depend on the other samples.
        """
        network = Network.build(self.sizes, self.config.activation, self.config.loss)
        output = network.predict(self.params.astype(np.float64), with_ones(self.inputs.apply(X), np.float64))
        restored: NDArray[np.float64] = self.outputs.undo(output.T)
        return restored


def train_model(config: RunConfig, data: Part, validation: Part | None, scale: Callable[[Array], Scaling]) -> Model:
    """Train on `data`, with early stopping by `validation` where there is one.

    Args:
        scale: fits the scaling of the targets to those of `data`.

    Raises:
        ValueError: the training diverged.
    """
    sizes = (data.X.shape[1], *config.widths, data.y.shape[1])
    inputs, outputs = Scaling.fit(data.X), scale(data.y)

    def columns(part: Part) -> tuple[Array, Array]:
        target = np.ascontiguousarray(outputs.apply(part.y).T, config.dtype)
        return with_ones(inputs.apply(part.X), config.dtype), target

    network, recipe = Network.build(sizes, config.activation, config.loss), recipe_of(config)
    state = TrainState.fresh(initial_params(network, config), recipe, [np.random.default_rng([config.seed, 2])])
    stopping = EarlyStopping(config.patience)
    val = columns(validation) if validation else None
    train_loss, val_loss = [], []
    for epoch in train(network, state, recipe, *columns(data)):
        train_loss.append(float(epoch.loss))
        if val and bool(state.finite):
            val_loss.append(float(network.loss_of(state.params, *val)))
            if stopping.seen(val_loss[-1], state.params):
                break
    if not bool(state.finite):
        raise ValueError(f"training diverged in epoch {state.epoch}: lr must be lower than {config.lr:g} here")
    return Model(
        config=config,
        sizes=sizes,
        params=stopping.best(state.params),
        inputs=inputs,
        outputs=outputs,
        train_loss=train_loss,
        val_loss=val_loss,
    )


def split_validation(data: Part, fraction: float, groups: Array, random: np.random.Generator) -> tuple[Part, Part]:
    """`data` in two parts, the second with about `fraction` of the samples, at least one, drawn evenly from `groups`.

    Args:
        groups: `(n,)`, the group of each sample: its class, or the same for all.

    >>> data = Part(np.zeros((8, 1)), np.array([[0.0], [1.0]] * 4))
    >>> train, val = split_validation(data, 0.25, data.y[:, 0], np.random.default_rng(0))
    >>> train.y.size, sorted(val.y.ravel().tolist())
    (6, [0.0, 1.0])
    """
    n = len(groups)
    size = max(1, round(fraction * n))
    order = random.permutation(n)
    order = order[np.argsort(groups[order], kind="stable")]
    # Every n/size-th sample of the concatenated groups takes from each group its share.
    chosen = np.zeros(n, bool)
    chosen[order[(np.arange(size) * n + n // 2) // size]] = True
    return Part(data.X[~chosen], data.y[~chosen]), Part(data.X[chosen], data.y[chosen])
