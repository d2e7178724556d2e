"""RMSprop: every parameter's step is divided by the recent size of its gradient."""

import math

import numpy as np

from knobwise.nn_core.optimizers import Array, Optimizer, State, Step, zeros


def rmsprop(alpha: float = 0.99, eps: float = 1e-8) -> Optimizer:
    """v <- alpha v + (1 - alpha) g^2,  p <- p - lr g / (sqrt(v) + eps).

    The state holds V = v / (1 - alpha), so that g^2 is added unscaled: with c = sqrt(1 / (1 - alpha)) the step is
    lr c g / (sqrt(V) + c eps), the same in one pass less.

    Args:
        alpha: decay rate of the running mean of g^2, in [0, 1).
        eps: > 0, keeps the step finite where gradients vanish.

    Tieleman and Hinton (2012), "Neural networks for machine learning", lecture 6.5; defaults as in PyTorch.
    """
    scale = math.sqrt(1 / (1 - alpha))

    def init(params: Array) -> State:
        return (zeros(params),)

    def update(params: Array, gradient: Array, state: State, step: Step) -> None:
        (squares,) = state
        root = step.work
        squares *= alpha
        squares += np.multiply(gradient, gradient, out=root)
        np.sqrt(squares, out=root)
        root += eps * scale
        gradient /= root
        gradient *= step.lr * scale
        params -= gradient

    return Optimizer(init, update)
