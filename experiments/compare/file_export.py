"""A table into a file that other programs read, with every value as it was."""

import json
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pandas as pd

from knobwise.experiments.record import leftovers

SCRATCH = ".knobwise-"
"""How the folder begins in which a file is made, until it is whole."""

_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")  # what begins a formula, or is skipped before one


def export(table: pd.DataFrame, path: str | Path) -> Path:
    """Write `table` as its file's name says, `.parquet` or `.csv`, and return the path.

    A file of that name is replaced once the new one is whole. `pandas.read_parquet` gives the same table, with `widths`
    as arrays. A CSV file holds every digit, `widths` as JSON, `[64, 64, 64]`, times as ISO 8601, nothing where there is
    no value, and `inf`; texts as `write_csv` writes them.

    Raises:
        ValueError: the name ends otherwise, or the folder is not there.
        OSError: it cannot be written.
    """
    path = check(path)
    with tempfile.TemporaryDirectory(prefix=leftovers.mine(SCRATCH), dir=path.absolute().parent) as folder:
        whole = Path(folder) / path.name
        _WRITERS[path.suffix.lower()](table, whole)
        whole.replace(path)
    return path


def check(path: str | Path) -> Path:
    """The path, whose name and folder a table could be written under.

    Raises:
        ValueError: the name ends otherwise, or the folder is not there.

    >>> check("runs.xlsx")
    Traceback (most recent call last):
    ValueError: file must end in .parquet or .csv, got 'runs.xlsx'
    """
    path = Path(path)
    if path.suffix.lower() not in _WRITERS:
        raise ValueError(f"file must end in {' or '.join(_WRITERS)}, got {str(path)!r}")
    if not path.absolute().parent.is_dir():
        raise ValueError(f"file must be in a folder that exists, got {str(path)!r}")
    return path


def _parquet(table: pd.DataFrame, file: Path) -> None:
    """With lists of whole numbers for tuples, also where all are empty or none, which do not say what they hold."""
    import pyarrow as pa
    from pyarrow import parquet

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pyarrow reads times in a way that pandas 4 will not have
        data = pa.Table.from_pandas(table, preserve_index=False)
    for name in _tuples(table):
        at = data.schema.get_field_index(name)
        data = data.set_column(at, pa.field(name, pa.list_(pa.int64())), data.column(at).cast(pa.list_(pa.int64())))
    parquet.write_table(data, file)


def _csv(table: pd.DataFrame, file: Path) -> None:
    as_text = {
        name: table[name].map(lambda value: json.dumps(list(value)), na_action="ignore") for name in _tuples(table)
    }
    write_csv(table.assign(**as_text), file)


def write_csv(table: pd.DataFrame, file: Path | TextIO, separator: str = ",") -> None:
    """Write a table as CSV without its index, safe to open in a spreadsheet.

    A spreadsheet runs a text that begins with =, +, - or @ as a formula. Such a text, in a cell or as a column's name,
    gets an apostrophe in front, which spreadsheets take as "this is text". Numbers, and texts that are numbers, stay.
    """
    texts = table.select_dtypes(["object", "str", "category"])
    safe = table.assign(**{str(name): texts[name].astype(object).map(_as_text, na_action="ignore") for name in texts})
    safe.columns = pd.Index([_as_text(name) for name in table])
    safe.to_csv(file, index=False, sep=separator)


def _as_text(cell: object) -> object:
    """The cell, with an apostrophe in front where a spreadsheet would run it.

    >>> _as_text("=1+1"), _as_text("-1.5"), _as_text("-"), _as_text("tanh")
    ("'=1+1", '-1.5', "'-", 'tanh')
    """
    if not isinstance(cell, str) or not cell.startswith(_RUN):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _tuples(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table if table[name].dtype == object]


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".parquet": _parquet, ".csv": _csv}
