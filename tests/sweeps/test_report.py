"""What is told at the end: the table, the sentence, the JSON, and the display on the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.record.stores import tracking_uri
from sweeps.engine import display, report
from sweeps.engine.attempts import Status
from sweeps.engine.results import Results, Row
from sweeps.lr_epochs import SWEEP


def row(number: int, val_mse: float | None = 1.0, *, status: Status = "complete", **other: Any) -> Row:
    test_mse = None if val_mse is None else 2 * val_mse
    facts: dict[str, Any] = {"params": {"lr": 0.00098765, "epochs": 1999}, "epochs": 1999, "seconds": 1.25}
    facts |= {"test_mse": test_mse, "test_r2": None if val_mse is None else 0.5, "low": None, "high": None, **other}
    return Row(number=number, status=status, val_mse=val_mse, **facts)


def lines_of(results: Results, capsys: pytest.CaptureFixture[str]) -> list[str]:
    report.show(SWEEP, results, [], [("Browse", "mlflow ui")])
    return capsys.readouterr().out.splitlines()


def test_the_table_has_the_best_five_and_the_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    results = Results([row(0, 9.0), *(row(number, float(number)) for number in range(1, 8))])
    table = [line.split() for line in lines_of(results, capsys)]
    assert ["best", "1", "0.0009877", "1999", "1", "2", "0.5000", "1.2"] in table
    assert ["baseline", "0", "0.0009877", "1999", "9", "18", "0.5000", "1.2"] in table
    assert [words[0] for words in table if len(words) == 7 and words[0].isdigit()] == ["2", "3", "4", "5"]


@pytest.mark.parametrize("high", [None, 1234.5678])
def test_every_row_fits_80_columns_whole(
    high: float | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    low = None if high is None else 1.0
    lines = lines_of(
        Results([row(0, 1111.1111, low=low, high=high), row(12345, 1000.1111, low=low, high=high)]), capsys
    )
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row(0, 4.0), row(1, 1.0)], "4.00 times lower than the baseline's: 1 instead of 4."),
        ([row(0, 1.0), row(1, 4.0)], "No trial beat the baseline, whose val MSE is 1."),
        (
            [row(0, None, status="diverged"), row(1, 4.0)],
            "The best, trial 1, has a val MSE of 4; the baseline has none.",
        ),
        ([row(0, None, status="failed")], "No trial is complete, so there is no best one."),
        ([], "No trial is complete, so there is no best one."),
    ],
)
def test_the_sentence_says_what_the_best_bought(rows: list[Row], sentence: str) -> None:
    assert sentence in report.verdict(Results(rows))


def test_a_trial_that_was_pruned_low_is_not_the_best() -> None:
    results = Results([row(0, 2.0), row(1, 0.1, status="pruned")])
    assert results.best is results.rows[0]
    assert results.counts == {"complete": 1, "pruned": 1, "diverged": 0, "failed": 0}


def test_markdown_has_the_question_the_table_and_the_sentence() -> None:
    text = report.markdown(SWEEP, Results([row(0, 4.0), row(1, 1.0)]))
    assert SWEEP.question in text
    assert "| best | 1 | 0.0009877 | 1999 | 1 | 2 | 0.5000 | 1.2 |" in text
    assert "4.00 times lower" in text


def test_a_row_in_json_has_null_for_what_it_lacks() -> None:
    facts = json.loads(json.dumps(row(0, None, status="diverged").as_json(), allow_nan=False))
    assert facts == {"number": 0, "params": {"lr": 0.00098765, "epochs": 1999}} | dict.fromkeys(
        ("val_mse", "test_mse", "test_r2")
    )


def test_plain_lines_say_how_things_stand(capsys: pytest.CaptureFixture[str]) -> None:
    standing = display.Standing.of(Results([]), 4).plus(row(0, 3.0)).plus(row(1, 2.0)).plus(row(2, 5.0))
    display.Lines("s").ended(row(2, 5.0), "", standing)
    line = capsys.readouterr().err
    assert line.startswith("s 3/4: trial 2 complete (lr 0.0009877, epochs 1999), val MSE 5, best 2")


def test_ten_thousand_trials_make_about_a_hundred_lines(capsys: pytest.CaptureFixture[str]) -> None:
    standing, lines = display.Standing.of(Results([]), 10_000), display.Lines("s")
    for number in range(10_000):
        standing = standing.plus(row(number))
        lines.ended(row(number), "", standing)
    assert len(capsys.readouterr().err.splitlines()) == 100


def test_quiet_still_tells_of_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    standing = display.Standing.of(Results([]), 4)
    quiet = display.choose("s", quiet=True)
    quiet.ended(row(0), "", standing)
    quiet.ended(row(1, None, status="failed"), "no\nluck", standing)
    assert capsys.readouterr().err == "trial 1 failed: no luck\n"


def test_what_to_type_fits_where_the_record_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    here = report.commands("s", tracking_uri(), "7", "python sweeps/s.py", 30)
    assert here[0] == ("Browse", "mlflow ui")
    assert here[1][1].startswith("http://localhost:5000/#/experiments/7/runs")
    assert here[-1] == ("Go on", "python sweeps/s.py --trials 60")
    there = report.commands("s", "http://me:secret@host:5000", "7", "python sweeps/s.py", 30)
    assert there[0][0] == "Open"
    assert "host:5000/#/experiments/7/runs" in there[0][1]
    assert "secret" not in str(there)
