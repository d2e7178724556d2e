"""Steps: the learning rate falls by a constant factor at regular intervals of epochs."""

import math

from knobwise.nn_core.schedules import Schedule


def step(every: float = 500.0, gamma: float = 0.5) -> Schedule:
    """factor = gamma^floor(epoch / every).

    Args:
        every: epochs between falls, > 0.
        gamma: in (0, 1].

    PyTorch's `StepLR`; Krizhevsky, Sutskever and Hinton (2012) trained AlexNet so.

    >>> [step(every=10).factor(epoch, 30) for epoch in (0, 9.9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def factor(epoch: float, total: float) -> float:
        return float(gamma ** math.floor(epoch / every))

    return Schedule(factor, uses_total=False, falls=True)
