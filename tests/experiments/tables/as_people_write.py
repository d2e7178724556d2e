"""Tables as people and their programs write them: what is in the file, and what a person reads in it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

ROWS = 80
_DRAW = np.random.default_rng(3)
RENTS = pd.DataFrame(
    {
        "size": _DRAW.normal(55, 9, ROWS).round(1),
        "rooms": _DRAW.integers(1, 6, ROWS),
        "city": _DRAW.choice(["Ulm", "Bonn", "Koeln"], ROWS),
    }
)
RENTS["rent"] = (RENTS["size"] * 9 + _DRAW.normal(0, 40, ROWS)).round(2)
RENTS.loc[:2, "rent"] = [533.74, 1568.5, 681.65]
CITIES = ("city=Bonn", "city=Koeln", "city=Ulm")
INPUTS = ("size", "rooms", *CITIES)
DAYS = pd.date_range("2021-01-01", periods=ROWS, freq="11D")
WHOLE = _DRAW.integers(900, 90_000, ROWS)
SHARES = _DRAW.integers(3, 98, ROWS)
CODES = _DRAW.choice(["53111", "01069", "01067", "89073"], ROWS)


class Readable(NamedTuple):
    """A file that is read.

    Attributes:
        content: of the file.
        inputs: of the problem, but for those of dates; "" stands for any.
        notes: a part of what is said, each.
        column: the name of a column with these `values` after reading, as numbers or texts.
        values: what a person reads in the file's first rows.
        name: of the file.
        options: beside the target, which is `rent`.
    """

    content: str | bytes
    inputs: tuple[str, ...] = INPUTS
    notes: tuple[str, ...] = ()
    column: str = "rent"
    values: tuple[Any, ...] = (533.74, 1568.5, 681.65)
    name: str = "t.csv"
    options: str = ""


def csv(frame: pd.DataFrame = RENTS, **how: Any) -> str:
    return str(frame.to_csv(index=False, **how))


def having(name: str, cells: Any) -> str:
    return csv(RENTS.assign(**{name: list(cells)}))


def each(write: Callable[[Any], str], values: Any = WHOLE) -> list[str]:
    return [write(value) for value in values]


def points(value: float) -> str:
    """1.234,50 for 1234.5."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def column_of_numbers(write: Callable[[Any], str], said: str, values: Any = WHOLE) -> Readable:
    return Readable(having("fee", each(write, values)), (*INPUTS, "fee"), (said,), "fee", tuple(values[:3].tolist()))


def column_of_dates(form: str, said: str = "day: read as dates") -> Readable:
    return Readable(having("day", DAYS.strftime(form)), ("",), (said,), "day", tuple(DAYS[:3]))


_LATIN = csv().replace("Koeln", "Köln").encode("latin-1")
_SHUFFLED = RENTS.sample(frac=1, random_state=1)
_FIRST = tuple(_SHUFFLED["rent"][:3])

