"""The trials of a recorded study as a pruner would have seen them: their validation error at each rung."""

import math
from collections.abc import Mapping
from dataclasses import fields
from statistics import fmean, median
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from knobwise.experiments import compare
from knobwise.experiments.config import RunConfig
from knobwise.experiments.record import lookup, names
from knobwise.experiments.record.errors import NothingToCompare
from knobwise.sweeps.engine.search.replay import Climb
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.trials.prefixes import params_but_epochs

SAME = 1.01  # times, at most, between the ratios of error to loss of runs on the same data: float32 is more exact
SQUARED = ("half_mse", "mse")  # losses that are the squared error but for a factor

Curve = dict[int, float]
"""The validation loss of a run, by epoch."""


class Recorded(NamedTuple):
    """Attributes:
    key: the study's.
    climbs: its trials, in the order in which they began.
    most: the most epochs that a trial was to have.
    by_loss: whether `at` holds the loss of the training, from which the val MSE does not follow.
    unpruned: how many trials have a schedule that ends with their epochs, and so no rungs.
    """

    key: str
    climbs: list[Climb]
    most: int
    by_loss: bool
    unpruned: int


def read(name: str) -> Recorded:
    """The trials of the study called `name`, from the record.

    Raises:
        UnknownStudy, OtherSchema, ArtifactGone: as `compare.curves`.
        NothingToCompare: no trial has a curve.
        StoreError: the store cannot be read.
    """
    table = compare.runs(name, replicates=True)
    table = table[table["status"] != "failed"] if len(table) else table
    curves = _curves(compare.curves(name, replicates=True, full=True))
    if not curves:
        raise NothingToCompare(f"the study {name!r} has no curves of validation errors, so no pruner can be replayed")
    extensions = _extensions(name)
    factors, by_loss = _factors(table, curves)
    climbs, unpruned, most = [], 0, 1
    for number in sorted(set(table["trial"].to_list())):
        runs = table[table["trial"] == number]
        own = runs[runs["replicate"].isna()]
        replicates = runs if len(runs) == 1 else runs[runs["replicate"].notna()]
        if own.empty:
            continue
        first = own.iloc[0]
        config = config_of(first)
        unpruned += not rungs.comparable(config)
        most = max(most, config.epochs)
        run_ids = replicates["run_id"].to_list()
        of_runs = [_values(curves.get(run_id, {}), factors[run_id], config) for run_id in run_ids]
        epochs = int(first.get("epochs_done", 0))
        taken_over = first.get(names.EPOCHS_TAKEN_OVER, math.nan)
        climbs.append(
            Climb(
                number=number,
                status=first["status"],
                val_mse=float(first["val_mse"]) if math.isfinite(first.get("val_mse", math.nan)) else None,
                at=_at_rungs(of_runs, config, epochs),
                epochs=epochs,
                taken_over=0 if math.isnan(taken_over) else int(taken_over) // len(replicates),
                replicates=len(replicates),
                family=params_but_epochs(config.as_dict()),
                protected=bool(first["baseline"]) or number in extensions,
            )
        )
    return Recorded(str(table["study"].iloc[0]), climbs, most, by_loss, unpruned)


def config_of(row: Mapping[str, Any]) -> RunConfig:
    """The configuration in a row of `compare.runs`; knobs that an older study lacks have their defaults."""
    values = {field.name: row[field.name] for field in fields(RunConfig) if field.name in row}
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}
    return RunConfig(**{name: value for name, value in plain.items() if isinstance(value, tuple) or not pd.isna(value)})


def _curves(table: pd.DataFrame) -> dict[str, Curve]:
    """The validation loss of each run, by its id."""
    table = table[table["metric"] == names.VAL_LOSS]
    return {
        str(run_id): dict(zip(of_run["epoch"].tolist(), of_run["value"].tolist(), strict=True))
        for run_id, of_run in table.groupby("run_id", sort=False)
    }


def _extensions(name: str) -> set[int]:
    """The trials that a user asked for with `knobwise extend`."""
    reader, study = lookup.study_called(name)
    rows = lookup.rows_of(reader, study, values=False)
    return {int(tags[names.TRIAL]) for tags in rows.tags.values() if names.EXTENDS in tags and names.TRIAL in tags}


def _factors(table: pd.DataFrame, curves: Mapping[str, Curve]) -> tuple[dict[str, float], bool]:
    """By run, its val MSE for a loss of 1; and whether there is no such factor, so that it is 1 for all.

    The loss is of standardised targets, the val MSE is not: the factor is the variance of the targets that the run was
    trained on, and is found as the quotient of both at the run's end. A run that diverged has no end to measure it at,
    and gets that of others on the same data.
    """
    by_data: dict[tuple[int, int], list[float]] = {}
    factors: dict[str, float] = {}
    means = table["replicate"].isna() & table["trial"].isin(table.loc[table["replicate"].notna(), "trial"])
    for run in table[~means].to_dict("records"):  # a mean over replicates is no run's own error
        curve, data = curves.get(run["run_id"], {}), (run["n_samples"], run["seed"])
        val_mse = run.get("val_mse", math.nan)
        loss = (min(curve.values()) if run["patience"] else curve[max(curve)]) if curve else math.nan
        if math.isfinite(val_mse) and math.isfinite(loss) and loss > 0:
            factors[run["run_id"]] = val_mse / loss
            by_data.setdefault(data, []).append(val_mse / loss)
    squared = set(table["loss"]) <= set(SQUARED) and "val_accuracy" not in table
    by_loss = not squared or any(max(each) > SAME * min(each) for each in by_data.values())
    if by_loss:
        return dict.fromkeys(table["run_id"], 1.0), True
    typical = median([factor for each in by_data.values() for factor in each] or [1.0])
    for run in table.to_dict("records"):
        of_data = by_data.get((run["n_samples"], run["seed"]), [typical])
        factors.setdefault(run["run_id"], median(of_data))
    return factors, False


def _values(curve: Curve, factor: float, config: RunConfig) -> Curve:
    """What a pruner is told of a run, by epoch: its val MSE, with early stopping that of the best weights so far."""
    if not config.patience:
        return {epoch: factor * loss for epoch, loss in curve.items()}
    lowest, values = math.inf, {}
    for epoch, loss in sorted(curve.items()):
        lowest = min(lowest, loss)
        values[epoch] = factor * lowest
    return values


def _at_rungs(of_runs: list[Curve], config: RunConfig, epochs: int) -> dict[int, float]:
    """The mean over the runs of a trial at every rung that all of them came to."""
    at: dict[int, float] = {}
    done = 0
    while (rung := rungs.next_rung(done, config)) is not None and rung <= epochs:
        values = [values.get(rung, math.nan) for values in of_runs]
        if not all(map(math.isfinite, values)):
            break
        at[rung] = fmean(values)
        done = rung
    return at
