"""CSV and TSV files, read strictly: UTF-8, a line of column names, the same number of cells in each row.

Every cell is first read as text, by pyarrow, which is several times as fast as pandas and refuses a row that is too
short, which pandas fills up. The type of a column is decided afterwards, from all of its cells
(`knobwise.experiments.data.tables.cells`).
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from knobwise.experiments.data.tables import cells

_BLOCK = 2**24  # bytes read at a time; a row must fit in one block
_NAMES: Mapping[str, str] = MappingProxyType({",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"})
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(path: Path, delimiter: str, texts: Collection[str] = ()) -> pd.DataFrame:
    """The table of a file with `delimiter` between its cells; `texts` are columns to leave as texts.

    Raises:
        ValueError: not UTF-8, another delimiter, two columns with one name, a row with too few or too many cells.
    """
    _is_text(path)
    header = _header(path, delimiter)
    names = [name.strip() or f"Unnamed: {number}" for number, name in enumerate(header)]
    no_duplicates(names, path)
    ragged: list[pa_csv.InvalidRow] = []

    def refuse(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    try:
        table = pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(
                # One thread, so that the parser knows the number of a row that it refuses.
                use_threads=False,
                block_size=_BLOCK,
                column_names=names,
                skip_rows_after_names=1,
            ),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=list(cells.MISSING),
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowException as error:
        _closed(path, delimiter)
        if ragged:
            row = ragged[0]
            raise ValueError(
                f"each row must have {row.expected_columns} cells, as many as there are column names, "
                f"got {row.actual_columns} in row {row.number - 1} below the column names of {str(path)!r}"
            ) from None
        reason = " ".join(str(error).split())
        raise ValueError(f"the file must be a readable {path.suffix} file, got {str(path)!r}: {reason}") from None
    _closed(path, delimiter)
    columns = {}
    for name in names:
        columns[name] = cells.understood(table.column(name), is_text=name in texts)
        table = table.drop_columns([name])  # frees the texts
    return pd.DataFrame(columns, copy=False)


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


def _is_text(path: Path) -> None:
    """Refuse a file that is not UTF-8 text, with or without a byte order mark.

    Raises:
        ValueError: the line names the first wrong byte.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, lines = 0, 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if offset == 0 and block.startswith(_UTF_16):
                raise ValueError(f"the file must be UTF-8, got {str(path)!r}, which is UTF-16: save it as UTF-8")
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
                wrong = block.find(b"\0")
                what = "a zero byte, as in a binary file,"
            except UnicodeDecodeError as error:
                wrong = error.start - pending
                what = f"the byte 0x{error.object[error.start]:02x}, which is another encoding's,"
            if wrong >= 0:
                line = lines + block[:wrong].count(b"\n")
                raise ValueError(
                    f"the file must be UTF-8 text, got {what} at byte {offset + wrong} in line {line} of {str(path)!r}"
                )
            offset += len(block)
            lines += block.count(b"\n")
    if decoder.getstate()[0]:
        raise ValueError(f"the file must be UTF-8 text, got {str(path)!r}, which ends in the middle of a character")


def _closed(path: Path, delimiter: str) -> None:
    """Refuse a quote that is never closed, which makes one cell of the rest of the file.

    Raises:
        ValueError: the line names its row.
    """
    with path.open("rb") as file:
        quotes = sum(block.count(b'"') for block in iter(lambda: file.read(_BLOCK), b""))
    if quotes % 2 == 0:
        return
    row = -1  # below the column names
    with path.open(encoding="utf-8-sig", newline="") as text:
        try:
            for _ in csv.reader(text, delimiter=delimiter, strict=True):
                row += 1
        except csv.Error as error:
            raise ValueError(
                f"the file must be a readable {path.suffix} file, got {str(path)!r}: {error} "
                f'in row {row + 1} below the column names, where a " is opened and not closed'
            ) from None


def _header(path: Path, delimiter: str) -> list[str]:
    """The column names in the file.

    Raises:
        ValueError: there are none, or only one, with another delimiter in it.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        start = io.StringIO(file.read(_BLOCK), newline="")
    try:
        header = next((row for row in csv.reader(start, delimiter=delimiter) if row), None)
    except csv.Error as error:
        raise ValueError(f"the file must have a line of column names, got {str(path)!r}: {error}") from None
    if header is None:
        raise ValueError(f"the file must have a line of column names, got {str(path)!r}, which is blank")
    if len(header) > 1:
        return header
    likely = max(_NAMES, key=header[0].count)
    if likely != delimiter and likely in header[0]:
        advice = "call it .tsv" if likely == "\t" else "call it .csv" if likely == "," else "save it with commas"
        raise ValueError(
            f"the file must have {_NAMES[delimiter]} between its columns, got {str(path)!r}, which seems to have "
            f"{_NAMES[likely]}: {advice}"
        )
    return header
