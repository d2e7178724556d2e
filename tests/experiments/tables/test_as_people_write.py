"""Tables as people write them are read as a person reads them, which is said, or refused in one right line."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.tables import columns, recognize, row_numbers
from knobwise.experiments.data.tables.encoding import RawRows
from knobwise.experiments.data.tables.notation import PLAIN, Notation
from knobwise.experiments.data.tables.reading import open_table
from knobwise.experiments.problems import load
from tests.experiments.tables.as_people_write import READ, REFUSED, RENTS, having


def written(content: str | bytes, name: str) -> Path:
    file = Path(name)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def rows_of(problem: Problem) -> set[bytes]:
    assert problem.most is not None
    parts = (problem.train(problem.most, 0), problem.val(0), problem.test())
    return {row.tobytes() for part in parts for row in part.X}


def as_read(file: Path, name: str) -> pd.Series:
    """The column as it becomes inputs or a target."""
    read = open_table(file)
    return recognize.column(read.table[name], recognize.mark_of(read.table, read.mark)).cells


@pytest.mark.parametrize("what", READ)
def test_a_file_is_read_as_a_person_reads_it(what: str, workdir: Path) -> None:
    case = READ[what]
    file = written(case.content, case.name)
    problem = load(f"{file}?target=rent{case.options}")
    assert problem.classes == ()
    if case.inputs == ("",):
        assert any(name.startswith(("day (", "city=")) for name in problem.inputs)
        assert not any(name.startswith("day=") for name in problem.inputs)
    else:
        assert problem.inputs == case.inputs
    said = " | ".join(problem.notes)
    assert [part for part in case.notes if part not in said] == [], said
    assert len(problem.notes) <= max(len(case.notes), 1), said
    assert all("\n" not in note and note in problem.about for note in problem.notes)
    got = as_read(file, case.column).iloc[: len(case.values)]
    expected = pd.Series(case.values)
    if pd.api.types.is_numeric_dtype(expected):
        np.testing.assert_allclose(got.astype(float), expected.astype(float))
    else:
        assert got.tolist() == expected.tolist()


@pytest.mark.parametrize("what", [what for what in READ if what != "rows without a target"])
def test_a_model_reads_the_cells_as_the_sweep_did(what: str, workdir: Path) -> None:
    case = READ[what]
    file = written(case.content, case.name)
    problem = load(f"{file}?target=rent{case.options}")
    assert problem.raw is not None
    stored = RawRows.from_dict(json.loads(json.dumps(problem.raw.as_dict())))
    assert stored == problem.raw
    texts = [each.name for each in stored.columns if each.kind == "category" or each.notation != PLAIN]
    table = open_table(file, texts).table
    assert {row.tobytes() for row in stored.encode(table, unseen="ignore")} == rows_of(problem)
    as_texts = table.astype(object).map(lambda cell: str(cell) if pd.notna(cell) else None)
    assert {row.tobytes() for row in stored.encode(as_texts, unseen="ignore")} == rows_of(problem)


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_is_refused_in_one_right_line(what: str, workdir: Path) -> None:
    content, expected = REFUSED[what]
    name = "t.tsv" if "either" in what else "t.csv"
    written(content, name)
    with pytest.raises(ValueError, match=r"\w") as refusal:
        load(f"{name}?target=rent")
    message = str(refusal.value)
    assert message.startswith(expected)
    assert "\n" not in message


def test_the_columns_that_are_named_are_all_that_is_to_be_dropped(workdir: Path) -> None:
    content, _ = REFUSED["three columns to drop"]
    written(content, "t.csv")
    with pytest.raises(ValueError, match=r"--drop rooms,name,story,way$"):
        load("t.csv?target=rent&drop=rooms")
    assert load("t.csv?target=rent&drop=rooms,name,story,way").inputs[0] == "size"


def test_a_target_of_yes_and_no_has_two_classes(workdir: Path) -> None:
    written(having("paid", ["yes", "no", "YES", "Yes", "No"] * 16), "t.csv")
    problem = load("t.csv?target=paid")
    assert problem.classes == ("no", "yes")
    assert "paid: read as yes or no" in problem.notes[0]


def test_a_time_is_split_by_in_any_notation(workdir: Path) -> None:
    days = pd.date_range("2021-01-01", periods=len(RENTS), freq="11D")[::-1]
    by = {}
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%b %d, %Y"):
        written(having("day", days.strftime(form)), "t.csv")
        by[form] = load("t.csv?target=rent&time=day&split_seed=1")
    first, *others = by.values()
    for other in others:
        assert other.inputs == first.inputs
        np.testing.assert_array_equal(other.test().X, first.test().X)
    written(having("week", range(len(RENTS))), "t.csv")
    assert load("t.csv?target=rent&time=week").inputs[0] == "size"


def test_row_numbers_are_known_by_their_values() -> None:
    order = np.random.default_rng(0).permutation(50)
    for cells, expected in {
        (0, "x"): True,
        (1, "x"): True,
        (500, "x"): True,
        (1950, "year"): False,
        (1950, "x"): False,
        (0, "day"): False,
        (1950, "customer_id"): True,
    }.items():
        start, name = cells
        why, surely = row_numbers.why(pd.Series(order + start, name=name))
        assert why
        assert surely is expected, cells
    assert row_numbers.why(pd.Series(order[order != 7], name="x")) == ("it numbers the rows, 0 to 49", True)
    assert row_numbers.why(pd.Series(order[order % 3 > 0], name="x")) == ("", False)
    assert row_numbers.why(pd.Series([*order[:-1], order[0]], name="id")) == ("", False)
    assert row_numbers.why(pd.Series(order * 3, name="bid")) == ("", False)
    assert row_numbers.why(pd.Series(order + 0.5, name="id")) == ("", False)


_CODES = (["1.2.3", "1.3.0"], ["10.0.1.1", "10.0.2.1"], ["0151 85145", "0151 9"], ["0a", "1b", "2b"], ["5-10", "<5"])


def test_codes_and_names_are_no_numbers() -> None:
    for texts in (
        ["Q1", "Q2", "Q3"],
        ["1st", "2nd", "3rd"],
        ["7a", "7b", "9"],
        ["S", "M", "L"],
        ["A 12", "B 7"],
        *_CODES,
    ):
        cells = pd.Series(texts * 9, name="c", dtype="category")
        read = columns.understood(cells.to_frame())
        assert read.kinds == {"c": "category"}, texts
        assert read.notations == {}


def test_a_notation_is_kept_with_the_model() -> None:
    train = pd.DataFrame({"fee": [1178.0, 971.0], "day": pd.to_datetime(["2021-01-31", "2021-12-01"])})
    notations = {"fee": Notation("$", ","), "day": Notation(date="%d.%m.%Y")}
    rows = RawRows.fit(train, {"fee": "number", "day": "date"}, notations)
    texts = pd.DataFrame({"fee": ["$1,178", "971"], "day": ["31.01.2021", "2021-12-01"]})
    assert rows.encode(texts).tolist() == rows.encode(train).tolist()
    with pytest.raises(
        ValueError, match=r"column 'fee' must hold finite numbers, as '\$' has them, got '5 €' in row 1"
    ):
        rows.encode(texts.assign(fee="5 €"))
    with pytest.raises(ValueError, match=r"column 'day' must hold dates, as 31.12.2026, got '1/2/21' in row 1"):
        rows.encode(texts.assign(day="1/2/21"))


def test_every_cell_is_that_of_the_csv_module(workdir: Path) -> None:
    for what in ("percent", "leading zeros", "dollars"):
        file = written(READ[what].content, "t.csv")
        with file.open(newline="") as text:
            lines = [row for row in csv.reader(text) if len(row) > 1]
        table = open_table(file, texts=lines[0]).table
        assert table.astype(str).to_numpy().tolist() == lines[1:]
