"""Gradient descent with momentum, which speeds it up along narrow valleys."""

import numpy as np

from knobwise.nn_core.optimizers import Array, Optimizer, State, Step, zeros


def momentum(momentum: float = 0.9) -> Optimizer:
    """v <- mu v + g,  p <- p - lr v.

    Args:
        momentum: mu in [0, 1), the share of the last step that is kept.

    Polyak (1964), "Some methods of speeding up the convergence of iteration methods", in the form of Sutskever et al.
    (2013) without dampening, as in PyTorch.
    """

    def init(params: Array) -> State:
        return (zeros(params),)

    def update(params: Array, gradient: Array, state: State, step: Step) -> None:
        (velocity,) = state
        velocity *= momentum
        velocity += gradient
        params -= np.multiply(velocity, step.lr, out=gradient)

    return Optimizer(init, update)
