"""The layout of a text file: what separates its cells, and which line has the column names."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from knobwise.experiments.data.tables import unpack

NAMES: Mapping[str, str] = MappingProxyType({",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"})
"""What may be between the cells, and what it is called."""

_SAMPLE = 2**18  # characters that are looked at; a first row must be within the first `_LONGEST`
_LONGEST = 2**24
_RECORDS = 100
_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?\s*%?|\d{4}-\d{2}-\d{2}.*")


class Layout(NamedTuple):
    """How a text file is laid out.

    Attributes:
        delimiter: between the cells.
        header: the cells of the line of column names.
        line: that line's number, from 1.
        ends: the number of the line where it ends, later where a name has a line end in it.
        notes: what is to be said of it, a line each.
    """

    delimiter: str
    header: tuple[str, ...]
    line: int
    ends: int
    notes: tuple[str, ...]


class _Record(NamedTuple):
    """The cells of a row, and the lines where it begins and ends, from 1."""

    cells: tuple[str, ...]
    begins: int
    ends: int

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)

    @property
    def has_number(self) -> bool:
        return any(_NUMBER.fullmatch(cell.strip()) for cell in self.cells)


def find(path: Path, encoding: str, expected: str) -> Layout:
    """The layout of a file, from its first rows.

    Args:
        path: the file, compressed or not.
        encoding: of its text.
        expected: the delimiter that goes with its name, taken where another fits no better.

    Raises:
        ValueError: the file is blank, or its first row is broken.
    """
    with (
        unpack.open_bytes(path) as file,
        io.TextIOWrapper(file, "utf-8-sig" if encoding == "utf-8" else encoding, newline="") as text,
    ):
        start = text.read(_LONGEST)
    notes: list[str] = []
    separator = _SEPARATOR.fullmatch(start.split("\n", 1)[0].strip("\r\ufeff"))
    by_delimiter: dict[str, list[_Record]] = {}
    for delimiter in [separator[1]] if separator else dict.fromkeys([expected, *NAMES]):
        try:
            by_delimiter[delimiter] = _records(start, delimiter)
        except csv.Error as error:
            if delimiter == expected:
                raise ValueError(f"the file must have a line of column names, got {str(path)!r}: {error}") from None
    delimiter = max(by_delimiter, key=lambda each: _support(by_delimiter[each]))
    records = by_delimiter[delimiter][1 if separator else 0 :]
    if not records:
        raise ValueError(f"the file must have a line of column names, got {str(path)!r}, which is blank")
    if delimiter != expected:
        notes.append(f"{NAMES.get(delimiter, repr(delimiter))} are between its columns")
    place = _header(records)
    if place:
        first = delimiter.join(records[0].cells).strip(delimiter + " ")
        notes.append(above(records[0].begins, records[place].begins - 1, first))
    header = records[place]
    return Layout(delimiter, header.cells, header.begins, header.ends, tuple(notes))


def header_of(rows: Sequence[tuple[str, ...]]) -> int:
    """The place, from 0, of the column names among the rows of a sheet."""
    return _header([_Record(row, place + 1, place + 1) for place, row in enumerate(rows[:_RECORDS])])


def above(first: int, last: int, text: str) -> str:
    """What is to be said of lines above the column names, that begin with `text`.

    >>> above(1, 2, "Rents")
    "lines 1 to 2 above the column names: left out, 'Rents'"
    """
    lines = f"line {first}" if first == last else f"lines {first} to {last}"
    return f"{lines} above the column names: left out, {text[:60]!r}"


def _records(text: str, delimiter: str) -> list[_Record]:
    """The first rows that are not blank, whole ones alone."""
    reader = csv.reader(io.StringIO(text[:_SAMPLE], newline=""), delimiter=delimiter)
    records, before = [], 0
    for cells in itertools.islice(reader, _RECORDS):
        if cells:
            records.append(_Record(tuple(cells), before + 1, reader.line_num))
        before = reader.line_num
    if len(text) > _SAMPLE and len(records) < _RECORDS:
        records = records[:-1] or [_Record(tuple(next(csv.reader([text], delimiter=delimiter), ())), 1, 1)]
    return records


def _width(records: Sequence[_Record]) -> int:
    """The number of cells that most rows have."""
    return Counter(len(each.cells) for each in records).most_common(1)[0][0] if records else 0


def _support(records: Sequence[_Record]) -> float:
    """The share of rows that have as many cells as most, the first of them included; 0 where that is one cell."""
    width = _width(records)
    return sum(len(each.cells) == width for each in records) / len(records) if width > 1 else 0.0


def _header(records: Sequence[_Record]) -> int:
    """The place of the column names among the rows: the first row, unless titles or comments are above them."""
    width, first = _width(records), records[0]
    if width < 2 or len(records) < 2:
        return 0
    # A comment may have as many commas as the rows; names may begin with #, and then numbers follow.
    comment = first.cells[0].lstrip().startswith("#") and not records[1].has_number
    titled = width > 2 and first.filled <= width // 2
    if len(first.cells) == width and not comment and not titled:
        return 0
    for place, record in enumerate(records[1:], 1):
        if len(record.cells) != width or record.filled <= width // 2 or record.cells[0].lstrip().startswith("#"):
            continue
        # A row of numbers has no names in it: then the first line is what it is, and its width is refused.
        named = all(cell.strip() for cell in record.cells[1:]) and not record.has_number
        return place if named and any(each.has_number for each in records[place + 1 :]) else 0
    return 0
