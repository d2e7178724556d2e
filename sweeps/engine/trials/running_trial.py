"""Attempts: trials under way, and what becomes of one whose runs are over."""

import dataclasses
import math
import time
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Literal

import optuna

from knobwise.experiments import statistics
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.study_attrs import EXTENDS
from knobwise.sweeps.engine.trials.prefixes import Prefix

Status = Literal["complete", "pruned", "diverged", "failed"]
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
"""The metrics that are kept with a trial in Optuna too, for tables and a resume."""


STATUSES: tuple[Status, ...] = ("complete", "pruned", "diverged", "failed")


@dataclass(eq=False)
class Attempt:
    """A trial under way: the driver's notes on it.

    Attributes:
        trial: Optuna's.
        configs: one for each replicate.
        prefixes: what each replicate goes on from; None for one that starts at its beginning.
        outcomes: what each replicate has come to; None until its first rung is done.
        started: seconds since 1970.
        waiting: the replicates whose rung is queued or running.
        lost: how many workers died under each replicate.
        over: whether it takes no more rungs (it failed while replicates of it were still running).
    """

    trial: optuna.Trial
    configs: list[RunConfig]
    prefixes: list[Prefix | None] = field(default_factory=list)
    outcomes: list[Outcome | None] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)
    started: float = field(default_factory=time.time)
    lost: list[int] = field(default_factory=list)
    over: bool = False

    def __post_init__(self) -> None:
        self.prefixes = [None] * len(self.configs)
        self.outcomes = [None] * len(self.configs)
        self.lost = [0] * len(self.configs)

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number

    @property
    def extends(self) -> int | None:
        """The trial that a user asked to train longer, where this is what came of it."""
        return self.trial.user_attrs.get(EXTENDS)

    @property
    def protected(self) -> bool:
        """Whether no pruner may end it: the table needs the baseline whole, and an extension was asked for."""
        return self.number == 0 or self.extends is not None

    @property
    def taken_over(self) -> int:
        """Epochs, over all replicates, that another trial had trained before."""
        return sum(prefix.epochs for prefix in self.prefixes if prefix)

    @property
    def to_train(self) -> int:
        """Epochs, over all replicates, that it is trained for where nothing cuts it short."""
        return sum(config.epochs for config in self.configs) - self.taken_over

    @property
    def trained(self) -> int:
        """Epochs, over all replicates, that it has been trained for."""
        done = zip(self.outcomes, self.prefixes, strict=True)
        return sum(outcome.epochs_done - (prefix.epochs if prefix else 0) for outcome, prefix in done if outcome)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is recorded and told of a trial that is over.

    Attributes:
        status: `diverged` where any replicate diverged.
        outcome: of the first replicate, with the means over replicates as its metrics.
        replicates: the outcome of each; one where there are no replicates.
        spread: standard deviation and 95% interval of `val_mse` over replicates, as metrics.
    """

    status: Status
    outcome: Outcome
    replicates: list[Outcome]
    spread: dict[str, float]


def facts(attempt: Attempt, judged: Verdict) -> dict[str, Any]:
    """What tables and a resume need of a trial, as JSON can hold it: kept with the trial in Optuna."""
    metrics = {**judged.outcome.metrics, **judged.spread}
    numbers = {name: metrics[name] for name in KEPT if math.isfinite(metrics.get(name, math.nan))}
    values = [outcome.metrics.get("val_mse", math.nan) for outcome in judged.replicates]
    seeds = {"val_mse_seeds": values} if len(values) > 1 and all(map(math.isfinite, values)) else {}
    return {
        "status": judged.status,
        "epochs": judged.outcome.epochs_done,
        "epochs_trained": attempt.trained,
        **numbers,
        **seeds,
    }


def verdict(outcomes: list[Outcome], *, pruned: bool = False) -> Verdict:
    """Judge a trial by the outcomes of its replicates."""
    diverged = [outcome for outcome in outcomes if _diverged(outcome)]
    first = (diverged or outcomes)[0]
    status: Status = "diverged" if diverged else "pruned" if pruned else "complete"
    if len(outcomes) == 1:
        return Verdict(status=status, outcome=first, replicates=outcomes, spread={})
    shared = set.intersection(*(set(outcome.metrics) for outcome in outcomes))
    means = {name: fmean(outcome.metrics[name] for outcome in outcomes) for name in sorted(shared)}
    spread = {} if diverged else interval([outcome.metrics["val_mse"] for outcome in outcomes])
    outcome = dataclasses.replace(first, metrics=means)
    return Verdict(status=status, outcome=outcome, replicates=outcomes, spread=spread)


def _diverged(outcome: Outcome) -> bool:
    # Finite weights can still give predictions whose squared error is not.
    return outcome.status == "diverged" or not math.isfinite(outcome.metrics.get("val_mse", math.nan))


def interval(values: list[float]) -> dict[str, float]:
    """Standard deviation of K >= 2 values of `val_mse`, and the 95% interval for their mean, as metrics.

    >>> {name: round(value, 3) for name, value in interval([1.0, 2.0, 3.0]).items()}
    {'val_mse_std': 1.0, 'val_mse_low': -0.484, 'val_mse_high': 4.484}
    """
    found = statistics.interval(values)
    return {"val_mse_std": found.std, "val_mse_low": found.low, "val_mse_high": found.high}
