"""Outcomes made by hand, for tests of what is done with them."""

import hashlib
from typing import Any

import numpy as np

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Curves, DatasetFacts, Outcome, Status

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
PICTURES = {"pictures/true_vs_predicted.png": PNG, "pictures/loss_curves.png": PNG + b"2"}


def outcome(status: Status = "complete", *, epochs_done: int = 40, val_mse: float = 2.0, **knobs: Any) -> Outcome:
    """An outcome with a falling loss, scored every second epoch; a diverged one ends in infinity."""
    epoch = np.arange(1, epochs_done + 1)
    train_loss = 1.0 / epoch
    val_epoch = epoch[epoch % 2 == 0]
    val_loss = 1.5 / val_epoch
    metrics = {"train_seconds": 0.5, "epochs_per_second": epochs_done / 0.5, "n_parameters": 8577.0}
    if status == "diverged":
        train_loss[-1] = np.inf
        val_loss[-1:] = np.nan
    else:
        metrics |= {"val_mse": val_mse, "val_r2": 0.9}
    if status in ("complete", "stopped"):
        metrics |= {"test_mse": val_mse + 1, "test_rmse": (val_mse + 1) ** 0.5, "test_r2": 0.8, "test_max_error": 9.0}
    return Outcome(
        problem="article",
        config=RunConfig(**{"epochs": epochs_done, **knobs}),
        status=status,
        epochs_done=epochs_done,
        curves=Curves(epoch=epoch, train_loss=train_loss, val_epoch=val_epoch, val_loss=val_loss),
        metrics=metrics,
        datasets={part: facts(part) for part in ("train", "val", "test")},
        pictures=PICTURES,
        checkpoint=b"PK checkpoint",
    )


def facts(part: str) -> DatasetFacts:
    digest = hashlib.sha256(part.encode()).hexdigest()
    return DatasetFacts(name=f"article-{part}", rows=1000, columns=("X", "Y", "Z"), sha256=digest, about="a sample")
