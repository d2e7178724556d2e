"""Schedules: how the learning rate changes over a run. One variant a file."""

from collections.abc import Callable
from typing import NamedTuple


class Schedule(NamedTuple):
    """Attributes:
    factor: `factor(epoch, total)` is what the learning rate is multiplied by; `epoch` is a float in [0, total] that
        counts parts of an epoch too, `total` is the number of epochs of the whole run. In [0, 1].
    uses_total: whether `factor` depends on `total`. Where it does not, a run of 100 epochs is the beginning of one
        of 200, and the longer can be had by continuing the shorter.
    falls: whether `factor` never rises over a run.
    """

    factor: Callable[[float, float], float]
    uses_total: bool
    falls: bool
