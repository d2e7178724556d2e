"""`Plan`: what a driver is to do."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna

from knobwise.sweeps.engine.driver.budgets import Budget
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import distributions, grid
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


def make_plan(sweep: Sweep, options: Options, study: optuna.Study, began: float) -> Plan:
    """The driver's plan."""
    points = (
        [dict(point.params) for point in distributions.grid(sweep.space, options.seed)]
        if options.sampler == "grid"
        else []
    )
    return Plan(
        sweep=sweep,
        problem=options.problem,
        budget=Budget(
            trials=options.trials,
            deadline=began + options.timeout,
            epochs=options.total_epochs,
            flops=options.total_flops,
            target=options.good_enough,
            failures=options.max_failures or math.inf,
        ),
        seeds=options.seeds,
        rungs=options.pruner != "none",
        points=grid.untried(grid.shortest_first(points), study) if points else None,
        lengths=grid.lengths(points),
    )


def most_epochs(sweep: Sweep) -> int:
    """The most epochs that a trial of the sweep can have."""
    return distributions.largest(sweep.space, "epochs") or sweep.fixed.epochs
