"""A table's file as a pandas DataFrame, whatever its format; refused in one line where it is not valid.

The frame has columns of numbers, texts (as categories), truth values (`boolean`) and dates (`datetime64`); missing
cells are pandas' missing values.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from knobwise.experiments.data import formats
from knobwise.experiments.data.tables import columnar, delimited, json_records, unpack, workbooks
from knobwise.experiments.data.tables.columnar import shown_bytes
from knobwise.experiments.data.tables.delimited import Typed

LARGEST = 4 * 2**30
"""Most bytes of a table, as a file and in memory."""

_BEGIN: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {".parquet": (b"PAR1",), ".feather": (b"ARROW1", b"FEA1"), ".xlsx": (b"PK\x03\x04",), ".ods": (b"PK\x03\x04",)}
)
"""The first bytes of files that are no texts."""

_NAMES: Mapping[str, str] = MappingProxyType(
    {".parquet": "a Parquet file", ".feather": "a Feather file", ".xlsx": "a workbook", ".ods": "a workbook"}
)


def check(path: Path) -> None:
    """Refuse a file by its name, size and first bytes, before anything slow.

    Raises:
        ValueError: it does not exist, has an unknown ending, is empty, too large, or not what its name says.
    """
    ending = formats.ending(path.name)
    if not ending:
        advice = f", which {known}" if (known := formats.advice(str(path))) else ""
        raise ValueError(f"the file must end in {', '.join(formats.TABLES)}, got {str(path)!r}{advice}")
    if not path.is_file():
        raise ValueError(f"the file must be one that is there, got {str(path)!r}")
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"the file must have a line of column names, got {str(path)!r}, which is empty")
    if size > LARGEST:
        raise ValueError(f"the file must have at most {shown_bytes(LARGEST)}, got {str(path)!r} of {shown_bytes(size)}")
    with path.open("rb") as file:
        start = file.read(8)
    holds = _holds(start, ending)
    if holds:
        raise ValueError(f"the file's name must end in what it holds, got {str(path)!r}, which is {holds}")


def _holds(start: bytes, ending: str) -> str:
    """What a file with the first bytes `start` is, and what to call it; "" where it is what its `ending` says."""
    packed = next((each for each in formats.PACKED if ending.endswith(each)), "")
    if ending in _BEGIN:
        return "" if start.startswith(_BEGIN[ending]) else f"not {_NAMES[ending]}"
    found = unpack.packed_as(start)
    if packed:
        return "" if found == packed else f"not compressed as {packed}"
    other = next((each for each in (".parquet", ".feather") if start.startswith(_BEGIN[each])), "")
    if other:
        return f"{_NAMES[other]}: call it {other}"
    return f"compressed: call it {ending}{found}" if found else ""


def open_table(path: Path, texts: Collection[str] = ()) -> Typed:
    """The table of `path`, by the ending of its name, with what is to be said of it.

    Args and errors are those of `read`.
    """
    check(path)
    ending = formats.ending(path.name)
    packed = next((each for each in formats.PACKED if ending.endswith(each)), "")
    reader = READERS[ending.removesuffix(packed)]
    if packed:
        with unpack.readable(path):
            file = reader(path, texts)
    else:
        file = reader(path, texts)
    if file.table.empty:
        raise ValueError(f"the file must have at least one row, got {str(path)!r}, which has column names only")
    return file


def read(path: Path, texts: Collection[str] = ()) -> pd.DataFrame:
    """The table of `path`, by the ending of its name.

    Args:
        path: a file with one of the endings of `knobwise.experiments.data.formats`.
        texts: columns of a text file whose cells are texts even where they look like numbers.

    Raises:
        ValueError: `check` refuses it, it is broken, two columns have one name, or it has no rows; one line.
    """
    return open_table(path, texts).table


def sha256(path: Path) -> str:
    """The SHA-256 of the file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


READERS: Mapping[str, Callable[[Path, Collection[str]], Typed]] = MappingProxyType(
    {
        ".csv": lambda path, texts: delimited.read(path, ",", LARGEST, texts),
        ".tsv": lambda path, texts: delimited.read(path, "\t", LARGEST, texts),
        ".parquet": lambda path, texts: Typed(columnar.parquet(path, LARGEST)),
        ".feather": lambda path, texts: Typed(columnar.feather(path, LARGEST)),
        ".json": lambda path, texts: Typed(json_records.read(path, False, LARGEST)),
        ".jsonl": lambda path, texts: Typed(json_records.read(path, True, LARGEST)),
        ".xlsx": workbooks.read,
        ".ods": workbooks.read,
    }
)
"""The reader of a file, by the ending of its name."""
