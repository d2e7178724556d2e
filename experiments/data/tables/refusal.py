"""Columns that cannot be used: why, what would cure each, and one line that leaves all of them out."""

import csv
import io
import shlex
from collections.abc import Iterable, Sequence

_SHOWN = 4  # columns whose reason a message gives


class Unusable(ValueError):
    """A column whose cells cannot be read, or cannot be an input.

    Attributes:
        column: its name.
        why: what is wrong, with the cell and its place.
        cure: what to do, other than to leave the column out; "" where there is nothing else.
    """

    def __init__(self, column: str, why: str, cure: str = "") -> None:
        super().__init__(f"{why}: {cure}" if cure else why)
        self.column, self.why, self.cure = column, why, cure


def together(refused: Sequence[Unusable], dropped: Iterable[str] = ()) -> ValueError:
    """One error for all columns that were refused, with the option that leaves them all out.

    Args:
        refused: at least one.
        dropped: columns that are left out already: the option is to be typed with them.
    """
    drop = f"--drop {shlex.quote(unlisted([*dropped, *(each.column for each in refused)]))}"
    if len(refused) == 1:
        (one,) = refused
        cure = f"{one.cure}, or leave the column out with" if one.cure else "leave it out with"
        return ValueError(f"{one.why}: {cure} {drop}")
    reasons = "; ".join(each.why for each in refused[:_SHOWN])
    more = f"; and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
    return ValueError(f"{len(refused)} columns cannot be inputs: {reasons}{more}: leave them out with {drop}")


def listed(text: str) -> list[str]:
    """The columns in a text, separated by commas and quoted where a name has one: as in a CSV file.

    >>> listed('id,"price, net"')
    ['id', 'price, net']
    """
    return [name.strip() for row in csv.reader([text], skipinitialspace=True) for name in row if name.strip()]


def unlisted(names: Iterable[str]) -> str:
    """The inverse of `listed`.

    >>> unlisted(["id", "price, net"])
    'id,"price, net"'
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def grouped(notes: Iterable[tuple[str, str]]) -> list[str]:
    """Columns of which the same is to be said, in one line.

    Args:
        notes: a column, and what is said of it, each.

    >>> grouped([("size", "is read as numbers"), ("rent", "is read as numbers")])
    ['size, rent: is read as numbers']
    """
    by_text: dict[str, list[str]] = {}
    for name, text in notes:
        by_text.setdefault(text, []).append(name)
    lines = []
    for text, names in by_text.items():
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        lines.append(f"{', '.join(names[:_LISTED])}{more}: {text}")
    return lines


_LISTED = 8  # columns named in a note
