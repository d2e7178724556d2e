"""A table of `knobwise.experiments.compare` on the terminal, and as JSON."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Console

from knobwise.experiments.record.errors import CompareError
from knobwise.experiments.text import r2_text, shown
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.results import table

HEADS = {
    "val_mse": "val MSE",
    "test_mse": "test MSE",
    "val_r2": "val R2",
    "test_r2": "test R2",
    "test_accuracy": "test accuracy",
    "train_seconds": "seconds",
}


def refusing(work: Callable[[], int]) -> int:
    """Run `work`; what the record cannot give is bad input.

    Raises:
        BadInput: with the line of the `CompareError` or `ValueError`.
    """
    try:
        return work()
    except (CompareError, ValueError) as error:
        raise BadInput(str(error)) from None


def show(parts: Mapping[str, Sequence[str]], spare: Sequence[str], *, bold: bool) -> None:
    """Print a table of trials on stdout; what there is no room for is in the JSON.

    Args:
        parts: the texts of each column, by its head.
        spare: columns that may be left out where there is no room, the first first.
        bold: whether the first row stands out.
    """
    rank = {name: len(spare) - at for at, name in enumerate(spare)}
    columns = [table.Column(head, column, rank.get(head, 0)) for head, column in parts.items()]
    table.show(columns, Console(highlight=False), more="--json has all", bold=bold)


def texts(values: "pd.Series[Any]") -> list[str]:
    """A column as it is shown: four digits, `-` where there is nothing."""
    as_text = _WRITTEN.get(str(values.name), shown)
    return ["-" if missing else as_text(value) for value, missing in zip(values, values.isna(), strict=True)]


def records(trials: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, as JSON can hold them: null where there is no finite number, widths as lists, times as ISO 8601."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in trials.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "val_r2": r2_text,
    "test_r2": r2_text,
    "train_seconds": lambda seconds: f"{seconds:.1f}",
}
