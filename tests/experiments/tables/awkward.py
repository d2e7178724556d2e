"""Tables that are broken or awkward: what is in the file, what it is loaded as, and the message or result."""

import gzip
import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from knobwise.experiments.data.problem import Problem

N = 60


def table(rows: int = N) -> pd.DataFrame:
    """A number, a category, and a target that are as they should be."""
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": draw.normal(size=rows).round(3),
            "colour": draw.choice(["red", "green", "blue"], rows),
            "y": draw.normal(size=rows).round(3),
        }
    )


def with_column(name: str, cells: Any, rows: int = N) -> str:
    return table(rows).assign(**{name: cells}).to_csv(index=False)


def with_cell(column: str, row: int, cell: Any, rows: int = N) -> str:
    """`table` with another cell in a row that is counted from 1."""
    changed: Any = table(rows).astype(object)
    changed.loc[row - 1, column] = cell
    text: str = changed.to_csv(index=False)
    return text


def line(number: int, text: str) -> str:
    """`table` with another line, counted from 1 below the column names."""
    lines = table().to_csv(index=False).splitlines()
    lines[number] = text
    return "\n".join(lines) + "\n"


def parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def zipped(text: str, files: int = 1) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(files):
            archive.writestr(f"t{number}.csv", text)
    return buffer.getvalue()


