"""Softmax: class probabilities from a column of numbers. For outputs."""

import numpy as np

from knobwise.nn_core.activations import Activation, Array


def softmax() -> Activation:
    """f_i(z) = exp(z_i) / sum_j exp(z_j) over the classes of a sample: axis -2, a sample being a column.

    The largest number of each column is subtracted first: the result is the same, and exp cannot overflow. The
    derivative is a matrix, df_i/dz_j = f_i (1[i = j] - f_j), so that dL/dz_i = f_i (dL/df_i - sum_j f_j dL/df_j).

    Bridle (1990), "Probabilistic interpretation of feedforward classification network outputs".

    >>> z = np.array([[0.0], [np.log(3.0)]])
    >>> softmax().forward(z, None)
    >>> z.T.round(6)
    array([[0.25, 0.75]])
    """

    def forward(z: Array, slope: Array | None) -> None:
        z -= z.max(axis=-2, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=-2, keepdims=True)

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        delta *= a
        a *= delta.sum(axis=-2, keepdims=True)
        delta -= a

    return Activation(forward, backward, needs_slope=False)
