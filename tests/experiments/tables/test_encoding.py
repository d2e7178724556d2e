"""Rows of a file as inputs: against pandas and by hand, a round trip through JSON, and what is refused."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knobwise.experiments.data.tables import convert, encoding, notation, reading
from knobwise.experiments.data.tables.convert import RowError
from knobwise.experiments.data.tables.encoding import Kind, RawRows

TEXTS = st.one_of(st.none(), st.text(max_size=4))
NUMBERS = st.one_of(st.none(), st.floats(-1e9, 1e9))
DATES = st.one_of(st.none(), st.datetimes(*(pd.Timestamp(year, 1, 1).to_pydatetime() for year in (1700, 2200))))
KINDS: dict[str, Kind] = {"size": "number", "colour": "category", "ok": "boolean", "day": "date", "at": "season"}


def frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    size, colour, ok, day = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "size": pd.Series(size, dtype=np.float64),
            "colour": pd.Series(colour, dtype=object),
            "ok": pd.array(ok, dtype="boolean"),
            "day": pd.Series(day, dtype="datetime64[us]"),
            "at": pd.Series(day, dtype="datetime64[us]"),
        }
    )


ROWS = st.lists(st.tuples(NUMBERS, TEXTS, st.one_of(st.none(), st.booleans()), DATES), min_size=1, max_size=12).map(
    frame
)


@settings(max_examples=40)
@given(train=ROWS, others=ROWS)
def test_rows_restored_from_json_encode_the_same(train: pd.DataFrame, others: pd.DataFrame) -> None:
    rows = RawRows.fit(train, KINDS)
    back = RawRows.from_dict(json.loads(json.dumps(rows.as_dict(), allow_nan=False)))
    assert back == rows
    X = rows.encode(train)
    assert X.shape == (len(train), len(rows.inputs))
    assert np.isfinite(X).all()
    assert back.encode(train).tobytes() == X.tobytes()
    # Rows are encoded each for itself: alone, in another order, and whatever the others are.
    assert rows.encode(train.iloc[::-1]).tobytes() == X[::-1].tobytes()
    assert np.isfinite(back.encode(others, unseen="ignore")).all()


@settings(max_examples=40)
@given(colours=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30))
def test_categories_are_the_dummies_of_pandas(colours: list[str]) -> None:
    table = pd.DataFrame({"colour": colours})
    expected = pd.get_dummies(table, prefix_sep="=", dtype=float)
    for cells in (table, table.astype("category"), table.astype(object)):
        rows = RawRows.fit(cells, {"colour": "category"})
        assert rows.inputs == tuple(expected.columns)
        np.testing.assert_array_equal(rows.encode(cells), expected.to_numpy())


def test_by_hand() -> None:
    train = pd.DataFrame(
        {
            "size": [1.0, np.nan, 4.0, 9.0],
            "ok": [True, False, True, True],
            "day": pd.to_datetime(["2026-01-01", "2026-01-04", "2026-01-08", "2026-01-15"]),
        }
    )
    rows = RawRows.fit(train, {"size": "number", "ok": "boolean", "day": "date"})
    assert rows.inputs == (
        *("size", "size=(missing)", "ok", "day (days)"),
        *("day (week, sine)", "day (week, cosine)"),  # two weeks: less than a year, and always midnight
    )
    X = rows.encode(train)
    np.testing.assert_array_equal(X[:, 0], [1, 4, 4, 9])
    np.testing.assert_array_equal(X[:, 1], [0, 1, 0, 0])
    np.testing.assert_array_equal(X[:, 2], [1, 0, 1, 1])
    np.testing.assert_array_equal(X[:, 3], [0, 3, 7, 14])
    np.testing.assert_allclose(X[[0, 2], 4:], X[[2, 3], 4:], atol=1e-12)  # Thursdays
    angle = np.arctan2(X[:, 4], X[:, 5])
    assert (angle[1] - angle[0]) % (2 * np.pi) == pytest.approx(3 / 7 * 2 * np.pi)


def test_the_year_goes_round_and_a_season_has_no_days() -> None:
    days = pd.Series(pd.date_range("2020-01-01", "2024-12-31 18:00", freq="6h"), name="at")
    rows = RawRows.fit(days.to_frame(), {"at": "season"})
    waves = [f"at ({cycle}, {wave})" for cycle in ("year", "week", "day") for wave in ("sine", "cosine")]
    assert list(rows.inputs) == waves
    X = rows.encode(pd.DataFrame({"at": ["2021-07-01T06:00", "2029-07-02 06:00:00", "2021-01-01T06:00"]}))
    np.testing.assert_allclose(X[0, :2], X[1, :2], atol=0.03)
    assert np.linalg.norm(X[0, :2] - X[2, :2]) > 1.9  # half a year apart: across the circle
    np.testing.assert_allclose(X[:, 4:], [[1, 0]] * 3, atol=1e-9)  # six in the morning: a quarter of a day


def test_dates_at_one_phase_of_a_cycle_do_not_use_it() -> None:
    mondays = pd.DataFrame({"day": pd.date_range("2020-01-06", periods=200, freq="7D")})
    assert [c.cycles for c in RawRows.fit(mondays, {"day": "date"}).columns] == [("year",)]
    january = pd.DataFrame({"day": pd.to_datetime([f"{year}-01-01" for year in range(1990, 2020)])})
    assert [c.cycles for c in RawRows.fit(january, {"day": "date"}).columns] == [("week",)]


def test_the_thirty_most_frequent_categories_are_kept_and_the_rest_share_one() -> None:
    colours = [f"c{number:02}" for number in range(40) for _ in range(50 - number)] + [None]
    table = pd.DataFrame({"c": colours})
    rows = RawRows.fit(table, {"c": "category"})
    assert rows.columns[0].categories == (*(f"c{number:02}" for number in range(30)), "(missing)", "(other)")
    X = rows.encode(pd.DataFrame({"c": ["c00", "c29", "c30", "c39", "new", None]}))
    assert X.argmax(axis=1).tolist() == [0, 29, 31, 31, 31, 30]
    assert (X.sum(axis=1) == 1).all()


def test_unseen_is_ignored_when_asked() -> None:
    train = pd.DataFrame({"c": ["a", "b", "a"], "x": [1.0, 2.0, 9.0]})
    rows = RawRows.fit(train, {"c": "category", "x": "number"})
    X = rows.encode(pd.DataFrame({"c": ["new", None], "x": [5.0, None]}), unseen="ignore")
    assert X.tolist() == [[0, 0, 5], [0, 0, 2]]


def test_what_is_ignored_is_said_a_line_a_column() -> None:
    train = pd.DataFrame({"c": ["a", "b", "a"], "x": [1.0, 2.0, 9.0], "y": [1.0, None, 2.0]})
    rows = RawRows.fit(train, {"c": "category", "x": "number", "y": "number"})
    assert rows.unseen(train) == []
    table = pd.DataFrame({"c": ["a", "new", "newer", None], "x": [5.0, None, None, 1.0], "y": [None] * 4})
    assert rows.unseen(table) == [
        "c: 2 rows have a category that training did not have, as 'new'",
        "c: 1 row has no value, as no row had in training",
        "x: 2 rows have no value, as no row had in training",
    ]


def test_the_same_value_in_other_types() -> None:
    train = pd.DataFrame(
        {"zip": ["10", "20", "10"], "x": [1, 2, 3], "ok": [True, False, True], "d": ["2026-01-01"] * 3}
    )
    rows = RawRows.fit(train, {"zip": "category", "x": "number", "ok": "boolean", "d": "date"})
    expected = rows.encode(pd.DataFrame({"zip": ["20"], "x": [2.5], "ok": [True], "d": ["2026-01-02"]}))
    for row in (
        {"zip": 20, "x": "2.5", "ok": "true", "d": pd.Timestamp("2026-01-02")},
        {"zip": 20.0, "x": np.float32(2.5), "ok": 1, "d": pd.Timestamp("2026-01-02T01:00+01:00")},
        {"zip": "20", "x": 2.5, "ok": "TRUE", "d": "2026-01-02T00:00:00Z", "more": "left alone"},
    ):
        assert rows.encode(pd.DataFrame([row])).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"c": "green"}, "column 'c' must hold one of blue, red, got 'green' in row 2"),
        ({"c": None}, "column 'c' must hold a value in every row, as in the training part, got an empty cell in row 2"),
        ({"x": None}, "column 'x' must hold a value in every row, as in the training part, got an empty cell in row 2"),
        ({"x": "four"}, "column 'x' must hold finite numbers, got 'four' in row 2"),
        ({"x": float("inf")}, "column 'x' must hold finite numbers, got 'inf' in row 2"),
        ({"ok": "maybe"}, "column 'ok' must hold true or false, got 'maybe' in row 2"),
        ({"ok": 2}, "column 'ok' must hold true or false, got '2' in row 2"),
        ({"d": "1/2/2026"}, "column 'd' must hold dates, as 2026-12-31, got '1/2/2026' in row 2"),
    ],
)
def test_a_cell_is_refused_by_column_row_and_value(change: dict[str, Any], message: str) -> None:
    good = {"c": "red", "x": 1.0, "ok": True, "d": "2026-01-01"}
    train = pd.DataFrame([good, {**good, "c": "blue"}])
    rows = RawRows.fit(train, {"c": "category", "x": "number", "ok": "boolean", "d": "date"})
    with pytest.raises(RowError) as refusal:
        rows.encode(pd.DataFrame([good, {**good, **change}]).astype(object))
    line, _, helps = str(refusal.value).partition("; ")
    assert line == message
    assert ("--unseen ignore" in helps) == ("one of" in message or "a value in every row" in message)
    if helps:  # what the line says helps
        X = rows.encode(pd.DataFrame([good, {**good, **change}]).astype(object), unseen="ignore")
        assert np.isfinite(X).all()


def test_a_row_is_named_by_its_place_in_the_whole_table() -> None:
    rows = RawRows.fit(pd.DataFrame({"c": ["a", "b"]}), {"c": "category"})
    table = pd.DataFrame({"c": ["a"] * 70_000 + ["z"]})
    with pytest.raises(RowError, match=r"'z' in row 70001"):
        rows.encode(table)


def test_of_many_categories_ten_are_named() -> None:
    rows = RawRows.fit(pd.DataFrame({"c": [f"c{n:02}" for n in range(20)]}), {"c": "category"})
    with pytest.raises(RowError, match=r"one of c00, c01, .*, c09 and 10 more, got 'x' in row 1"):
        rows.encode(pd.DataFrame({"c": ["x"]}))


def test_a_column_that_is_missing_or_there_twice() -> None:
    rows = RawRows.fit(pd.DataFrame({"size": [1, 2], "x": [1, 2]}), {"size": "number", "x": "number"})
    with pytest.raises(RowError) as refusal:
        rows.encode(pd.DataFrame({"Size": [1], "x": [1]}))
    assert str(refusal.value) == "the rows must have the column 'size', got 'Size', 'x'; did you mean 'Size'?"
    with pytest.raises(RowError, match=r"columns 'size', 'x', got none"):
        rows.encode(pd.DataFrame(index=[0]))
    with pytest.raises(RowError, match=r"the column 'x' once, got it 2 times"):
        rows.encode(pd.DataFrame([[1, 2, 3]], columns=["size", "x", "x"]))


def test_no_rows_are_no_inputs() -> None:
    rows = RawRows.fit(pd.DataFrame({"x": [1, 2]}), {"x": "number"})
    assert rows.encode(pd.DataFrame({"x": []})).shape == (0, 1)


def test_the_file_can_be_copied_beside_a_model() -> None:
    found = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else node.names[0].name.split(".")[0]
        for file in (encoding.__file__, convert.__file__, notation.__file__)
        for node in ast.walk(ast.parse(Path(file).read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert found - sys.stdlib_module_names == {"numpy", "pandas", "sklearn", "knobwise"}  # one of the other


def test_categories_that_look_like_something_else_are_read_as_they_were(workdir: Path) -> None:
    Path("train.csv").write_text("code\n1.50\ntrue\n2026-01\nred\n")
    rows = RawRows.fit(reading.read(Path("train.csv")), {"code": "category"})
    for number, cell in enumerate(("1.50", "2026-01", "red", "true")):
        Path("new.csv").write_text(f"code\n{cell}\n")
        table = reading.read(Path("new.csv"), texts=["code"])
        assert rows.encode(table).tolist() == [[float(place == number) for place in range(4)]]
