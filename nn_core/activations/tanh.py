"""The hyperbolic tangent: a sigmoid centred on zero."""

import numpy as np

from knobwise.nn_core.activations import Activation, Array


def tanh() -> Activation:
    """The function f(z) = tanh(z), with f'(z) = 1 - f^2.

    LeCun, Bottou, Orr and Mueller (1998), "Efficient BackProp", section 4.4, on why it is better than the sigmoid.
    """

    def forward(z: Array, slope: Array | None) -> None:
        np.tanh(z, out=z)

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        np.multiply(a, a, out=a)
        np.subtract(1.0, a, out=a)
        delta *= a

    return Activation(forward, backward, needs_slope=False)
