"""One knob against another: a table with the best (or the mean, or the number) of the trials in each of its fields."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from knobwise.experiments.compare import columns as kinds
from knobwise.experiments.compare.bins import grouped

AGGREGATES = ("min", "max", "mean", "median", "std", "count")
"""How the trials of a field become one value, by name."""


def pivot(
    table: pd.DataFrame,
    study: str,
    rows: str,
    columns: str,
    value: str = "val_mse",
    aggregate: str | Callable[["pd.Series[float]"], Any] = "min",
) -> pd.DataFrame:
    """`value` of the complete trials over two knobs, in groups as `bins.grouped` makes them; NaN where there are none.

    Args:
        table: of `compare.runs`.
        study: what an error calls it.
        rows, columns: two knobs.
        value: a metric.
        aggregate: one of `AGGREGATES`, or a function of the values in a field.

    Raises:
        NothingToCompare: no trial is complete.
        UnknownColumn: no such knob or metric, or the same knob twice.
        ValueError: no such aggregate.

    >>> trials = pd.DataFrame({
    ...     "trial": [0, 1, 2, 3], "status": "complete", "lr": [0.1, 0.1, 0.01, 0.01], "epochs": [5, 5, 5, 9],
    ...     "val_mse": [4.0, 3.0, 2.0, 1.0],
    ... })
    >>> pivot(trials, "mine", "lr", "epochs")
    epochs    5    9
    lr
    0.01    2.0  1.0
    0.1     3.0  NaN
    """
    if isinstance(aggregate, str) and aggregate not in AGGREGATES:
        raise ValueError(f"aggregate must be one of {', '.join(AGGREGATES)} or a function, got {aggregate!r}")
    done = kinds.complete(table, study, value, "value")
    known = kinds.knobs(table)
    kinds.checked(rows, known, "rows")
    kinds.checked(columns, [name for name in known if name != rows], "columns")
    groups = [grouped(done[name]) for name in (rows, columns)]
    fields = done[value].groupby(groups, observed=False).agg(aggregate).unstack()  # noqa: PD010  pivot_table drops empty groups
    fields.index = pd.Index(fields.index.astype(str), name=rows)
    fields.columns = pd.Index(fields.columns.astype(str), name=columns)
    return fields
