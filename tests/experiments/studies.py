"""Studies made by hand, as a report sees them, for tests of what it makes of them. No store is needed."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.ranking import Ranking, Trial
from knobwise.experiments.record import names
from knobwise.experiments.report import knobs
from knobwise.experiments.report.facts import Facts
from knobwise.experiments.run import run

QUESTION = "How far do the knobs take it?"


@lru_cache
def checkpoint() -> bytes:
    """Of a small network that was trained for a moment."""
    return run(problems.load("article"), RunConfig(n_samples=50, epochs=3, widths=(4,)), pictures=False).checkpoint


def facts(trials: list[dict[str, Any]], **more: Any) -> Facts:
    """A study of `trials`, the first of which is the baseline.

    Args:
        trials: fields of `RunConfig`, `val_mse` and others, by name; `status` where it is not complete.
        more: attributes of `Facts`; `tags` are added to the usual ones; `seeds` and `confirmed` are the errors of
            replicates and on fresh seeds, by trial.
    """
    rows = [_row(number, trial) for number, trial in enumerate(trials)]
    columns = ["study", "trial", "status", "baseline", *(f.name for f in fields(RunConfig)), "started", "run_id"]
    runs = pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
    tags: Mapping[str, str] = {names.ABOUT + "question": QUESTION, **more.pop("tags", {})}
    given: dict[str, Any] = {
        "study": "by_hand",
        "run_id": "f" * 32,
        "sweep": "by_hand",
        "problem": "article",
        "tags": tags,
        "runs": runs,
        "curves": _curves(runs),
        "knobs": knobs.turned(runs, tuple(tags.get(names.ABOUT + "knobs", "").split(", "))),
        "ranking": _ranking(runs, more.pop("seeds", {}), more.pop("confirmed", {})),
        "errors": {},
        "uri": "sqlite:///mlflow.db",
        "file": lambda run_id, path: checkpoint(),
        "made": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    }
    return Facts(**{**given, **more})


def full(n: int = 24) -> Facts:
    """A study that fills every section: numbers and choices turned, trials of every status, seeds and confirmations."""
    random = np.random.default_rng(5)
    trials: list[dict[str, Any]] = [{"val_mse": 9.0, "train_seconds": 2.0}]
    for number in range(1, n):
        lr, epochs = float(10 ** random.uniform(-4, -1.5)), int(10 ** random.uniform(2.5, 4))
        error = float(20 * np.exp((np.log10(lr) + 2.6) ** 2) * (1000 / epochs) ** 0.5)
        status = "diverged" if lr > 0.02 else {5: "failed", 7: "pruned"}.get(number, "complete")
        more = {"activation": str(random.choice(["relu", "silu"])), "widths": (64,) * int(random.integers(1, 4))}
        trials.append(
            {"lr": lr, "epochs": epochs, "val_mse": error, "train_seconds": epochs / 900, "status": status, **more}
        )
    made = facts(trials, errors={5: "ValueError: a < b"})
    best, second = (made.trial(row).number for row in made.order[:2])
    seeds = {made.trial(row).number: [made.trial(row).val_mse * (1 + s / 9) for s in (0, 1, 2)] for row in made.order}
    confirmed = {best: [9.0, 9.5, 10.0], second: [8.0, 8.4, 8.2], 0: [9.5, 9.4, 9.8]}
    return facts(trials, errors={5: "ValueError: a < b"}, seeds=seeds, confirmed=confirmed)


def _row(number: int, trial: dict[str, Any]) -> dict[str, Any]:
    status = trial.get("status", "complete")
    known = {field.name for field in fields(RunConfig)}
    config = RunConfig(**{name: value for name, value in trial.items() if name in known})
    row: dict[str, Any] = {"study": "by_hand", "trial": number, "status": status, "baseline": number == 0}
    row |= {field.name: getattr(config, field.name) for field in fields(RunConfig)}
    row |= {"val_mse": np.nan, "test_mse": np.nan, "test_r2": np.nan, "train_seconds": 1.0}
    if status == "complete":
        row |= {"val_mse": trial["val_mse"], "test_mse": trial["val_mse"] + 1, "test_r2": 0.9}
    row |= {name: value for name, value in trial.items() if name in ("train_seconds", "val_mse_low", "val_mse_high")}
    return row | {"started": datetime(2026, 1, 1, tzinfo=UTC), "run_id": f"{number:032x}"}


def _ranking(
    runs: pd.DataFrame, seeds: Mapping[int, list[float]], confirmed: Mapping[int, list[float | None]]
) -> Ranking:
    return Ranking(
        [
            Trial(number, status, val_mse, tuple(seeds.get(number, ())), tuple(confirmed.get(number, ())), number == 0)
            for number, status, val_mse in zip(runs["trial"], runs["status"], runs["val_mse"], strict=True)
        ]
        if len(runs)
        else []
    )


def _curves(runs: pd.DataFrame) -> pd.DataFrame:
    """A loss that falls from 4 to a tenth of the trial's error, in 30 points."""
    found: list[dict[str, Any]] = []
    for run_id, status, epochs, error in (
        zip(runs["run_id"], runs["status"], runs["epochs"], runs["val_mse"], strict=True) if len(runs) else ()
    ):
        if status != "failed":
            for share in np.linspace(0.05, 1, 30):
                value = (error if np.isfinite(error) else 50.0) / 10 + 4 * (1 - share)
                found.append(
                    {"run_id": run_id, "metric": names.VAL_LOSS, "epoch": int(epochs * share) + 1, "value": value}
                )
    return pd.DataFrame(found, columns=["run_id", "metric", "epoch", "value"])
