"""Adam: momentum, and steps divided by the recent size of each parameter's gradient."""

import math

import numpy as np

from knobwise.nn_core.optimizers import Array, Optimizer, State, Step, zeros


def adam(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Optimizer:
    """m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2,
    p <- p - lr m' / (sqrt(v') + eps), with m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t) at step t.

    Args:
        beta1, beta2: in [0, 1), decay rates of the running means of g and of g^2.
        eps: > 0, keeps the step finite where gradients vanish.

    Kingma and Ba (2015), "Adam: a method for stochastic optimization", algorithm 1.
    """

    def init(params: Array) -> State:
        return zeros(params), zeros(params)

    # A plain number costs a call 0.3 us more than an array that holds it, of the 1.2 us that a pass takes.
    decays = {np.dtype(real): (np.array(beta1, real), np.array(beta2, real)) for real in (np.float32, np.float64)}

    # The state holds M = m / (1 - beta1) and V = v / (1 - beta2), so that g and g^2 are added unscaled; with
    # c = sqrt((1 - beta2^t) / (1 - beta2)) the root of v' is sqrt(V) / c, and all constants combine to two numbers. Ten
    # passes and no temporary: 12 us for 8,577 float32 parameters, where the formulas as written take 17.5.
    def update(params: Array, gradient: Array, state: State, step: Step) -> None:
        mean, squares = state
        root = step.work
        decay_mean, decay_squares = decays[params.dtype]
        scale = math.sqrt((1 - beta2**step.number) / (1 - beta2))
        rate = step.lr * scale * (1 - beta1) / (1 - beta1**step.number)
        mean *= decay_mean
        mean += gradient
        squares *= decay_squares
        squares += np.multiply(gradient, gradient, out=gradient)
        np.sqrt(squares, out=root)
        root += np.array(eps * scale, root.dtype)
        np.divide(mean, root, out=root)
        root *= np.array(rate, root.dtype)
        params -= root

    return Optimizer(init, update)
