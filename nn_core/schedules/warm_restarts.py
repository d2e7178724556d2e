"""Cosine annealing with warm restarts: cycles from the full rate to zero, each longer than the one before."""

import math

from knobwise.nn_core.schedules import Schedule


def warm_restarts(first: float = 100.0, growth: float = 2.0, min_factor: float = 0.0) -> Schedule:
    """factor = min_factor + (1 - min_factor) (1 + cos(pi t / T)) / 2, t epochs into a cycle of T.

    Cycle i lasts T = first growth^i epochs. With the defaults the cycles end at epochs 100, 300, 700, 1,500, 3,100:
    stop there, where the learning rate is low.

    Args:
        first: epochs in the first cycle, > 0.
        growth: length of a cycle divided by that of the one before it, >= 1.
        min_factor: at the end of each cycle, in [0, 1].

    Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", eq. 5.

    >>> [round(warm_restarts().factor(epoch, 1000), 3) for epoch in (0, 50, 99.999, 100, 200)]
    [1.0, 0.5, 0.0, 1.0, 0.5]
    """

    def factor(epoch: float, total: float) -> float:
        elapsed, length = epoch, first
        while elapsed >= length:
            elapsed -= length
            length *= growth
        return min_factor + (1 - min_factor) * 0.5 * (1 + math.cos(math.pi * elapsed / length))

    return Schedule(factor, uses_total=False, falls=False)
