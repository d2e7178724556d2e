"""Parquet and Feather files as tables: columns that have their types."""

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.feather as pa_feather
import pyarrow.parquet as pq

from knobwise.experiments.data.tables import delimited

_CELL = 8  # bytes of a cell in memory, at least


def parquet(path: Path, most: int) -> pd.DataFrame:
    """The table of a Parquet file of at most `most` bytes in memory.

    Raises:
        ValueError: broken, too large, or two columns with one name.
    """
    try:
        with pq.ParquetFile(path) as file:
            _fits(file.metadata, path, most)
            schema = file.schema_arrow
        delimited.no_duplicates(schema.names, path)
        # Texts are read as a dictionary with indices, so that a repeated text is in memory once.
        words = [each.name for each in schema if pa.types.is_string(each.type) or pa.types.is_large_string(each.type)]
        table = pq.read_table(path, read_dictionary=words)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"the file must be a readable .parquet file, got {str(path)!r}: {reason}") from None
    return _frame(table)


def feather(path: Path, most: int) -> pd.DataFrame:
    """The table of a Feather file, as `parquet`.

    Raises:
        ValueError: broken, too large, or two columns with one name.
    """
    try:
        table = pa_feather.read_table(path, memory_map=False)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"the file must be a readable .feather file, got {str(path)!r}: {reason}") from None
    if table.nbytes > most:
        raise ValueError(
            f"the file must have at most {shown_bytes(most)} unpacked, got {str(path)!r} of {shown_bytes(table.nbytes)}"
        )
    delimited.no_duplicates(table.column_names, path)
    return _frame(table)


def shown_bytes(count: int) -> str:
    """A size for people.

    >>> shown_bytes(4 * 2**30), shown_bytes(1234)
    ('4 GB', '1,234 bytes')
    """
    return f"{count / 2**30:.3g} GB" if count >= 2**27 else f"{count:,} bytes"


def _frame(table: pa.Table) -> pd.DataFrame:
    """The columns of Arrow's types as pandas', without an index that numbers the rows."""
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


def _fits(metadata: pq.FileMetaData, path: Path, most: int) -> None:
    """Refuse a file that would not fit in memory once unpacked, by its metadata.

    Raises:
        ValueError: more bytes than `most`.
    """
    unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    size = max(unpacked, metadata.num_rows * metadata.num_columns * _CELL)
    if size > most:
        raise ValueError(
            f"the file must have at most {shown_bytes(most)} unpacked, got {str(path)!r} of {metadata.num_rows:,} rows "
            f"and {metadata.num_columns:,} columns, {shown_bytes(size)} unpacked"
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
