"""Leaky ReLU: a small slope below zero, so that a perceptron that does not fire can recover."""

import numpy as np

from knobwise.nn_core.activations import Activation, Array


def leaky_relu(leak: float = 0.01) -> Activation:
    """f(z) = max(z, leak z), f'(z) = 1 where z > 0 and leak where z < 0 (1 at 0).

    The sign bit of an activation is that of its sum. Shifted over the whole integer it is a mask of ones where z < 0,
    which selects by its bits the part of `delta` to multiply by `leak`.

    Args:
        leak: slope below zero, in (0, 1).

    Maas, Hannun and Ng (2013), "Rectifier nonlinearities improve neural network acoustic models".
    """

    def forward(z: Array, slope: Array | None) -> None:
        leaked = np.multiply(z, leak, out=slope)
        np.maximum(z, leaked, out=z)

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        integer, width = (np.int32, 31) if a.dtype == np.float32 else (np.int64, 63)
        bits = a.view(integer)
        np.right_shift(bits, width, out=bits)
        np.bitwise_and(bits, delta.view(integer), out=bits)  # `a` now holds delta where z < 0, and 0 elsewhere
        delta -= a
        a *= leak
        delta += a

    return Activation(forward, backward, needs_slope=True)
