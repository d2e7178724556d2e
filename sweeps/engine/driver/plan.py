"""`Plan`: what a driver is to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from knobwise.sweeps.engine.driver.budgets import Budget
from knobwise.sweeps.engine.sweep import Sweep


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a driver is to do.

    Attributes:
        sweep, problem: what each trial runs.
        budget: when to stop.
        seeds: replicates of each trial.
        rungs: whether runs are cut into rungs, for a pruner.
        points: the only parameters to try, for a grid; None where the sampler chooses.
        lengths: for a grid, the epochs of the points that differ in nothing else, by what these share: there a longer
            run pauses, to leave a checkpoint.
    """

    sweep: Sweep
    problem: str
    budget: Budget
    seeds: int = 1
    rungs: bool = False
    points: Iterator[dict[str, Any]] | None = None
    lengths: Mapping[str, list[int]] = field(default_factory=dict)
