"""A table's file as a pandas DataFrame: CSV, TSV or Parquet, refused in one line where it is not valid.

The frame has columns of numbers, texts (as categories), truth values (`boolean`) and dates (`datetime64`); missing
cells are pandas' missing values.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from knobwise.experiments.data.tables import delimited
from knobwise.experiments.data.tables.delimited import Typed

LARGEST = 4 * 2**30
"""Most bytes of a table, as a file and in memory."""

_CELL = 8  # bytes of a cell in memory, at least
_PARQUET = b"PAR1"
_PACKED: Mapping[bytes, str] = MappingProxyType(
    {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstandard"}
)


def check(path: Path) -> None:
    """Refuse a file by its name, size and first bytes, before anything slow.

    Raises:
        ValueError: it does not exist, has an unknown ending, is empty, compressed or too large.
    """
    if path.suffix.lower() not in READERS:
        raise ValueError(f"the file must end in {', '.join(READERS)}, got {str(path)!r}")
    if not path.is_file():
        raise ValueError(f"the file must be one that is there, got {str(path)!r}")
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"the file must have a line of column names, got {str(path)!r}, which is empty")
    if size > LARGEST:
        raise ValueError(f"the file must have at most {_bytes(LARGEST)}, got {str(path)!r} of {_bytes(size)}")
    with path.open("rb") as file:
        start = file.read(8)
    packed = next((kind for magic, kind in _PACKED.items() if start.startswith(magic)), None)
    if packed:
        raise ValueError(f"the file must not be compressed, got {str(path)!r}, which is {packed}: unpack it first")
    if start.startswith(_PARQUET) != (path.suffix.lower() == ".parquet"):
        holds = "a Parquet file: call it .parquet" if start.startswith(_PARQUET) else "not a Parquet file"
        raise ValueError(f"the file's name must end in what it holds, got {str(path)!r}, which is {holds}")


def open_table(path: Path, texts: Collection[str] = ()) -> Typed:
    """The table of `path`, by the ending of its name, with what is to be said of it.

    Args and errors are those of `read`.
    """
    check(path)
    file = READERS[path.suffix.lower()](path, texts)
    if file.table.empty:
        raise ValueError(f"the file must have at least one row, got {str(path)!r}, which has column names only")
    return file


def read(path: Path, texts: Collection[str] = ()) -> pd.DataFrame:
    """The table of `path`, by the ending of its name.

    Args:
        path: a .csv, .tsv or .parquet file. CSV and TSV are UTF-8, with a line of column names.
        texts: columns of a CSV or TSV file whose cells are texts even where they look like numbers.

    Raises:
        ValueError: `check` refuses it, it is broken, two columns have one name, or it has no rows; one line.
    """
    return open_table(path, texts).table


def sha256(path: Path) -> str:
    """The SHA-256 of the file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parquet(path: Path) -> pd.DataFrame:
    try:
        with pq.ParquetFile(path) as file:
            _fits(file.metadata, path)
            schema = file.schema_arrow
        delimited.no_duplicates(schema.names, path)
        # Texts are read as a dictionary with indices, so that a repeated text is in memory once.
        words = [each.name for each in schema if pa.types.is_string(each.type) or pa.types.is_large_string(each.type)]
        table = pq.read_table(path, read_dictionary=words)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"the file must be a readable .parquet file, got {str(path)!r}: {reason}") from None
    # pandas gives an index without a name such a column; it numbers the rows.
    table = table.select([name for name in table.column_names if not re.fullmatch(r"__index_level_\d+__", name)])
    table = table.cast(pa.schema([pa.field(each.name, _plain(each.type)) for each in table.schema]))
    frame: pd.DataFrame = table.to_pandas(
        ignore_metadata=True,
        types_mapper={pa.bool_(): pd.BooleanDtype()}.get,
        split_blocks=True,
        self_destruct=True,
    )
    del table
    pa.default_memory_pool().release_unused()  # for a million rows 200 MB, which Arrow would keep
    return frame


def _fits(metadata: pq.FileMetaData, path: Path) -> None:
    """Refuse a file that would not fit in memory once unpacked, by its metadata.

    Raises:
        ValueError: more bytes than `LARGEST`.
    """
    unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    size = max(unpacked, metadata.num_rows * metadata.num_columns * _CELL)
    if size > LARGEST:
        raise ValueError(
            f"the file must have at most {_bytes(LARGEST)} unpacked, got {str(path)!r} of {metadata.num_rows:,} rows "
            f"and {metadata.num_columns:,} columns, {_bytes(size)} unpacked"
        )


def _plain(kind: pa.DataType) -> pa.DataType:
    """The Arrow type to read a column as, from fewer types of numbers, dates and texts."""
    if pa.types.is_date(kind):
        return pa.timestamp("s")
    if pa.types.is_timestamp(kind):
        return pa.timestamp(kind.unit)
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind) or pa.types.is_null(kind):
        return pa.float64()
    if pa.types.is_string_view(kind):
        return pa.dictionary(pa.int32(), pa.string())
    return kind


def _bytes(count: int) -> str:
    return f"{count / 2**30:.3g} GB" if count >= 2**27 else f"{count:,} bytes"


READERS: Mapping[str, Callable[[Path, Collection[str]], Typed]] = MappingProxyType(
    {
        ".csv": lambda path, texts: delimited.read(path, ",", LARGEST, texts),
        ".tsv": lambda path, texts: delimited.read(path, "\t", LARGEST, texts),
        ".parquet": lambda path, texts: Typed(_parquet(path)),
    }
)
"""The reader of a file, by the ending of its name."""
