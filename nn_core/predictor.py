"""A trained network from its checkpoint: predictions from inputs, both on the problem's original scale.

It needs the checkpoint and NumPy alone, so a copy of this package and the file can predict anywhere.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.nn_core import checkpoint
from knobwise.nn_core.buffers import with_ones
from knobwise.nn_core.early_stopping import EarlyStopping
from knobwise.nn_core.network import Network
from knobwise.nn_core.scaling import Scaling

Array = NDArray[Any]


class Predictor(NamedTuple):
    """A trained network. Make one with `load`.

    Attributes:
        network: its structure.
        params: `(P,)`, of the dtype it was trained in.
        inputs: the scaling of its inputs.
        outputs: the scaling of its targets.
    """

    network: Network
    params: Array
    inputs: Scaling
    outputs: Scaling

    def predict(self, X: Array) -> NDArray[np.float64]:
        """The predictions `(n, k)` for `X` `(n, d)`, float64.

        Computed in float64, whatever the dtype of the training. In float32 the rounding of products depends on the
        number of samples, the BLAS kernel and its threads: a prediction of 40 changes by 1e-4 with the other samples.
        """
        output = self.network.predict(self.params.astype(np.float64), with_ones(self.inputs.apply(X), np.float64))
        restored: NDArray[np.float64] = self.outputs.undo(output.T)
        return restored


def load(data: bytes) -> Predictor:
    """The network in `data`, the bytes of a run's `checkpoint.npz`. Nothing in it is unpickled.

    Where training stopped early, its weights are the best, not the last.

    Raises:
        ValueError: not a checkpoint of a run; one line.
    """
    state, arrays, facts = checkpoint.load(data)
    try:
        config = facts["config"]
        inputs, outputs = Scaling.restore(arrays, "input"), Scaling.restore(arrays, "output")
        stopping = EarlyStopping.restore(config["patience"], arrays)
        sizes = (inputs.mean.size, *config["widths"], outputs.mean.size)
        network = Network.build(sizes, config["activation"], config["loss"])
    except KeyError as missing:
        raise ValueError(f"checkpoint must be of a run, got one without {missing}") from None
    params = stopping.best(state.params)
    if params.shape != (network.n_parameters,):
        raise ValueError(f"checkpoint must have {network.n_parameters} parameters, got {params.shape[-1]}")
    return Predictor(network, params, inputs, outputs)
