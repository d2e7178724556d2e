"""Exponential decay: the learning rate falls by the same factor in every epoch."""

from knobwise.nn_core.schedules import Schedule


def exponential(gamma: float = 0.999) -> Schedule:
    """factor = gamma^epoch.

    Args:
        gamma: in (0, 1]; at the default the learning rate halves every 693 epochs.

    PyTorch's `ExponentialLR`.

    >>> exponential(gamma=0.5).factor(2.0, 100.0)
    0.25
    """

    def factor(epoch: float, total: float) -> float:
        return float(gamma**epoch)

    return Schedule(factor, uses_total=False, falls=True)
