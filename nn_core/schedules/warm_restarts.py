"""Cosine annealing with warm restarts: glide to zero, jump back to the top, glide again, longer every time."""

import math

from knobwise.nn_core.schedules import Schedule


def warm_restarts(first: float = 100.0, growth: float = 2.0, min_factor: float = 0.0) -> Schedule:
    """factor = min_factor + (1 - min_factor) (1 + cos(pi t / T)) / 2, t epochs into a cycle of T.

    Cycle i lasts T = first growth^i epochs. With the defaults the cycles end at epochs 100, 300, 700, 1,500, 3,100:
    stop there, where the learning rate is low.

    Args:
        first: epochs in the first cycle, > 0.
        growth: by which a cycle is longer than the one before it, >= 1.
        min_factor: in [0, 1], what each cycle ends at.

    Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", eq. 5.

    >>> [round(warm_restarts().factor(epoch, 1000), 3) for epoch in (0, 50, 99.999, 100, 200)]
    [1.0, 0.5, 0.0, 1.0, 0.5]
    """

    def factor(epoch: float, total: float) -> float:
        into, length = epoch, first
        while into >= length:
            into -= length
            length *= growth
        return min_factor + (1 - min_factor) * 0.5 * (1 + math.cos(math.pi * into / length))

    return Schedule(factor, uses_total=False, falls=False)
