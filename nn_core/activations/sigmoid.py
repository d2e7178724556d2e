"""The sigmoid: maps any number to a probability."""

import numpy as np

from knobwise.nn_core.activations import Activation, Array


def sigmoid() -> Activation:
    """f(z) = 1 / (1 + exp(-z)) = (1 + tanh(z/2)) / 2, f'(z) = f (1 - f).

    The form with tanh cannot overflow. Far below 0 it is exact to the spacing of floats at 1, not at 0: at z < -17 in
    float32 it gives 0.

    Verhulst (1838); in networks, Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating
    errors".
    """

    def forward(z: Array, slope: Array | None) -> None:
        z *= 0.5
        np.tanh(z, out=z)
        z *= 0.5
        z += 0.5

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        delta *= a
        np.subtract(1.0, a, out=a)
        delta *= a

    return Activation(forward, backward, needs_slope=False)
