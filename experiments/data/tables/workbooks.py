"""Excel and OpenDocument workbooks as tables: the first sheet, by pandas with openpyxl and odfpy."""

import datetime
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from knobwise.experiments.data.tables import cells, convert, delimited, layout
from knobwise.experiments.data.tables.delimited import Typed

ENGINES = {".xlsx": ("openpyxl", "openpyxl"), ".ods": ("odf", "odfpy")}
"""The name in pandas of what reads a workbook, and the package that it comes with."""


def read(path: Path, texts: Collection[str] = ()) -> Typed:
    """The table of a workbook's first sheet; `texts` are columns to leave as texts. A line is a row of the sheet.

    Raises:
        ValueError: the package that reads it is not installed, the file is broken, or two columns have one name.
    """
    engine, package = ENGINES[path.suffix.lower()]
    try:
        with pd.ExcelFile(path, engine=engine) as book:  # type: ignore[arg-type]  # the stubs name literals
            sheets = [str(name) for name in book.sheet_names]
            sheet = pd.read_excel(book, sheet_name=0, header=None, dtype=object)
    except ImportError:
        raise ValueError(
            f"a {path.suffix} file needs the package {package}: pip install 'knobwise[excel]', or save "
            f"{str(path)!r} as .csv"
        ) from None
    except Exception as error:  # noqa: BLE001 each engine has its own errors for a broken file
        reason = " ".join(str(error).split())
        raise ValueError(f"the file must be a readable {path.suffix} file, got {str(path)!r}: {reason}") from None
    if sheet.empty:
        raise ValueError(f"the file must have a line of column names, got {str(path)!r}, whose first sheet is empty")
    rows = [tuple(map(_text, row)) for row in sheet.itertuples(index=False)]
    place = layout.header_of([tuple(cell or "" for cell in row) for row in rows])
    used = [at for at in range(len(rows[0])) if any(row[at] is not None for row in rows[place:])]
    names = [(rows[place][at] or "").strip() or f"Unnamed: {at}" for at in used]
    delimited.no_duplicates(names, path)
    columns = [pa.chunked_array([pa.array([row[at] for row in rows[place + 1 :]], pa.string())]) for at in used]
    index = pd.RangeIndex(place + 2, len(rows) + 1, name=convert.LINE)
    data = delimited.typed(pa.table(columns, names=names), index, texts)
    said = [f"{path.name}: the first of {len(sheets)} sheets is read, {sheets[0]!r}"] if len(sheets) > 1 else []
    if place:
        said.append(f"{path.name}: {layout.above(1, place, next(filter(None, rows[0]), ''))}")
    return data._replace(notes=(*said, *data.notes))


def _text(cell: Any) -> str | None:
    """A cell as a text file would have it; None where it is empty."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ") if cell.time() != datetime.time() else cell.date().isoformat()
    if pd.isna(cell):
        return None
    text = convert.text(cell).strip()
    return None if text in cells.MISSING else text
