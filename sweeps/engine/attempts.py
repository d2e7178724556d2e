"""Attempts: trials under way, and what becomes of one whose runs are over."""

import dataclasses
import math
import time
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any, Literal

import optuna

from experiments.config import RunConfig
from experiments.outcome import Outcome

Status = Literal["complete", "pruned", "diverged", "failed"]
KEPT = ("val_mse", "val_mse_std", "val_mse_low", "val_mse_high", "test_mse", "test_r2", "train_seconds")
"""The metrics that are kept with a trial in Optuna too, for tables and a resume."""

STATUSES: tuple[Status, ...] = ("complete", "pruned", "diverged", "failed")


@dataclass
class Attempt:
    """A trial under way: the driver's notes on it.

    Attributes:
        trial: Optuna's.
        configs: one for each replicate.
        outcomes: what each replicate has come to; None until its first rung is done.
        started: seconds since 1970.
        waiting: the replicates whose rung is queued or running.
        lost: how many workers died under each replicate.
        over: whether it takes no more rungs (it failed while replicates of it were still running).
    """

    trial: optuna.Trial
    configs: list[RunConfig]
    outcomes: list[Outcome | None] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)
    started: float = field(default_factory=time.time)
    lost: list[int] = field(default_factory=list)
    over: bool = False

    def __post_init__(self) -> None:
        self.outcomes = [None] * len(self.configs)
        self.lost = [0] * len(self.configs)

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number


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

    def facts(self) -> dict[str, Any]:
        """What tables and a resume need of it, as JSON can hold it: kept with the trial in Optuna."""
        metrics = {**self.outcome.metrics, **self.spread}
        numbers = {name: metrics[name] for name in KEPT if math.isfinite(metrics.get(name, math.nan))}
        return {"status": self.status, "epochs": self.outcome.epochs_done, **numbers}


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
    """Standard deviation of K >= 2 values, and the 95% interval for their mean by Student's t:

        mean -+ t(0.975, K - 1) * std / sqrt(K)

    Student (W. S. Gosset), The probable error of a mean, Biometrika 6, 1908.

    >>> {name: round(value, 3) for name, value in interval([1.0, 2.0, 3.0]).items()}
    {'val_mse_std': 1.0, 'val_mse_low': -0.484, 'val_mse_high': 4.484}
    """
    from scipy.special import stdtrit

    spread = stdev(values)
    half = float(stdtrit(len(values) - 1, 0.975)) * spread / math.sqrt(len(values))
    return {"val_mse_std": spread, "val_mse_low": fmean(values) - half, "val_mse_high": fmean(values) + half}
