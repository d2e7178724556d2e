"""Gradient descent, as in the article."""

from knobwise.nn_core.optimizers import Array, Optimizer, State, Step


def sgd() -> Optimizer:
    """p <- p - lr g. Cauchy (1847); with minibatches, Robbins and Monro (1951).

    >>> import numpy as np
    >>> p, g = np.array([1.0]), np.array([2.0])
    >>> sgd().update(p, g, (), Step(number=1, lr=0.25, loss=1.0, work=np.empty(1)))
    >>> p
    array([0.5])
    """

    def init(params: Array) -> State:
        return ()

    def update(params: Array, gradient: Array, state: State, step: Step) -> None:
        gradient *= step.lr
        params -= gradient

    return Optimizer(init, update)