READ: dict[str, Readable] = {
    "two title rows": Readable(f"Rent report 2024\nExported by A. Person\n\n{csv()}", notes=("lines 1 to 3 above",)),
    "titles as wide as the table": Readable(f"Rent report,,,\n,,,\n{csv()}", notes=("above the column names",)),
    "a comment above": Readable(f"# source: example\n{csv()}", notes=("line 1 above", "'# source: example'")),
    "a comment with commas": Readable(f"# rents, by city, of, 2024\n{csv()}", notes=("line 1 above",)),
    "names that begin with a hash": Readable("#" + csv(), ("#size", *INPUTS[1:])),
    "a comment below": Readable(csv() + "# end of export\n", notes=("1 lines that begin with #",)),
    "a line with the separator": Readable(f"sep=,\n{csv()}"),
    "a line with another separator": Readable(f"sep=;\n{csv(sep=';')}", notes=("semicolons",)),
    "a totals row without a label": Readable(
        f"{csv()},,,{RENTS['rent'].sum():.2f}\n", notes=("the last row, line 82: left out",)
    ),
    "a totals row with a label": Readable(
        f"{csv()}Total,{RENTS['rooms'].sum()},,{RENTS['rent'].sum():.2f}\n", notes=("the last row, line 82",)
    ),
    "a row of means": Readable(
        f"{csv()}{RENTS['size'].mean()},,Mean:,{RENTS['rent'].mean():.4f}\n", notes=("line 82",)
    ),
    "blank rows at the end": Readable(f"{csv()},,,\n,,,\n\n", notes=("2 blank rows: left out, the first in",)),
    "a blank row in between": Readable(
        csv().replace("\n", "\n,,,\n", 4).replace(",,,\n", "", 1), notes=("blank rows",)
    ),
    "thousands in the target": Readable(
        csv(RENTS.assign(rent=each(lambda x: f"{x:,.2f}", RENTS["rent"]))), notes=("rent: read as numbers, '",)
    ),
    "percent": column_of_numbers(lambda x: f"{x}%", "read as numbers in %", SHARES),
    "percent with a blank": column_of_numbers(lambda x: f"{x} %", "read as numbers in %", SHARES),
    "dollars": column_of_numbers(lambda x: f"${x:,}", "read as numbers in $"),
    "pounds": column_of_numbers(lambda x: f"£{x:,}.00", "read as numbers in £"),
    "negative dollars as accountants write them": column_of_numbers(
        lambda x: f"(${-x:,})" if x < 0 else f"${x:,}", "in $", WHOLE - 20_000
    ),
    "euros behind": column_of_numbers(lambda x: f"{points(x)} €", "read as numbers in €"),
    "a code of a currency": column_of_numbers(lambda x: f"CHF {x:_}".replace("_", "'"), "read as numbers in CHF"),
    "kilometres": column_of_numbers(lambda x: f"{x} km", "read as numbers in km"),
    "kilometres without a blank": column_of_numbers(lambda x: f"{x}km", "read as numbers in km"),
    "thousands as k": column_of_numbers(lambda x: f"{x}k", "read as numbers in k"),
    "a typesetter's minus": column_of_numbers(lambda x: f"{x}".replace("-", "−"), "read as numbers", SHARES - 50),
    "thin blanks between thousands": column_of_numbers(lambda x: f"{x:_}".replace("_", "\u202f"), "read as numbers"),
    "points between thousands": Readable(
        csv(RENTS.assign(rent=each(points, RENTS["rent"])), sep=";"), notes=("semicolons", "rent: read as numbers")
    ),
    "points between thousands of whole numbers": Readable(
        csv(RENTS.assign(fee=each(lambda x: points(x)[:-3])), sep=";", decimal=","),
        (*INPUTS, "fee"),
        ("semicolons", "fee: read as numbers", "size: read as numbers", "rent: read as numbers"),
        "fee",
        tuple(WHOLE[:3].tolist()),
    ),
    "semicolons and decimal commas": Readable(
        csv(sep=";", decimal=","), notes=("semicolons are between", "size: read as numbers, '", "rent: read as")
    ),
    "bars": Readable(csv(sep="|"), notes=("bars are between its columns",)),
    "tabs in a CSV file": Readable(csv(sep="\t"), notes=("tabs are between its columns",)),
    "commas in a TSV file": Readable(csv(), notes=("commas are between its columns",), name="t.tsv"),
    "decimal commas in quotes": column_of_numbers(
        lambda x: f"{x / 4:.2f}".replace(".", ","), "fee: read as numbers", WHOLE * 4
    )._replace(values=tuple(WHOLE[:3].tolist())),
    "days with the name of the month": column_of_dates("%d %b %Y", "day: read as dates, '01 Jan 2021' as 2021-01-01"),
    "days first with points": column_of_dates("%d.%m.%Y"),
    "days first with strokes": column_of_dates("%d/%m/%Y", "'01/01/2021' as 2021-01-01"),
    "months first with strokes": column_of_dates("%m/%d/%Y"),
    "months first with a time": column_of_dates("%m/%d/%Y %I:%M %p"),
    "years of two digits": column_of_dates("%d.%m.%y"),
    "months with their name, then days": column_of_dates("%B %d, %Y"),
    "dates of eight digits": column_of_dates("%Y%m%d"),
    "row numbers, shuffled": Readable(
        _SHUFFLED.to_csv(), notes=("Unnamed: 0: left out, it numbers the rows, 0 to 79; --keep",), values=_FIRST
    ),
    "row numbers with a name": Readable(
        RENTS.to_csv(index_label="index"), notes=("index: left out, it numbers the rows",)
    ),
    "row numbers from an offset, with any name": Readable(
        csv(RENTS.assign(flat=range(1001, 1081))), notes=("flat: left out, it numbers the rows, 1001 to 1080",)
    ),
    "row numbers with leading zeros": Readable(
        having("nr", each(lambda x: f"{x:05}", range(ROWS))), notes=("nr: left out, it numbers the rows",)
    ),
    "identifiers with gaps": Readable(
        having("customer_id", (np.arange(ROWS) * 7919) % 99_991), notes=("customer_id: left out, it names the rows",)
    ),
    "row numbers that are kept": Readable(RENTS.to_csv(index_label="index"), ("index", *INPUTS), options="&keep=index"),
    "years, which are no row numbers": Readable(
        having("year", range(1940, 2020)), (*INPUTS, "year"), ("year: an input, but it has each whole number",)
    ),
    "yes and no in several spellings": Readable(
        having("balcony", ["yes", "no", "YES", "Yes", "No"] * 16),
        (*INPUTS, "balcony"),
        ("balcony: read as yes or no, spelled 'yes', 'no', 'YES', 'Yes'",),
        "balcony",
        (1.0, 0.0, 1.0),
    ),
    "a category in two spellings": Readable(
        csv().replace("Ulm", "ulm", 1),
        ("size", "rooms", "city=Bonn", "city=Koeln", "city=Ulm"),
        ("'ulm' and 'Ulm' are two categories",),
    )._replace(inputs=("",)),
    "leading zeros": Readable(
        having("zip", CODES),
        (*INPUTS, "zip=01067", "zip=01069", "zip=53111", "zip=89073"),
        ("zip: read as categories, for the leading zero of '0106",),
        "zip",
        tuple(CODES[:3]),
    ),
    "Latin-1": Readable(_LATIN, ("size", "rooms", "city=Bonn", "city=Köln", "city=Ulm"), ("Windows-1252", "'Köln'")),
    "UTF-16": Readable(csv().encode("utf-16"), notes=("read as UTF-16",)),
    "rows without a target": Readable(
        csv(RENTS.assign(rent=RENTS["rent"].where(~RENTS.index.isin([3, 9])))),
        notes=("2 rows without a target: left out",),
        options="&drop_rows_without_target=yes",
    ),
    "one filled cell": Readable(
        having("note", ["one filled cell", *[None] * (ROWS - 1)]),
        notes=("note: left out, almost empty: 1 of 80 cells",),
    ),
    "few remarks": Readable(
        having("note", ["a", "b", "c", "d", *[None] * (ROWS - 4)]), notes=("note: left out, almost empty: 4 of 80",)
    ),
}

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "dates in three notations": (
        having("day", [day.strftime(["%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y"][at % 3]) for at, day in enumerate(DAYS)]),
        "column 'day' must hold dates in one notation, got '01/12/2021' in line 3, where others are as '2021-01-01': "
        "write all as 2026-12-31, or leave the column out with --drop day",
    ),
    "dates that can be read in two ways": (
        having("day", [f"0{at % 9 + 1}/0{at % 7 + 1}/2021" for at in range(ROWS)]),
        "column 'day' must hold dates that can be read in one way, got '08/01/2021' in line 9, which may be "
        "2021-01-08 or 2021-08-01: write them as 2026-12-31",
    ),
    "two units": (
        having("way", [f"{number} km" for number in WHOLE[:-1]] + ["500 m"]),
        "column 'way' must hold numbers in km alone, got '500 m' in line 81, where 99% of the cells are numbers in km: "
        "write all alike, and leave a cell empty where nothing is known, or leave the column out with --drop way",
    ),
    "a word among dollars": (
        having("fee", [f"${number:,}" for number in WHOLE[:-1]] + ["free"]),
        "column 'fee' must hold numbers in $ alone, got 'free' in line 81",
    ),
    "commas that may be either": (
        csv(RENTS.assign(size=1, rent=RENTS["rent"].astype(int), fee=each(lambda x: f"1,{x % 1000:03}")), sep="\t"),
        "column 'fee' must hold numbers, got '1,",
    ),
    "two targets missing": (
        csv(RENTS.assign(rent=RENTS["rent"].where(~RENTS.index.isin([3, 9])))),
        "column 'rent' must hold a target in every row, got an empty cell in line 5 and 1 more: "
        "--drop-rows-without-target leaves these 2 rows out",
    ),
    "a target with a word in it": (
        csv(RENTS.astype({"rent": object}).assign(rent=[*RENTS["rent"][:-1], "unknown"])),
        "column 'rent' must hold numbers alone or classes alone, got 'unknown' in line 81",
    ),
    "three columns to drop": (
        csv(
            RENTS.assign(
                name=[f"name {at}" for at in range(ROWS)],
                story=["once " * 100, "short"] * 40,
                way=["?", *range(ROWS - 1)],
            )
        ),
        "3 columns cannot be inputs: column 'name' names the rows, with 80 different texts in 80 rows; column "
        "'story' must hold categories of at most 200 characters, got one of 499 in line 2; column 'way' must hold "
        "numbers alone or texts alone, got '?' in line 2, where 99% of the cells are numbers: leave them out with "
        "--drop name,story,way",
    ),
    "times of day": (
        having("at", [f"{at % 24:02}:{at % 60:02}" for at in range(ROWS)]),
        "column 'at': times of day must be numbers, as 8.5, or be behind a date, got '00:00' in line 2",
    ),
    "dates in another language": (
        having("day", [f"{at % 28 + 1}. Januar {2000 + at % 20}" for at in range(ROWS)]),
        "column 'day': dates must be written as 2026-12-31, got '1. Januar 2000' in line 2",
    ),
    "Cyrillic": (
        csv().replace("Ulm", "Казань").encode("cp1251"),
        "the file must be UTF-8 text, got the byte 0xca, which is another encoding's, at byte",
    ),
    "half UTF-8, half Latin-1": (
        csv().replace("Koeln", "Köln").encode() + "1,2,Köln,3\n".encode("latin-1"),
        "the file must be UTF-8 text, got the byte 0xf6",
    ),
    "a row too long below a title": (
        f"Rents\n{csv()}1,2,3,4,5\n",
        "each row must have 4 cells, as many as there are column names, got 5 in line 83 of 't.csv'",
    ),
    "names for all columns but one": (
        csv().replace("size,", "", 1),
        "each row must have 3 cells, as many as there are column names, got 4 in line 2 of 't.csv'",
    ),
}
