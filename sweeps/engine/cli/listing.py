"""A table of `knobwise.experiments.compare` for the terminal, within 80 columns, and as JSON."""

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from knobwise.experiments.metrics import r2_text
from knobwise.experiments.record.errors import CompareError
from knobwise.experiments.text import shown
from knobwise.sweeps.engine.errors import BadInput

WIDTH = 80
_WORDS = ("", "status")  # columns that begin at the left

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


def show(table: pd.DataFrame, spare: Sequence[str], *, few: bool = False) -> None:
    """Print it, numbers to the right, within `WIDTH` where that can be.

    Args:
        table: texts, a row a trial.
        spare: columns that may be left out where there is no room, the first first.
        few: whether the rows are few and their columns matter more: then, where leaving out `spare` is not enough, a
            trial is a column, and those before the last are left out.
    """
    kept, left = list(map(str, table)), []
    for name in filter(kept.__contains__, spare):
        if _width(table[kept]) > WIDTH:
            kept.remove(name)
            left.append(name)
    if few and _width(table[kept]) > WIDTH:
        _show_turned(table)
        return
    lines = _lines(table[kept])
    if left:
        named = f" No room for {', '.join(left)}: --json has all."
        lines.append(named if len(named) <= WIDTH else f" No room for {len(left)} of the columns: --json has all.")
    sys.stdout.write("\n".join(lines) + "\n")


def _show_turned(table: pd.DataFrame) -> None:
    rows = list(range(len(table)))
    while len(rows) > 2 and _width(_turned(table.iloc[rows])) > WIDTH:
        del rows[-2]
    lines = _lines(_turned(table.iloc[rows]))
    if left := len(table) - len(rows):
        lines.append(f" No room for {left} more: --json has all.")
    sys.stdout.write("\n".join(lines) + "\n")


def _turned(table: pd.DataFrame) -> pd.DataFrame:
    """A row a column, which is named by its first cell. Labels and trials head the others."""
    label, *names = map(str, table)
    columns = [*zip(*(table[name] for name in names), strict=True)]
    heads = [" " * at + text for at, text in enumerate(table[label])]  # blanks make them different
    return pd.DataFrame({"": names} | dict(zip(heads, map(list, columns), strict=True)))


def texts(values: "pd.Series[Any]") -> "pd.Series[str]":
    """A column as it is shown: four digits, `-` where there is nothing."""
    as_text = _WRITTEN.get(str(values.name), shown)
    missing = values.isna()
    return pd.Series(["-" if gone else as_text(one) for one, gone in zip(values, missing, strict=True)], values.index)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, as JSON can hold them: null where there is no finite number, widths as lists, times as ISO 8601."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


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


def _lines(table: pd.DataFrame) -> list[str]:
    """Head, rule and rows, with two blanks between columns."""
    columns = []
    for name in table:
        cells = [str(name).strip(), *table[name]]
        width = max(map(len, cells))
        columns.append([cell.ljust(width) if name in _WORDS else cell.rjust(width) for cell in cells])
    head, *rows = [(" " + "  ".join(cells)).rstrip() for cells in zip(*columns, strict=True)]
    return [head, " " + "─" * (max(map(len, (head, *rows))) - 1), *rows]


def _width(table: pd.DataFrame) -> int:
    return max(map(len, _lines(table)))