GOOD = table().to_csv(index=False)
LISTS: Any = [["a"]] * N
GAPS: Any = ["a", "b", None] * (N // 3)
LETTERS = [f"name {number}" for number in range(N)]

REFUSED: dict[str, tuple[str | bytes, str, list[str]]] = {
    # what it is: the file, what it is loaded as, what the line says
    "empty": ("", "t.csv?target=y", ["'t.csv'", "which is empty"]),
    "blank lines only": ("\n\n\n", "t.csv?target=y", ["'t.csv'", "which is blank"]),
    "header only": ("size,colour,y\n", "t.csv?target=y", ["'t.csv'", "at least one row", "column names only"]),
    "too few rows": (table(19).to_csv(index=False), "t.csv?target=y", ["at least 20 rows", "got 19"]),
    "no target asked for": (GOOD, "t.csv", ["target must be one of the columns of t.csv", "size, colour, y"]),
    "missing target column": (GOOD, "t.csv?target=Y", ["target must be one of", "size, colour, y", "got 'Y'"]),
    "constant target": (with_column("y", 1.5), "t.csv?target=y", ["target 'y' must differ", "'1.5' in all"]),
    "target with an empty cell": (with_cell("y", 7, None), "t.csv?target=y", ["column 'y'", "an empty cell in line 8"]),
    "target with NaN": (with_cell("y", 9, "NaN"), "t.csv?target=y", ["column 'y'", "an empty cell in line 10"]),
    "infinite target": (with_cell("y", 5, "inf"), "t.csv?target=y", ["column 'y'", "finite", "'inf' in line 6"]),
    "one class": (with_column("y", "yes"), "t.csv?target=y", ["target 'y' must differ", "'yes' in all"]),
    "a class with two rows": (
        with_column("y", ["rare"] * 2 + ["no"] * 30 + ["yes"] * 28),
        "t.csv?target=y",
        ["at least 3 rows", "got 2 of class 'rare'"],
    ),
    "too many classes": (
        with_column("y", [f"c{number % 150}" for number in range(900)], 900),
        "t.csv?target=y",
        ["target 'y'", "at most 100 classes", "got 150"],
    ),
    "text asked to be a number": (
        with_cell("y", 3, "cheap"),
        "t.csv?target=y&task=regression",
        ["column 'y'", "finite numbers", "'cheap' in line 4"],
    ),
    "dates as target": (
        with_column("y", [f"2026-01-{day % 28 + 1:02}" for day in range(N)]),
        "t.csv?target=y",
        ["column 'y'", "numbers or classes", "'2026-01-01"],
    ),
    "two columns of one name": ("a,b,a\n1,2,3\n", "t.csv?target=b", ["'a' 2 times", "columns 1 and 3"]),
    "numbers and text": (
        with_cell("size", 33, "?"),
        "t.csv?target=y",
        ["column 'size'", "numbers alone or texts alone", "'?' in line 34", "98%", "--drop size"],
    ),
    "dates and text": (
        with_column("day", ["2026-01-31"] * 40 + ["soon"] * 20),
        "t.csv?target=y",
        ["column 'day'", "dates alone or texts alone", "'soon' in line 42", "67%"],
    ),
    "dates the other way round": (
        with_column("day", ["31/12/2025", "30.11.2025"] * 30),
        "t.csv?target=y",
        ["column 'day'", "2026-12-31", "'31/12/2025'"],
    ),
    "infinity": (with_cell("size", 12, "-inf"), "t.csv?target=y", ["column 'size'", "finite", "'-inf' in line 13"]),
    "identifiers": (
        with_column("first, last", LETTERS),
        "t.csv?target=y",
        ["column 'first, last' names the rows", "60 different", "60 rows", "--drop '\"first, last\"'"],
    ),
    "names": (
        with_column("name", LETTERS),
        "t.csv?target=y",
        ["column 'name' names the rows", "60 rows", "--drop name"],
    ),
    "long texts": (
        with_column("story", ["short", "once " * 1000, None] * 20),
        "t.csv?target=y",
        ["column 'story'", "at most 200 characters", "one of 4,999 in line 3", "--drop story"],
    ),
    "zero bytes": (line(1, "1.0,\0,2"), "t.csv?target=y", ["zero byte", "line 2"]),
    "cut in a character": ((GOOD + "1,é").encode()[:-1], "t.csv?target=y", ["ends in the middle of a character"]),
    "a row too short": (line(5, "1.0,red"), "t.csv?target=y", ["3 cells", "got 2 in line 6"]),
    "a row too long": (line(8, "1.0,red,2,3"), "t.csv?target=y", ["3 cells", "got 4 in line 9"]),
    "a quote left open": (line(N, '1.0,"red,2'), "t.csv?target=y", ["readable .csv", f"line {N + 1}"]),
    "gzip": (gzip.compress(GOOD.encode()), "t.csv?target=y", ["'t.csv'", "compressed: call it .csv.gz"]),
    "no gzip": (GOOD, "t.csv.gz?target=y", ["'t.csv.gz'", "not compressed as .gz"]),
    "cut gzip": (gzip.compress(GOOD.encode())[:-20], "t.csv.gz?target=y", ["readable .gz file", "'t.csv.gz'"]),
    "zip": (zipped(GOOD), "t.csv?target=y", ["'t.csv'", "compressed: call it .csv.zip"]),
    "zip with two files": (zipped(GOOD, 2), "t.csv.zip?target=y", ["must hold one file", "'t.csv.zip' with 2"]),
    "Parquet called CSV": (parquet(table()), "t.csv?target=y", ["t.csv", "call it .parquet"]),
    "CSV called Parquet": (GOOD, "t.parquet?target=y", ["t.parquet", "not a Parquet file"]),
    "truncated Parquet": (parquet(table())[:-60], "t.parquet?target=y", ["readable .parquet", "'t.parquet'"]),
    "Parquet without its middle": (
        parquet(table())[:100] + parquet(table())[-1500:],
        "t.parquet?target=y",
        ["readable .parquet", "'t.parquet'"],
    ),
    "lists in Parquet": (
        parquet(table().assign(tags=LISTS)),
        "t.parquet?target=y",
        ["column 'tags'", "--drop tags"],
    ),
    "bytes in Parquet": (parquet(table().assign(raw=b"x")), "t.parquet?target=y", ["column 'raw'", "got bytes"]),
    "durations in Parquet": (
        parquet(table().assign(lasted=pd.Timedelta(1, "h"))),
        "t.parquet?target=y",
        ["column 'lasted'", "got Timedelta"],
    ),
    "infinity in Parquet": (
        parquet(table().assign(size=[np.inf, *range(N - 1)])),
        "t.parquet?target=y",
        ["column 'size'", "'inf' in row 1"],
    ),
    "only the target": (
        "y\n" + "\n".join(map(str, range(30))),
        "t.csv?target=y&task=regression",
        ["a column to predict by"],
    ),
    "only constant inputs": (
        with_column("size", 1).replace("red", "x").replace("green", "x").replace("blue", "x"),
        "t.csv?target=y",
        ["a column to predict by", "size, colour: left out"],
    ),
    "two groups": (
        with_column("who", [1, 2] * 30),
        "t.csv?target=y&group=who",
        ["'who'", "at least 3 groups", "got 2"],
    ),
    "a row of no group": (
        with_column("who", [1, 2, None, 3] * 15),
        "t.csv?target=y&group=who",
        ["column 'who'", "a group in every row", "line 4"],
    ),
    "two times": (
        with_column("year", [1, 2] * 30),
        "t.csv?target=y&time=year",
        ["'year'", "at least 3 different times"],
    ),
    "time that is a text": (GOOD, "t.csv?target=y&time=colour", ["column 'colour'", "dates or numbers", "line 2"]),
    "no such time": (GOOD, "t.csv?target=y&time=when", ["time must be one of the columns of t.csv", "'when'"]),
    "a quote left open at the end": (GOOD + '1.0,red,"2\n', "t.csv?target=y", ["readable .csv", "line 62"]),
    "a class in the last rows only": (
        table().assign(y=["a", "b"] * 28 + ["new"] * 4, day=range(N)).to_csv(index=False),
        "t.csv?target=y&time=day",
        ["each class must have rows to train by", "'new'"],
    ),
    "negative target to be logged": (GOOD, "t.csv?target=y&target_scale=log", ["target_scale log", "column 'y'", "-"]),
    "no such column to drop": (GOOD, "t.csv?target=y&drop=color", ["drop must be one of", "did you mean 'colour'?"]),
    "target dropped": (GOOD, "t.csv?target=y&drop=y", ["column 'y' must be asked for once", "target", "drop"]),
    "no such option": (
        GOOD,
        "t.csv?target=y&groups=a",
        ["takes the options target", "got groups", "did you mean group?"],
    ),
    "no such task": (
        GOOD,
        "t.csv?target=y&task=guess",
        ["task must be one of regression, classification, got 'guess'"],
    ),
    "no such fraction": (GOOD, "t.csv?target=y&test_fraction=80", ["test_fraction", "from 0.01 to 0.5", "'80'"]),
    "no such seed": (GOOD, "t.csv?target=y&split_seed=-1", ["split_seed", "'-1'"]),
    "group and time": (GOOD, "t.csv?target=y&group=a&time=b", ["by group or by time, got both"]),
}

HANDLED: dict[str, tuple[str | bytes, str, Callable[[Problem], Any]]] = {
    "a mark at the beginning": (
        GOOD.encode("utf-8-sig"),
        "t.csv?target=y",
        lambda p: p.inputs[0] == "size",
    ),
    "blanks around names and cells": (
        GOOD.replace(",", " , "),
        "t.csv?target=y",
        lambda p: p.inputs == ("size", "colour=blue", "colour=green", "colour=red"),
    ),
    "Windows' line ends": (GOOD.replace("\n", "\r\n").encode(), "t.csv?target=y", lambda p: p.outputs == ("y",)),
    "a row number without a name": (table().to_csv(), "t.csv?target=y", lambda p: p.inputs[0] == "size"),
    "an empty column": (
        with_column("nothing", None),
        "t.csv?target=y",
        lambda p: "nothing" not in p.inputs and "nothing: left out, empty in the training part" in p.about,
    ),
    "a constant column": (
        with_column("unit", "kg"),
        "t.csv?target=y",
        lambda p: not any("unit" in name for name in p.inputs) and "unit: left out, the same in all" in p.about,
    ),
    "identifiers dropped": (
        with_column("first, last", LETTERS),
        "t.csv?target=y&drop=%22first, last%22",
        lambda p: len(p.inputs) == 4,
    ),
    "quotes, commas and line ends in cells": (
        with_column("said", ['a, "b"', "c\nd", "e"] * 20),
        "t.csv?target=y",
        lambda p: {'said=a, "b"', "said=c\nd", "said=e"} < set(p.inputs),
    ),
    "more than thirty categories": (
        with_column("town", [f"town {min(number % 41, number % 37)}" for number in range(300)], 300),
        "t.csv?target=y",
        lambda p: sum(name.startswith("town=") for name in p.inputs) == 31 and "town=(other)" in p.inputs,
    ),
    "100,000 categories": (
        parquet(table(250_000).assign(code=[f"code {number % 100_000}" for number in range(250_000)])),
        "t.parquet?target=y",
        lambda p: sum(name.startswith("code=") for name in p.inputs) == 31 and p.train(50, 0).X.shape == (50, 35),
    ),
    "no row with a category but in the test part": (
        with_cell("colour", 1, "violet"),
        "t.csv?target=y",
        lambda p: np.isfinite(np.vstack([p.val(0).X, p.test().X, p.train(p.most or 0, 0).X])).all(),
    ),
    "zoned times": (
        with_column("at", [f"2026-01-{day % 28 + 1:02}T10:00:00+02:00" for day in range(N)]),
        "t.csv?target=y",
        lambda p: {"at (days)", "at (week, sine)"} < set(p.inputs),
    ),
    "all kinds of Parquet": (
        parquet(
            table().assign(
                ok=pd.array([True, None, False] * 20, dtype="boolean"),
                day=pd.date_range("2026-01-01", periods=N, tz="Europe/Berlin"),
                kept=pd.array([1, None, 3] * 20, dtype="Int64"),
                label=pd.Series(GAPS, dtype="category"),
            )
        ),
        "t.parquet?target=y",
        lambda p: {"ok", "ok=(missing)", "day (days)", "kept=(missing)", "label=(missing)"} < set(p.inputs),
    ),
}
