"""The published updates, written out slowly and plainly: the reference for the fast ones.

Each takes the options of the optimizer of its name, and gives a function from (step number, parameters, gradient, lr)
to the next parameters. It may keep whatever it likes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from knobwise.nn_core.optimizers import Array

Update = Callable[[int, Array, Array, float], Any]


def sgd() -> Update:
    return lambda t, p, g, lr: p - lr * g


def momentum(momentum: float = 0.9) -> Update:
    v: list[Any] = [0.0]

    def update(t: int, p: Array, g: Array, lr: float) -> Any:
        v.append(momentum * v[-1] + g)
        return p - lr * v[-1]

    return update


def nesterov(momentum: float = 0.9) -> Update:
    v: list[Any] = [0.0]

    def update(t: int, p: Array, g: Array, lr: float) -> Any:
        v.append(momentum * v[-1] + g)
        return p - lr * (g + momentum * v[-1])

    return update


def rmsprop(alpha: float = 0.99, eps: float = 1e-8) -> Update:
    v: list[Any] = [0.0]

    def update(t: int, p: Array, g: Array, lr: float) -> Any:
        v.append(alpha * v[-1] + (1 - alpha) * g**2)
        return p - lr * g / (np.sqrt(v[-1]) + eps)

    return update


def adam(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Update:
    gradients: list[Array] = []

    def update(t: int, p: Array, g: Array, lr: float) -> Any:
        gradients.append(g.copy())
        assert t == len(gradients)
        m = sum((1 - beta1) * beta1 ** (t - i) * old for i, old in enumerate(gradients, start=1))
        v = sum((1 - beta2) * beta2 ** (t - i) * old**2 for i, old in enumerate(gradients, start=1))
        unbiased_m, unbiased_v = m / (1 - beta1**t), v / (1 - beta2**t)
        return p - lr * unbiased_m / (np.sqrt(unbiased_v) + eps)

    return update


adamw = adam


def lbfgs(history: int = 10) -> Update:
    """With the matrix H written out (Nocedal and Wright, eq. 7.16 to 7.20), and every step taken in full."""
    points: list[Array] = []
    gradients: list[Array] = []

    def update(t: int, p: Array, g: Array, lr: float) -> Any:
        points.append(p.copy())
        gradients.append(g.copy())
        if t == 1:
            return p - lr * min(1.0, 1.0 / np.abs(g).sum()) * g
        s, y = np.diff(points, axis=0)[-history:], np.diff(gradients, axis=0)[-history:]
        unit = np.eye(len(p))
        H = unit * (s[-1] @ y[-1]) / (y[-1] @ y[-1])
        for move, change in zip(s, y, strict=True):
            rho = 1 / (move @ change)
            V = unit - rho * np.outer(change, move)
            H = V.T @ H @ V + rho * np.outer(move, move)
        return p - lr * H @ g

    return update


PUBLISHED: dict[str, Callable[..., Update]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
    "lbfgs": lbfgs,
}
