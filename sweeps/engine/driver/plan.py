"""`Plan`: what a driver has to do."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine.driver.budgets import Budget
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import distributions, grid
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.trials.prefixes import params_but_epochs


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a driver has to do.

    Attributes:
        sweep: what each trial runs.
        problem: on which data.
        budget: when to stop.
        seeds: replicates of each trial.
        rungs: whether runs pause at rungs, for a pruner.
        points: the only parameters to try, for a grid; None where the sampler chooses.
        lengths: for a grid, the epochs of the points that differ in nothing else, by `params_but_epochs`; a longer run
            pauses there to leave a checkpoint.
    """

    sweep: Sweep
    problem: str
    budget: Budget
    seeds: int = 1
    rungs: bool = False
    points: Iterator[dict[str, Any]] | None = None
    lengths: Mapping[str, list[int]] = field(default_factory=dict)

    def next_pause(self, params: Mapping[str, Any], config: RunConfig, epochs_done: int) -> int | None:
        """The epoch at which a run pauses next, at a rung or to leave a checkpoint; None where it runs to its end."""
        lengths = self.lengths.get(params_but_epochs(params), ())
        pauses = [epochs for epochs in lengths if epochs_done < epochs < config.epochs]
        rung = rungs.next_rung(epochs_done, config) if self.rungs else None
        return min([*pauses, *([rung] if rung else [])], default=None)


def make_plan(sweep: Sweep, options: Options, study: optuna.Study, began: float) -> Plan:
    """The plan for a study.

    Args:
        sweep: what each trial runs.
        options: of the command.
        study: the points that it has tried are left out of a grid.
        began: when the session began, on the clock of `time.monotonic`.
    """
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
    """The largest number of epochs that a trial of the sweep can have."""
    return distributions.largest(sweep.space, "epochs") or sweep.fixed.epochs
