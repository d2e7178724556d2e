"""Pruners: what stops a trial that is behind others at the same rung. By name, as `--pruner` takes them."""

from collections.abc import Callable

import optuna

from knobwise.sweeps.engine.search.halving import Halving
from knobwise.sweeps.engine.trials.rungs import FACTOR, FIRST

SAMPLED = 5  # trials that must be complete before the median means something

PRUNERS: dict[str, Callable[[int], optuna.pruners.BasePruner]] = {
    "none": lambda _: optuna.pruners.NopPruner(),
    "median": lambda _: optuna.pruners.MedianPruner(n_startup_trials=SAMPLED),
    "asha": lambda _: Halving(FACTOR),
    "hyperband": lambda most: optuna.pruners.HyperbandPruner(
        min_resource=FIRST, max_resource=max(most, FIRST), reduction_factor=FACTOR
    ),
}
"""Each takes the most epochs that a trial can have."""


def make(name: str, most: int) -> optuna.pruners.BasePruner:
    """The pruner called `name`, for trials of at most `most` epochs."""
    return PRUNERS[name](most)
