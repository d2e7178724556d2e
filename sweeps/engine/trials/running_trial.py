"""`RunningTrial`: the driver's notes on a trial under way; `TrialOutcome`: its result, once all its runs have ended."""

import dataclasses
import math
import time
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Literal, NamedTuple

import optuna

from knobwise.experiments import statistics
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.snapshots import Snapshots
from knobwise.sweeps.engine.study_attrs import EXTENDS
from knobwise.sweeps.engine.trials.prefixes import Prefix

Status = Literal["complete", "pruned", "diverged", "failed"]
STATUSES: tuple[Status, ...] = ("complete", "pruned", "diverged", "failed")
KEPT = (
    "val_mse",
    "val_mse_std",
    "val_mse_low",
    "val_mse_high",
    "test_mse",
    "test_r2",
    "test_accuracy",
    "train_seconds",
    "flops",
    "n_parameters",
)
"""The metrics that are kept with a trial in Optuna as well as in MLflow, for tables and for a resume."""


@dataclass(eq=False)
class RunningTrial:
    """A trial under way.

    Attributes:
        trial: the trial in Optuna.
        configs: the configuration of each replicate.
        prefixes: the checkpoint that each replicate is continued from; None for one that starts at epoch 0.
        outcomes: the latest outcome of each replicate; None before its first rung ends.
        pending: the replicates whose next rung is queued or running.
        started: seconds since 1970.
        ended: whether no more of its runs count (it failed while other replicates were still running).
    """

    trial: optuna.Trial
    configs: list[RunConfig]
    prefixes: list[Prefix | None] = field(default_factory=list)
    outcomes: list[Outcome | None] = field(default_factory=list)
    pending: set[int] = field(default_factory=set)
    started: float = field(default_factory=time.time)
    ended: bool = False

    def __post_init__(self) -> None:
        self.prefixes = [None] * len(self.configs)
        self.outcomes = [None] * len(self.configs)

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number

    @property
    def extends(self) -> int | None:
        """The number of the trial that this one trains longer, where a user asked for that."""
        return self.trial.user_attrs.get(EXTENDS)

    @property
    def protected(self) -> bool:
        """Whether no pruner may end it: the table needs the whole baseline, and an extension was asked for."""
        return self.number == 0 or self.extends is not None

    @property
    def epochs_reused(self) -> int:
        """Epochs of all replicates that another trial had trained."""
        return sum(prefix.epochs for prefix in self.prefixes if prefix)

    @property
    def epochs_to_train(self) -> int:
        """Epochs of all replicates that it trains where nothing ends it early."""
        return sum(config.epochs for config in self.configs) - self.epochs_reused

    @property
    def epochs_trained(self) -> int:
        """Epochs of all replicates that it has trained so far."""
        runs = zip(self.outcomes, self.prefixes, strict=True)
        return sum(outcome.epochs_done - (prefix.epochs if prefix else 0) for outcome, prefix in runs if outcome)

    def checkpoint(self, replicate: int) -> tuple[int, bytes, Snapshots]:
        """The epochs that a replicate has behind it, the checkpoint to continue it from, and its snapshots so far."""
        outcome, prefix = self.outcomes[replicate], self.prefixes[replicate]
        if outcome:
            return outcome.epochs_done, outcome.checkpoint, outcome.snapshots
        return (prefix.epochs, prefix.checkpoint, prefix.snapshots) if prefix else (0, b"", {})


class Replicate(NamedTuple):
    """One run of a trial.

    Attributes:
        trial: the trial.
        number: of the replicate, from 0.
    """

    trial: RunningTrial
    number: int


@dataclass(frozen=True, kw_only=True)
class TrialOutcome:
    """The outcome of a trial: what is recorded in MLflow and told to Optuna.

    Attributes:
        status: `diverged` where any replicate diverged.
        outcome: of the first replicate, with the means over replicates as its metrics.
        replicates: the outcome of each replicate; at least one.
        spread: standard deviation and 95% interval of `val_mse` over replicates, as metrics.
    """

    status: Status
    outcome: Outcome
    replicates: list[Outcome]
    spread: dict[str, float]


def trial_outcome(outcomes: list[Outcome], *, pruned: bool = False) -> TrialOutcome:
    """The outcome of a trial from those of its replicates."""
    diverged = [outcome for outcome in outcomes if _diverged(outcome)]
    first = (diverged or outcomes)[0]
    status: Status = "diverged" if diverged else "pruned" if pruned else "complete"
    if len(outcomes) == 1:
        return TrialOutcome(status=status, outcome=first, replicates=outcomes, spread={})
    shared = set.intersection(*(set(outcome.metrics) for outcome in outcomes))
    means = {name: fmean(outcome.metrics[name] for outcome in outcomes) for name in sorted(shared)}
    spread = {} if diverged else interval([outcome.metrics["val_mse"] for outcome in outcomes])
    outcome = dataclasses.replace(first, metrics=means)
    return TrialOutcome(status=status, outcome=outcome, replicates=outcomes, spread=spread)


def facts(trial: RunningTrial, result: TrialOutcome) -> dict[str, Any]:
    """What tables and a resume need of a trial, as JSON values: kept with the trial in Optuna."""
    metrics = {**result.outcome.metrics, **result.spread}
    numbers = {name: metrics[name] for name in KEPT if math.isfinite(metrics.get(name, math.nan))}
    values = [outcome.metrics.get("val_mse", math.nan) for outcome in result.replicates]
    seeds = {"val_mse_seeds": values} if len(values) > 1 and all(map(math.isfinite, values)) else {}
    return {
        "status": result.status,
        "epochs": result.outcome.epochs_done,
        "epochs_trained": trial.epochs_trained,
        **numbers,
        **seeds,
    }


def interval(values: list[float]) -> dict[str, float]:
    """Standard deviation of K >= 2 values of `val_mse`, and the 95% interval of their mean, as metrics.

    >>> {name: round(value, 3) for name, value in interval([1.0, 2.0, 3.0]).items()}
    {'val_mse_std': 1.0, 'val_mse_low': -0.484, 'val_mse_high': 4.484}
    """
    spread = statistics.interval(values)
    return {"val_mse_std": spread.std, "val_mse_low": spread.low, "val_mse_high": spread.high}


def _diverged(outcome: Outcome) -> bool:
    # Finite weights can still give predictions whose squared error is not finite.
    return outcome.status == "diverged" or not math.isfinite(outcome.metrics.get("val_mse", math.nan))
