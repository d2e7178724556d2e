"""Cosine annealing: the learning rate falls to zero over the run, along half a cosine."""

import math

from knobwise.nn_core.schedules import Schedule


def cosine(min_factor: float = 0.0) -> Schedule:
    """factor = min_factor + (1 - min_factor) (1 + cos(pi epoch / total)) / 2.

    Args:
        min_factor: at the end of the run, in [0, 1].

    Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", eq. 5, without restarts.

    >>> [round(cosine().factor(epoch, 100), 3) for epoch in (0, 50, 100)]
    [1.0, 0.5, 0.0]
    """

    def factor(epoch: float, total: float) -> float:
        return min_factor + (1 - min_factor) * 0.5 * (1 + math.cos(math.pi * epoch / total))

    return Schedule(factor, uses_total=True, falls=True)
