"""GELU: the sum z times the probability that a standard normal variable is below z."""

import math

import numpy as np

from knobwise.nn_core.activations import Activation, Array

C = math.sqrt(2 / math.pi)
K = 0.044715


def gelu() -> Activation:
    """f(z) = z s, s = (1 + tanh(u)) / 2, u = C z (1 + K z^2), with C = sqrt(2/pi) and K = 0.044715.

    f'(z) = s + f (1 - s) (2C + 6CK z^2). This is the published approximation by tanh (PyTorch's `approximate="tanh"`)
    of z Phi(z), with an error of at most 5e-4: the exact form needs erf, which NumPy does not have.

    Hendrycks and Gimpel (2016), "Gaussian error linear units (GELUs)".
    """

    def forward(z: Array, slope: Array | None) -> None:
        square = np.multiply(z, z, out=slope)
        half = square * (C * K)  # u, then s
        half += C
        half *= z
        np.tanh(half, out=half)
        half *= 0.5
        half += 0.5
        z *= half
        if slope is not None:
            slope *= 6 * C * K
            slope += 2 * C
            slope *= z
            slope -= slope * half
            slope += half

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        assert slope is not None
        delta *= slope

    return Activation(forward, backward, needs_slope=True)
