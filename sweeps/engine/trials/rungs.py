"""Rungs: the epochs at which a trial is compared with the others.

They lie at 512, 1024, 2048, ... epochs and not at fractions of a trial's own length, so that a rung is the same amount
of training for all trials. Under a schedule that depends on the total number of epochs it would not be: the learning
rate at epoch 512 differs with the total. Such a trial is run in one go and never pruned.
"""

from knobwise.experiments.config import RunConfig
from knobwise.nn_core import variants

FIRST = 512  # epochs; earlier than that, rates lead that are overtaken later: measured in `benchmarks/asha.py`
FACTOR = 2


def comparable(config: RunConfig) -> bool:
    """Whether the schedule of `config` gives the same rate at the same epoch, whatever the total number of epochs."""
    return not variants.load("schedules", config.schedule).uses_total


def next_rung(epochs_done: int, config: RunConfig) -> int | None:
    """The epoch up to which to train next; None for the rest of the run.

    >>> config = RunConfig(epochs=3000)
    >>> [next_rung(done, config) for done in (0, 512, 1024, 2048)]
    [512, 1024, 2048, None]
    """
    if not comparable(config):
        return None
    rung = FIRST
    while rung <= epochs_done:
        rung *= FACTOR
    return rung if rung < config.epochs else None
