"""JSON files as tables: a list of objects (`.json`), or an object a line (`.jsonl`), each object a row."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from knobwise.experiments.data.tables import cells, unpack


def read(path: Path, lines: bool, most: int) -> pd.DataFrame:
    """The table of a file, compressed or not. Texts stay texts: what looks like a date is read as one later.

    Args:
        path: the file.
        lines: whether each line is an object.
        most: bytes that it may have unpacked.

    Raises:
        ValueError: broken, too large, or not objects with one value a name.
    """
    with unpack.open_bytes(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"the file must have at most {most:,} bytes unpacked, got more in {str(path)!r}")
    wanted = "an object a line, each a row" if lines else "a list of objects, each a row"
    if not lines and not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        raise ValueError(f"a .json file must hold {wanted}, got {str(path)!r}; with an object a line, call it .jsonl")
    # Not by pandas' read_json, which makes numbers of codes and dates of columns by their names.
    try:
        records = [json.loads(line) for line in content.splitlines() if line.strip()] if lines else json.loads(content)
    except ValueError as error:
        raise ValueError(f"the file must hold {wanted}, got {str(path)!r}: {error}") from None
    wrong = next((record for record in records if not isinstance(record, dict)), None)
    if wrong is not None:
        raise ValueError(f"the file must hold {wanted}, got {str(path)!r} with {wrong!r:.40}")
    table = pd.DataFrame.from_records(records)
    return pd.DataFrame({str(name): _column(table[name]) for name in table.columns})


def _column(column: pd.Series) -> pd.Series:
    """Texts as categories, and true and false with gaps as such; lists and objects are left, to be refused by name."""
    present = column.dropna()
    kinds = {type(cell) for cell in present} if present.dtype == object else set()
    if kinds == {bool}:
        return column.astype("boolean")
    if isinstance(column.dtype, pd.StringDtype) or (str in kinds and kinds <= {str, int, float, bool}):
        texts = column.map(lambda cell: None if pd.isna(cell) else str(cell))
        return pd.Series(
            cells.understood(pa.chunked_array([pa.array(list(texts), pa.string(), from_pandas=True)]), True)
        )
    if kinds and kinds <= {int, float}:
        return column.astype(np.float64)
    return column
