"""Schedules: how the learning rate changes over a run. One variant a file."""

from collections.abc import Callable
from typing import NamedTuple


class Schedule(NamedTuple):
    """The course of the learning rate over a run.

    Attributes:
        factor: `factor(epoch, total)`, in [0, 1], multiplies the learning rate; `epoch` is a float in [0, total] with
            fractions of an epoch, `total` the number of epochs of the whole run.
        uses_total: whether `factor` depends on `total`. Where it does not, a run of 100 epochs is the beginning of one
            of 200, and can be continued to it.
        falls: whether `factor` never rises over a run.
    """

    factor: Callable[[float, float], float]
    uses_total: bool
    falls: bool
