"""One cycle: the learning rate rises to a large value, then anneals far below its first one."""

import math

from knobwise.nn_core.schedules import Schedule


def one_cycle(warmup: float = 0.3, start: float = 0.04, end: float = 4e-6) -> Schedule:
    """A half cosine from `start` up to 1 over the first part of the run, and another from 1 down to `end`.

    Args:
        warmup: the share of the run in which the rate rises, in (0, 1).
        start, end: factors at the beginning and at the end, in (0, 1]; by default 1/25 and 1/25 / 10^4.

    Smith and Topin (2018), "Super-convergence: very fast training of neural networks using large learning rates";
    defaults as in PyTorch's `OneCycleLR`.

    >>> [round(one_cycle().factor(epoch, 100), 2) for epoch in (0, 30, 65, 100)]
    [0.04, 1.0, 0.5, 0.0]
    """

    def glide(begin: float, finish: float, share: float) -> float:
        return finish + (begin - finish) * 0.5 * (1 + math.cos(math.pi * share))

    def factor(epoch: float, total: float) -> float:
        progress = epoch / total
        if progress < warmup:
            return glide(start, 1.0, progress / warmup)
        return glide(1.0, end, (progress - warmup) / (1 - warmup))

    return Schedule(factor, uses_total=True, falls=False)
