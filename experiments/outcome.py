"""`Outcome`: the result of a run. Made by `run`, used by the plots, the record and the sweep's driver."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.config import RunConfig
from knobwise.experiments.snapshots import Snapshots

Status = Literal["complete", "paused", "stopped", "diverged"]


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Loss curves. Losses are on standardised targets, in the loss's reported unit (the MSE for squared errors).

    Attributes:
        epoch: `(t,)` int64, epochs finished (1 is the first), strictly rising.
        train_loss: `(t,)` float64, the mean over that epoch's samples, each before its step.
        val_epoch: `(v,)` int64, the epochs at which the validation part was scored, strictly rising.
        val_loss: `(v,)` float64, after that epoch.
    """

    epoch: NDArray[np.int64]
    train_loss: NDArray[np.float64]
    val_epoch: NDArray[np.int64]
    val_loss: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of a run, or of a rung of it. Plain data only, so that it can be sent between processes.

    Attributes:
        problem: the problem's name.
        config: as asked.
        status: `complete` (all epochs done), `paused` (a rung's end, to be continued), `stopped` (early stopping),
            `diverged` (the loss or a weight is no longer finite).
        epochs_done: epochs finished, counted from the run's start.
        curves: the losses, from the run's start (through all rungs).
        metrics: `val_mse, val_r2, test_mse, test_rmse, test_r2, test_max_error, train_seconds, epochs_per_second,
            n_parameters, flops` where the run is over and has a model; on the problem's original scale. For classes
            those of `knobwise.experiments.metrics.scores`. A diverged run has the last four only; a paused one those
            and `val_mse` and `val_r2`.
        datasets: for `train`, `val` and `test`: rows, columns and the SHA-256 of the values.
        pictures: PNG files by artifact path (`pictures/true_vs_predicted.png`).
        checkpoint: the bytes of an `.npz` file from which the run can be continued or its model be loaded.
        snapshots: the parameters `(P,)` at doublings of the epoch, for a surface that can be drawn; none of a run that
            diverged.
    """

    problem: str
    config: RunConfig
    status: Status
    epochs_done: int
    curves: Curves
    metrics: dict[str, float]
    datasets: dict[str, "DatasetFacts"]
    pictures: dict[str, bytes] = field(default_factory=dict)
    checkpoint: bytes = b""
    snapshots: Snapshots = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """The recorded facts of a part of the data.

    Attributes:
        name: of the problem and the part.
        rows: number of samples.
        columns: names of inputs and outputs.
        sha256: of the values.
        about: the source of the data.
    """

    name: str
    rows: int
    columns: tuple[str, ...]
    sha256: str
    about: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "rows": self.rows, "columns": list(self.columns), "sha256": self.sha256}
