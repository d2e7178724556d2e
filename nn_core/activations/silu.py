"""SiLU, or swish: a smooth ReLU, which fits smooth surfaces better."""

import numpy as np

from knobwise.nn_core.activations import Activation, Array


def silu() -> Activation:
    """f(z) = z s(z), f'(z) = s + f (1 - s), with the sigmoid s(z) = (1 + tanh(z/2)) / 2.

    `forward` stores s in `slope`. `backward` computes delta s first and needs no other array: delta f' is the sum of
    delta s and f (delta - delta s). Nine passes for both. The form with exp takes eight, of which two are divisions,
    and is no faster (35 us for both at (64, 512) in float32, against 31); this one cannot overflow.

    Elfwing, Uchibe and Doya (2018), "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning"; Hendrycks and Gimpel (2016).
    """
    # A plain number costs a call 0.25 us more than an array that holds it: 8.5 us for both at (64, 100), not 9.5.
    halves = {np.dtype(real): np.array(0.5, real) for real in (np.float32, np.float64)}

    def forward(z: Array, slope: Array | None) -> None:
        half = halves[z.dtype]
        sigmoid = np.multiply(z, half, out=slope)
        np.tanh(sigmoid, out=sigmoid)
        sigmoid *= half
        sigmoid += half
        z *= sigmoid

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        assert slope is not None
        slope *= delta
        delta -= slope
        delta *= a
        delta += slope

    return Activation(forward, backward, needs_slope=True)
