"""What is printed at the end: the table, the sentences, the JSON, and the display on the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from knobwise.experiments.record.stores import tracking_uri
from knobwise.sweeps import all_knobs
from knobwise.sweeps.engine.driver import progress
from knobwise.sweeps.engine.results import present, table, trials_table
from knobwise.sweeps.engine.results.results import Results, Row
from knobwise.sweeps.engine.results.summary import sentences
from knobwise.sweeps.engine.trials.running_trial import Status
from knobwise.sweeps.lr_epochs import SWEEP


def row(number: int, val_mse: float | None = 1.0, *, status: Status = "complete", **other: Any) -> Row:
    test_mse = None if val_mse is None else 2 * val_mse
    facts: dict[str, Any] = {"params": {"lr": 0.00098765, "epochs": 1999}, "epochs": 1999, "seconds": 1.25}
    facts |= {"test_mse": test_mse, "test_r2": None if val_mse is None else 0.5, "low": None, "high": None, **other}
    return Row(number=number, status=status, val_mse=val_mse, **facts)


def lines_of(results: Results, capsys: pytest.CaptureFixture[str]) -> list[str]:
    present.show(SWEEP, results, [], [], [("Browse", "mlflow ui")])
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
    assert sentence in " ".join(sentences(SWEEP, Results(rows)))


def text_of(results: Results, capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(" ".join(lines_of(results, capsys)).split())


def label_of(results: Results) -> dict[int, str]:
    labels, numbers = (column.texts for column in trials_table.columns(SWEEP, results)[:2])
    return dict(zip(map(int, numbers), labels, strict=True))


def test_with_replicates_the_table_marks_trials_tied_with_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    seeds = {0: (9.0, 9.2, 8.8), 1: (2.0, 2.1, 1.9), 2: (2.05, 2.0, 2.1), 3: (4.0, 4.1, 3.9)}
    results = Results([row(n, sum(of) / 3, seeds=of, low=1.0, high=10.0) for n, of in seeds.items()])
    assert label_of(results) == {1: "best", 2: "≈", 3: "", 0: "baseline"}
    text = text_of(results, capsys)
    assert "Trial 1 is not distinguishable from trial 2 on these seeds: the difference may be chance." in text
    assert "≈ is not distinguishable from the best on these seeds." in text
    assert "± is half of the 95% interval" in text
    assert "One seed does not show" not in text


def test_one_seed_shows_no_difference_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of(Results([row(0, 9.0), row(1, 1.0)]), capsys)
    assert "One seed does not show how much of a difference is chance: --confirm 3 or --seeds 5 would." in text
    assert "≈" not in text
    assert "One seed" not in text_of(Results([row(0, 9.0)]), capsys)


def confirmed() -> Results:
    fresh = {0: (10.0, 9.5, 10.2), 1: (3.5, 4.0, 3.8), 2: (3.3, 3.9, 3.7), 3: (None, 4.0, 4.0)}
    searched = {0: 9.0, 1: 3.0, 2: 3.2, 3: 3.25, 4: 4.0, 5: 5.0, 6: 6.0}
    return Results([row(n, value, fresh=fresh.get(n, ())) for n, value in searched.items()])


def test_the_best_is_chosen_on_fresh_seeds_and_the_selection_bias_is_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = confirmed()
    assert results.best is results.rows[2]
    text = text_of(results, capsys)
    # means over fresh seeds: 9.9, 3.767, 3.633
    assert "2.72 times lower than the baseline's on 3 fresh seeds: 3.633 instead of 9.9." in text
    assert (
        "Trial 1 led the search with a val MSE of 3 and has 3.767 on fresh seeds: a selection bias of 0.767 (20%)."
        in text
    )
    assert "Trial 2 had a val MSE of 3.2 and has 3.633 on fresh seeds: a selection bias of 0.433 (12%)." in text
    assert "Trial 3 diverged on a fresh seed, and so cannot be the best." in text
    assert "Trial 2 is not distinguishable from trial 1 on these seeds" in text
    assert label_of(results) == {2: "best", 1: "≈", 3: "", 4: "", 5: "", 0: "baseline"}
    cells = {cell[1]: cell for cell in table.fitted(trials_table.columns(SWEEP, results))}
    at = cells["trial"].index("fresh seeds")
    # Student's t for 2 degrees of freedom: 4.302653 * 0.30551 / sqrt(3) = 0.759
    assert [cells[number][at] for number in "234"] == ["3.633 ± 0.76", "diverged", ""]


def test_a_best_trial_without_selection_bias() -> None:
    rows = [row(0, 9.0, fresh=(9.0, 9.1)), row(1, 3.0, fresh=(2.9, 2.8))]
    said = sentences(SWEEP, Results(rows))
    assert said[-1] == ("Trial 1 led the search with a val MSE of 3 and has 2.85 on fresh seeds: no selection bias.")


def test_while_a_leader_is_not_confirmed_the_search_decides() -> None:
    results = confirmed()
    rows = [*results.rows, row(7, 0.5)]
    assert Results(rows).best is rows[7]
    assert Results(rows).ranking.fresh_seeds == 0


def test_the_baseline_may_be_the_best_and_may_be_tied() -> None:
    won = Results([row(0, 3.0, fresh=(3.0, 3.1)), row(1, 2.0, fresh=(3.5, 3.3))])
    said = " ".join(sentences(SWEEP, won))
    assert "No trial beat the baseline, whose val MSE is 3.05 on 2 fresh seeds." in said
    assert "The baseline is not distinguishable from trial 1 on these seeds" in said
    assert "selection bias" in said
    assert said.count("Trial 0") == said.count("The baseline had") == 0, "it was not selected"
    lost = Results([row(0, 3.0, fresh=(3.4, 3.1)), row(1, 2.0, fresh=(3.0, 3.2))])
    assert "Trial 1 is not distinguishable from the baseline on these seeds" in " ".join(sentences(SWEEP, lost))
    assert label_of(lost)[0] == "≈ baseline"


def test_all_that_diverge_on_fresh_seeds_leave_the_search_to_decide() -> None:
    results = Results([row(0, 9.0, fresh=(None,)), row(1, 1.0, fresh=(None,))])
    assert results.best is results.rows[1]
    assert "The baseline and trial 1 diverged on a fresh seed" in " ".join(sentences(SWEEP, results))


def test_a_study_that_weighs_a_cost_shows_its_front(capsys: pytest.CaptureFixture[str]) -> None:
    points = {0: (9.0, 1e9), 1: (10.0, 1e8), 2: (5.0, 4e8), 3: (6.0, 5e8), 4: (2.0, 3e9)}
    results = Results([row(n, error, cost=cost) for n, (error, cost) in points.items()], ("val_mse", "flops"))
    assert [front.number for front in results.front] == [4, 2, 1]
    assert label_of(results) == {4: "", 2: "", 1: "", 0: "baseline"}
    text = text_of(results, capsys)
    assert "The front has 3 of 5 complete trials: no other trial is lower in both val MSE and flops." in text
    assert "from trial 1 (val MSE 10, flops 1e+08) to trial 4 (val MSE 2, flops 3e+09)." in text
    many = Results([row(n, 100.0 - n, cost=float(n)) for n in range(1, 60)], ("val_mse", "flops"))
    shown = list(label_of(many))
    assert (len(shown), shown[0], shown[-1]) == (10, 59, 1)


def test_columns_give_way_until_the_table_fits_a_terminal() -> None:
    params = {
        **all_knobs.SWEEP.baseline,
        "width_1": 100,
        "width_2": 100,
        "width_3": 120,
        "lr": 0.00098765,
        "n_samples": 10000,
    }
    rows = [row(n, 1234.5 + n, fresh=(1234.3, 1230.0, 1210.0), params=params) for n in range(4)]
    cells = table.fitted(trials_table.columns(all_knobs.SWEEP, Results(rows)))
    assert cells[0] == ["", "trial", "lr", "epochs", "n_samples", "widths", "val MSE", "fresh seeds"]
    assert sum(max(map(len, column)) + 1 for column in zip(*cells, strict=True)) <= 80


def test_a_trial_that_was_pruned_low_is_not_the_best() -> None:
    results = Results([row(0, 2.0), row(1, 0.1, status="pruned")])
    assert results.best is results.rows[0]
    assert results.counts == {"complete": 1, "pruned": 1, "diverged": 0, "failed": 0}


def test_markdown_has_the_question_the_table_and_the_sentence() -> None:
    text = present.markdown(SWEEP, Results([row(0, 4.0), row(1, 1.0)]), [])
    assert SWEEP.question in text
    assert "| best | 1 | 0.0009877 | 1999 | 1 | 2 | 0.5000 | 1.2 |" in text
    assert "4.00 times lower" in text


def test_a_row_in_json_has_null_for_what_it_lacks() -> None:
    facts = json.loads(json.dumps(row(0, None, status="diverged").as_json(), allow_nan=False))
    assert facts == {"number": 0, "params": {"lr": 0.00098765, "epochs": 1999}} | dict.fromkeys(
        ("val_mse", "test_mse", "test_r2")
    )


def test_plain_lines_say_how_things_stand(capsys: pytest.CaptureFixture[str]) -> None:
    standing = progress.Progress.of(Results([]), 4).plus(row(0, 3.0)).plus(row(1, 2.0)).plus(row(2, 5.0))
    progress.Lines("s").ended(row(2, 5.0), "", standing)
    line = capsys.readouterr().err
    assert line.startswith("s 3/4: trial 2 complete (lr 0.0009877, epochs 1999), val MSE 5, best 2")


def test_ten_thousand_trials_make_about_a_hundred_lines(capsys: pytest.CaptureFixture[str]) -> None:
    standing, lines = progress.Progress.of(Results([]), 10_000), progress.Lines("s")
    for number in range(10_000):
        standing = standing.plus(row(number))
        lines.ended(row(number), "", standing)
    assert len(capsys.readouterr().err.splitlines()) == 100


def test_quiet_still_tells_of_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    standing = progress.Progress.of(Results([]), 4)
    quiet = progress.choose("s", quiet=True)
    quiet.ended(row(0), "", standing)
    quiet.ended(row(1, None, status="failed"), "no\nluck", standing)
    assert capsys.readouterr().err == "trial 1 failed: no luck\n"


def test_what_to_type_fits_where_the_record_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    here = present.commands("s", tracking_uri(), "7", "python sweeps/s.py", 30)
    assert here[0] == ("Browse", "mlflow ui")
    assert here[1][1].startswith("http://localhost:5000/#/experiments/7/runs")
    assert here[-1] == ("Resume", "python sweeps/s.py --trials 60")
    there = present.commands("s", "http://me:secret@host:5000", "7", "python sweeps/s.py", 30)
    assert there[0][0] == "Open"
    assert "host:5000/#/experiments/7/runs" in there[0][1]
    assert "secret" not in str(there)
