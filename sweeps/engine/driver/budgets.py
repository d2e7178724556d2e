"""Budgets: what a sweep may spend, and when it has."""

import math
import time
from dataclasses import dataclass
from typing import Literal

from knobwise.sweeps.engine.driver.progress import Standing

Ending = Literal["done", "timeout", "interrupted", "no more points", "total epochs", "total flops", "target"]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What ends a sweep, whichever comes first. No trial begins after it; those that run are finished.

    Attributes:
        trials: go on until this many are done, those of earlier sittings counted.
        deadline: on the clock of `time.monotonic`.
        epochs: to be trained in all, over all trials and replicates.
        flops: floating-point operations of all of that training.
        target: a validation MSE that is good enough.
        failures: trials of this sitting that may fail; with the last of them the driver gives up.
    """

    trials: int
    deadline: float = math.inf
    epochs: float = math.inf
    flops: float = math.inf
    target: float = -math.inf
    failures: float = math.inf

    def over(self, standing: Standing, epochs: float, flops: float, best: float) -> Ending | None:
        """Which of these was reached; None for none. Trials and failures are counted by the driver as they end.

        Args:
            standing: what is over and recorded.
            epochs: of the other trials: those trained, and those to come of trials that run.
            flops: the same in operations.
            best: the lowest validation MSE of the other trials.
        """
        before = standing.best.val_mse if standing.best is not None else None
        reached: dict[Ending, bool] = {
            "timeout": time.monotonic() >= self.deadline,
            "total epochs": standing.epochs + epochs >= self.epochs,
            "total flops": standing.flops + flops >= self.flops,
            "target": min(best, math.inf if before is None else before) <= self.target,
        }
        return next((ending for ending, true in reached.items() if true), None)
