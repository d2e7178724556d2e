"""Budgets: what a sweep may spend, and whether it has."""

import math
import time
from dataclasses import dataclass
from typing import Literal

from knobwise.sweeps.engine.driver.progress import Progress

Ending = Literal["done", "timeout", "interrupted", "no more points", "total epochs", "total flops", "target"]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What ends a sweep, whichever comes first. No trial begins after it; trials that run are finished.

    Attributes:
        trials: trials to finish, those of earlier sessions included.
        deadline: on the clock of `time.monotonic`.
        epochs: epochs to train, over all trials and replicates.
        flops: floating-point operations of that training.
        target: a validation MSE that is low enough.
        failures: failed trials of this session at which the driver gives up.
    """

    trials: int
    deadline: float = math.inf
    epochs: float = math.inf
    flops: float = math.inf
    target: float = -math.inf
    failures: float = math.inf

    def reached(self, progress: Progress, epochs: float, flops: float, best: float) -> Ending | None:
        """Which limit was reached; None for none. Trials and failures are counted by the driver.

        Args:
            progress: of the recorded trials.
            epochs: of the other trials: all that a running one is going to train, all that an ended one has trained.
            flops: the same in floating-point operations.
            best: the lowest validation MSE of this session.
        """
        recorded = progress.best.val_mse if progress.best is not None else None
        reached: dict[Ending, bool] = {
            "timeout": time.monotonic() >= self.deadline,
            "total epochs": progress.epochs + epochs >= self.epochs,
            "total flops": progress.flops + flops >= self.flops,
            "target": min(best, math.inf if recorded is None else recorded) <= self.target,
        }
        return next((ending for ending, is_reached in reached.items() if is_reached), None)
