"""CSV and TSV files, read strictly: a line of column names, the same number of cells in each row.

Every cell is first read as text, by pyarrow, which is several times as fast as pandas and refuses a row that is too
short, which pandas fills up. The type of a column is decided afterwards, from all of its cells
(`knobwise.experiments.data.tables.cells`).
"""

import csv
import io
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from knobwise.experiments.data import formats
from knobwise.experiments.data.tables import cells, convert, layout, rows, text_encoding, unpack
from knobwise.experiments.data.tables.layout import Layout
from knobwise.experiments.data.tables.text_encoding import Encoded

_BLOCK = 2**24  # bytes read at a time; a row must fit in one block
_MARKS = {",": ".", ";": ","}  # the decimal mark that goes with a delimiter


class Typed(NamedTuple):
    """A table whose columns have types.

    Attributes:
        table: its rows.
        notes: what is to be said of how it was read, a line each.
        mark: the decimal mark where the cells do not say; "" for either.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    mark: str = ""


def read(path: Path, delimiter: str, most: int, texts: Collection[str] = ()) -> Typed:
    """The table of a file, compressed or not.

    Args:
        path: the file.
        delimiter: between its cells, unless another fits better.
        most: bytes that it may have unpacked.
        texts: columns to leave as texts.

    Raises:
        ValueError: in an unknown encoding, two columns with one name, a row with too few or too many cells.
    """
    encoded = text_encoding.examine(path, most)
    found = layout.find(path, encoded.encoding, delimiter)
    names = [name.strip() or f"Unnamed: {number}" for number, name in enumerate(found.header)]
    no_duplicates(names, path)
    table, comments = _cells(path, names, found, encoded)
    # Where each row is a line, the rows are counted by lines, as an editor shows them.
    by_lines = not comments and encoded.lines == found.ends + table.num_rows
    start = found.ends + 1 if by_lines else 0
    index = pd.RangeIndex(start, start + table.num_rows, name=convert.LINE if by_lines else None)
    said = [f"{path.name}: {note}" for note in (encoded.note, *found.notes) if note]
    if comments:
        said.append(f"{path.name}: {comments} lines that begin with #: left out")
    mark = _MARKS.get(found.delimiter, "")
    data = typed(table, index, texts, mark)
    return data._replace(notes=(*said, *data.notes))


def typed(table: pa.Table, index: pd.Index, texts: Collection[str] = (), mark: str = "") -> Typed:
    """A table of texts as one whose columns have types, without rows that are no data.

    Args:
        table: texts, null where a cell is missing.
        index: of its rows, for messages.
        texts: columns to leave as texts.
        mark: the decimal mark where the cells do not say; "" for either.
    """
    table, index, notes = rows.of_data(table, index)
    columns = {}
    for name in table.column_names:
        columns[name] = cells.understood(table.column(name), is_text=name in texts, comma=mark == ",")
        table = table.drop_columns([name])  # frees the texts
    return Typed(pd.DataFrame(columns, index, copy=False), notes, mark)


def no_duplicates(names: Sequence[str], path: Path) -> None:
    """Refuse a table in which two columns have the same name.

    Raises:
        ValueError: the line has the name and the numbers of the columns.
    """
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        places = " and ".join(str(place + 1) for place, each in enumerate(names) if each == name)
        raise ValueError(
            f"column names must differ, got {name!r} {count} times in {str(path)!r}: columns {places}; rename them"
        )


def _cells(path: Path, names: list[str], found: Layout, encoded: Encoded) -> tuple[pa.Table, int]:
    """All cells as texts, and the number of comments among the rows."""
    comments: list[str] = []

    def refuse(row: pa_csv.InvalidRow) -> str:
        if not row.text.startswith("#"):
            return "error"
        comments.append(row.text)
        return "skip"

    packed = path.suffix.lower() in formats.PACKED
    source = unpack.open_bytes(path) if packed else path
    try:
        table = pa_csv.read_csv(
            source,
            read_options=pa_csv.ReadOptions(
                # One thread, so that rows are in the file's order wherever one is refused.
                use_threads=False,
                block_size=_BLOCK,
                encoding=encoded.encoding,
                skip_rows=found.line - 1,
                column_names=names,
                skip_rows_after_names=1,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=found.delimiter, newlines_in_values=True, invalid_row_handler=refuse
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=list(cells.MISSING),
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowException as error:
        _closed(path, found, encoded)
        _rectangular(path, found, encoded)
        reason = " ".join(str(error).split())
        raise ValueError(f"the file must be a readable {path.suffix} file, got {str(path)!r}: {reason}") from None
    _closed(path, found, encoded)
    return table, len(comments)


def _text(path: Path, encoded: Encoded) -> io.TextIOWrapper:
    encoding = "utf-8-sig" if encoded.encoding == "utf-8" else encoded.encoding
    return io.TextIOWrapper(unpack.open_bytes(path), encoding, newline="")


def _rectangular(path: Path, found: Layout, encoded: Encoded) -> None:
    """Refuse a row with more or fewer cells than there are column names.

    Raises:
        ValueError: the line names the file's line.
    """
    with _text(path, encoded) as text:
        reader = csv.reader(text, delimiter=found.delimiter)
        for row in reader:
            wide = len(row) != len(found.header) and row[:1] != [] and not row[0].startswith("#")
            if reader.line_num > found.ends and wide:
                raise ValueError(
                    f"each row must have {len(found.header)} cells, as many as there are column names, got {len(row)} "
                    f"in line {reader.line_num} of {str(path)!r}"
                )


def _closed(path: Path, found: Layout, encoded: Encoded) -> None:
    """Refuse a quote that is never closed, which makes one cell of the rest of the file.

    Raises:
        ValueError: the line names where its row begins.
    """
    if encoded.quotes % 2 == 0:
        return
    before = 0
    with _text(path, encoded) as text:
        reader = csv.reader(text, delimiter=found.delimiter, strict=True)
        try:
            for _ in reader:
                before = reader.line_num
        except csv.Error as error:
            raise ValueError(
                f"the file must be a readable {path.suffix} file, got {str(path)!r}: {error} "
                f'in line {before + 1}, where a " is opened and not closed'
            ) from None
