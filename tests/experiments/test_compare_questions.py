"""Tables made of tables of runs: the best, one knob against another, files."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knobwise.experiments.compare import columns
from knobwise.experiments.compare.best_trials import best
from knobwise.experiments.compare.bins import grouped
from knobwise.experiments.compare.file_export import export
from knobwise.experiments.compare.pivot_table import pivot
from knobwise.experiments.record.errors import NothingToCompare, UnknownColumn
from tests.experiments.run_tables import table, with_runs


def test_best_orders_and_keeps_the_baseline() -> None:
    runs = table(lr=[0.1, 0.2, 0.3, 0.4], val_mse=[9.0, 3.0, 1.0, 2.0], test_r2=[0.1, 0.9, 0.3, 0.2])
    assert best(runs, "s", 2)["trial"].to_list() == [2, 3, 0]
    assert best(runs, "s", 2)["baseline"].to_list() == [False, False, True]
    assert best(runs, "s", 9)["trial"].to_list() == [2, 3, 1, 0]
    assert best(runs, "s", 2, "test_r2")["trial"].to_list() == [1, 2, 0], "more is better"
    assert best(runs, "s", 1).columns.to_list() == [
        *("trial", "status", "baseline", "best", "tied", "lr", "val_mse", "test_r2", "run_id"),
    ]


def test_best_shows_a_baseline_that_has_no_result() -> None:
    runs = table(lr=[0.1, 0.2, 0.3], val_mse=[math.nan, 3.0, math.inf]).assign(status=["diverged", *["complete"] * 2])
    found = best(runs, "s")
    assert found["trial"].to_list() == [1, 0]
    assert found["status"].to_list() == ["complete", "diverged"]
    assert np.isnan(found["val_mse"][1])


def test_best_has_intervals_over_replicates_and_fresh_seeds() -> None:
    runs = with_runs(replicate={0: [1.0, 2.0, 3.0], 1: [5.0, 5.5]}, confirmation={0: [4.0, 6.0]})
    found = best(runs, "s").set_index("trial")
    low, high = stats.t.interval(0.95, 2, loc=2.0, scale=stats.sem([1.0, 2.0, 3.0]))
    assert found[["val_mse", "val_mse_std"]].iloc[0].to_list() == [2.0, 1.0]
    assert found[["val_mse_low", "val_mse_high"]].iloc[0].to_list() == pytest.approx([low, high])
    assert found["seeds"].to_list() == [3, 2]
    assert found[["confirmed", "fresh_seeds"]].iloc[0].to_list() == [5.0, 2]
    low, high = stats.t.interval(0.95, 1, loc=5.0, scale=stats.sem([4.0, 6.0]))
    assert found[["confirmed_low", "confirmed_high"]].iloc[0].to_list() == pytest.approx([low, high])
    assert found.loc[1, ["confirmed", "confirmed_low"]].isna().all()


def test_best_refuses() -> None:
    runs = table(lr=[0.1], val_mse=[1.0])
    for n in (0, 1.5, True):
        with pytest.raises(ValueError, match=r"^n must be a whole number >= 1, got"):
            best(runs, "s", n)  # type: ignore[arg-type]
    with pytest.raises(UnknownColumn, match=r"^by must be one of val_mse, got 'val_mes'; did you mean val_mse\?$"):
        best(runs, "s", by="val_mes")
    with pytest.raises(NothingToCompare, match=r"^the study 's' has no trial that is over$"):
        best(runs[:0], "s")
    failed = table(lr=[0.1, 0.2, 0.3]).assign(status=["failed", "failed", "diverged"])
    with pytest.raises(NothingToCompare, match=r"^the study 's' has no complete trial, only 2 failed, 1 diverged$"):
        best(failed, "s")
    with pytest.raises(NothingToCompare, match=r"has a finite val_mse$"):
        best(table(lr=[0.1], val_mse=[math.inf]), "s")


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([3, 1, 3, 2], ["1", "2", "3"]),
        ([0.1, 0.25], ["0.1", "0.25"]),
        ([1.0, 1.0000001, 2.0], ["1", "1.0000001", "2"]),
        (range(500, 8001, 100), ["500 to 999", "1000 to 1999", "2000 to 4999", "5000 to 9999"]),
        (range(1, 11), ["1", "2 to 4", "5 to 9", "10 to 19"]),
        (range(11), ["0", "1", "2 to 4", "5 to 9", "10 to 19"]),
        (range(50, 61), ["50 to 51", "52 to 53", "54 to 55", "56 to 57", "58 to 59", "60 to 61"]),
        (np.linspace(0.15, 0.45, 20), ["0.15 to 0.2", "0.2 to 0.25", "0.25 to 0.3"]),
        ([0.0, *np.geomspace(1.1e-6, 0.9e-2, 20)], ["0", "1e-06 to 3e-06", "3e-06 to 1e-05", "1e-05 to 3e-05"]),
        (np.geomspace(1e-6, 1e-2, 20), ["1e-06 to 1e-05", "1e-05 to 0.0001"]),
        (np.geomspace(1e-20, 1.0, 40), ["1e-21 to 1e-18"]),
        (["silu", "relu", "silu"], ["relu", "silu"]),
        ([(8, 8), (64,), (), (8,)], ["none", "8", "64", "8-8"]),
    ],
)
def test_groups_are_round_and_hold_their_values(values: Any, labels: list[str]) -> None:
    values = pd.Series(list(values), dtype=None if not isinstance(values[0], tuple) else object)
    found = grouped(values)
    assert list(found.cat.categories)[: len(labels)] == labels
    assert found.notna().all()
    assert len(found.cat.categories) <= 9
    for value, label in zip(values, found, strict=True):
        if " to " in label:
            low, high = map(float, label.split(" to "))
            assert low <= value <= high
            assert float(value).is_integer() or value < high


def test_missing_values_are_in_no_group() -> None:
    assert grouped(pd.Series([1.0, math.nan, 2.0])).isna().to_list() == [False, True, False]
    many = pd.Series([math.nan, *range(20)], dtype="Float64")
    assert grouped(many).isna().sum() == 1


def test_pivot_is_worked_out_by_hand() -> None:
    runs = table(
        lr=[0.1, 0.1, 0.01, 0.01, 0.1],
        optimizer=["sgd", "sgd", "sgd", "adam", "adam"],
        val_mse=[4.0, 3.0, 2.0, 1.0, 0.0],
    ).assign(status=[*["complete"] * 4, "pruned"])
    found = pivot(runs, "s", "optimizer", "lr")
    assert found.to_dict() == {
        "0.01": {"adam": 1.0, "sgd": 2.0},
        "0.1": {"adam": pytest.approx(math.nan, nan_ok=True), "sgd": 3.0},
    }
    assert (found.index.name, found.columns.name) == ("optimizer", "lr")
    assert pivot(runs, "s", "lr", "optimizer", aggregate="count").iloc[1].to_list() == [0, 2]
    assert pivot(runs, "s", "lr", "optimizer", aggregate=lambda of: of.max() - of.min()).loc["0.1", "sgd"] == 1.0


def test_pivot_refuses() -> None:
    runs = table(lr=[0.1, 0.2], epochs=[1, 2], val_mse=[1.0, 2.0])
    with pytest.raises(UnknownColumn, match=r"^rows must be one of lr, epochs, got 'rl'"):
        pivot(runs, "s", "rl", "epochs")
    with pytest.raises(UnknownColumn, match=r"^columns must be one of epochs, got 'lr'"):
        pivot(runs, "s", "lr", "lr")
    with pytest.raises(UnknownColumn, match=r"^value must be one of val_mse, got 'trial'"):
        pivot(runs, "s", "lr", "epochs", "trial")
    with pytest.raises(ValueError, match=r"^aggregate must be one of min, max, .* got 'least'$"):
        pivot(runs, "s", "lr", "epochs", aggregate="least")


WIDTHS: dict[str, Any] = {"some": [(64, 64), (), None, (8,)], "empty": [(), (), (), ()], "none": [None] * 4}


@pytest.mark.parametrize("widths", WIDTHS)
def test_a_file_gives_the_table_back_exactly(widths: str, tmp_path: Path) -> None:
    runs = table(lr=[0.1 + 0.2, 1e-300, math.nan, 5e-324], val_mse=[math.inf, -math.inf, math.nan, 1 / 3])
    runs["epochs"] = pd.array([2**60 + 1, None, 3, 4], dtype="Int64")
    runs["widths"] = pd.array(WIDTHS[widths], dtype=object)
    runs["activation"] = pd.array(["re,lu", 'a "b"', None, ""], dtype="str")
    runs["started"] = pd.to_datetime([1, 1_700_000_000_123, 0, 5], unit="ms", utc=True)
    parquet: Any = pd.read_parquet(export(runs, tmp_path / "runs.parquet"))
    parquet["widths"] = [None if value is None else tuple(map(int, value)) for value in parquet["widths"]]
    pd.testing.assert_frame_equal(parquet, runs, check_exact=True)

    def as_tuple(text: str) -> tuple[int, ...] | None:
        return tuple(json.loads(text)) if text else None

    csv = pd.read_csv(
        export(runs, str(tmp_path / "runs.CSV")),
        converters={"widths": as_tuple},
        dtype={"epochs": "Int64", "trial": "int64", "study": "str", "run_id": "str"},
        parse_dates=["started"],
    )
    csv["started"] = csv["started"].astype(runs["started"].dtype)
    csv["activation"] = runs["activation"]  # a text that is empty and one that is missing are the same in CSV
    csv = csv.astype({name: runs[name].dtype for name in ("status", "run_id")})
    pd.testing.assert_frame_equal(csv, runs, check_exact=True)


def test_no_text_in_csv_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    """Of each kind of column that holds texts; numbers keep their signs."""
    texts = ["=1+1", "+cmd|' /C calc'!A0", "-x", "@SUM(A1)", "\t=1", "-1.5", "tanh", None]
    runs = pd.DataFrame(
        {
            "=name": texts,
            "str": pd.array(texts, dtype="str"),
            "category": pd.Categorical(texts),
            "number": [-1.5, -2, 0, 1, 2, 3, 4, math.nan],
        }
    )
    csv = pd.read_csv(export(runs, tmp_path / "runs.csv"), dtype={"number": float}, keep_default_na=False, na_values="")
    assert list(csv) == ["'=name", "str", "category", "number"]
    safe = ["'=1+1", "'+cmd|' /C calc'!A0", "'-x", "'@SUM(A1)", "'\t=1", "-1.5", "tanh"]
    assert all(csv[name].to_list()[:-1] == safe for name in ("'=name", "str", "category"))
    assert csv.iloc[-1].isna().all()
    assert csv["number"].equals(runs["number"])


def test_parquet_has_widths_as_whole_numbers(tmp_path: Path) -> None:
    from pyarrow import parquet

    for number, widths in enumerate(WIDTHS.values()):
        file = export(table(lr=[0.1] * 4).assign(widths=pd.array(widths, dtype=object)), tmp_path / f"{number}.parquet")
        assert str(parquet.read_schema(file).field("widths").type) == "list<element: int64>"


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "runs.csv"
    file.write_text("old")

    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="no space left"):
        export(table(lr=[0.1]), file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_export_refuses_other_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^file must end in .parquet or .csv, got 'runs.xlsx'$"):
        export(table(lr=[0.1]), "runs.xlsx")
    with pytest.raises(ValueError, match=r"^file must be in a folder that exists, got '.*nowhere/runs.csv'$"):
        export(table(lr=[0.1]), tmp_path / "nowhere" / "runs.csv")


def test_columns_are_told_apart() -> None:
    runs = table(epochs=[1, 2], lr=[0.1, 0.1], knob_of_tomorrow=["1", "2"], val_mse=[1.0, 2.0])
    assert columns.knobs(runs) == ["epochs", "lr", "knob_of_tomorrow"]
    assert columns.varied(runs) == ["epochs", "knob_of_tomorrow"]
    assert columns.metrics(runs) == ["val_mse"]
    for one, other in itertools.pairwise([columns.knobs(runs), columns.metrics(runs), columns.PLACES]):
        assert not set(one) & set(other)
