"""Rungs: the epochs at which a trial is judged against the others.

They lie at 512, 1024, 2048, ... epochs and not at shares of a trial's own length, so that a rung means the same for all
trials: so much training. Under a schedule that depends on the total it would not (half-way down a short slope is
not half-way down a long one), so such a trial is run in one go and never pruned.
"""

from knobwise.experiments.config import RunConfig
from knobwise.nn_core import variants

FIRST = 512  # earlier, small learning rates lead that are overtaken later: measured in `benchmarks/asha.py`
FACTOR = 2


def comparable(config: RunConfig) -> bool:
    """Whether trials with `config` mean the same at the same epoch."""
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
