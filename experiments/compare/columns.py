"""Which columns of a table of runs are knobs and which metrics, and whether there is enough in them."""

from collections.abc import Iterable
from dataclasses import fields

import numpy as np
import pandas as pd

from knobwise.experiments.config import RunConfig
from knobwise.experiments.record.errors import NothingToCompare, UnknownColumn
from knobwise.experiments.text import nearest

PLACES = ("study", "trial", "kind", "replicate", "status", "baseline", "started", "run_id")
"""The columns that say which run it is."""

_CONFIG = tuple(field.name for field in fields(RunConfig))


def knobs(table: pd.DataFrame) -> list[str]:
    """The columns that hold the configuration of a run, in their order.

    >>> knobs(pd.DataFrame({"trial": [0], "lr": [0.1], "widths": [(64,)], "val_mse": [2.0]}))
    ['lr', 'widths']
    """
    names = [str(name) for name in table if name not in PLACES]
    return [name for name in names if name in _CONFIG or table[name].dtype != np.float64]


def metrics(table: pd.DataFrame) -> list[str]:
    """The columns that hold the results of a run, in their order."""
    names = [str(name) for name in table if name not in PLACES]
    return [name for name in names if name not in _CONFIG and table[name].dtype == np.float64]


def varied(table: pd.DataFrame) -> list[str]:
    """The knobs that are not the same in all rows."""
    return [name for name in knobs(table) if len(table[name].drop_duplicates()) > 1]


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better; of all others less is.

    >>> higher_is_better("test_r2"), higher_is_better("val_mse")
    (True, False)
    """
    return metric.endswith(("_r2", "_accuracy", "_roc_auc")) or metric == "epochs_per_second"


def checked(name: str, known: Iterable[str], argument: str) -> str:
    """`name`, which must be one of `known`.

    Raises:
        UnknownColumn: it is not; the line lists the known ones, and the nearest.

    >>> checked("learning_rate", ["lr", "epochs"], "rows")
    Traceback (most recent call last):
    knobwise.experiments.record.errors.UnknownColumn: rows must be one of lr, epochs, got 'learning_rate'
    """
    known = list(known)
    if name not in known:
        raise UnknownColumn(f"{argument} must be one of {', '.join(known)}, got {name!r}{nearest(str(name), known)}")
    return name


def complete(table: pd.DataFrame, study: str, value: str, argument: str) -> pd.DataFrame:
    """The complete trials in `table` that have a finite `value`.

    Args:
        table: of `knobwise.experiments.compare.runs`.
        study: what an error calls it.
        value: a metric.
        argument: what an error calls the metric.

    Raises:
        NothingToCompare: there are none; the line counts what there is.
        UnknownColumn: no such metric.
    """
    if table.empty:
        raise NothingToCompare(f"the study {study!r} has no trial that is over")
    done = table[table["status"] == "complete"]
    if done.empty:
        counts = ", ".join(f"{count} {status}" for status, count in table["status"].value_counts().items())
        raise NothingToCompare(f"the study {study!r} has no complete trial, only {counts}")
    checked(value, metrics(table), argument)
    finite = done[done[value].abs() < np.inf]
    if finite.empty:
        raise NothingToCompare(f"no complete trial of the study {study!r} has a finite {value}")
    return finite
