"""The walk-through: SimpleNN's runs as outcomes, the fast path beside them, the tables, and the command."""

import json
import math
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knobwise.experiments import article as walkthrough
from knobwise.experiments import compare, problems
from knobwise.experiments.article import ROWS, Figures, Knob, Row, by_simple_nn, figures, knobs
from knobwise.experiments.article import tables as walkthrough_tables
from knobwise.experiments.article.tables import FAST, SIMPLE
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.run import run
from knobwise.nn_core.simple import SimpleNN
from knobwise.sweeps.commands import article
from knobwise.sweeps.commands import main as knobwise
from knobwise.sweeps.engine.workers import pool
from knobwise.sweeps.engine.workers.jobs import Job
from tests.conftest import ROOT, user_environment
from tests.sweeps.fakes import AtOnce

# between MLflow and SQLAlchemy
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")

SMALL = RunConfig(n_samples=60, epochs=230, lr=0.002, widths=(8, 8), dtype="float64")


def small_rows() -> tuple[Row, ...]:
    """The article's rows made small, with the figures that they really have as the published ones."""
    sizes = ((40, 30), (80, 30), (80, 60))
    configs = [RunConfig(n_samples=n, epochs=epochs, dtype="float64") for n, epochs in sizes]
    return tuple(Row(row.name, c, figures(by_simple_nn(c))) for row, c in zip(ROWS, configs, strict=True))


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    return small_rows()


@pytest.fixture(scope="module")
def done(rows: tuple[Row, ...]) -> dict[tuple[str, str], Outcome]:
    problem = problems.load("article")
    return {(row.name, SIMPLE): by_simple_nn(row.config) for row in rows} | {
        (row.name, FAST): run(problem, row.config, pictures=False) for row in rows
    }


def test_the_rows_turn_one_knob_at_a_time() -> None:
    assert [(row.config.n_samples, row.config.epochs) for row in ROWS] == [(1000, 2000), (10_000, 2000), (10_000, 4000)]
    assert {(row.config.lr, row.config.dtype, row.config.widths) for row in ROWS} == {(0.001, "float64", (64, 64, 64))}
    assert ROWS[0].config == RunConfig(dtype="float64")


def test_a_run_by_simple_nn_equals_training_it_in_one_go() -> None:
    outcome = by_simple_nn(SMALL)
    train = problems.load("article").train(60, 0)
    X = (train.X - train.X.mean(0)) / train.X.std(0)
    y = (train.y - train.y.mean()) / train.y.std()
    net = SimpleNN([2, 8, 8, 1])
    history = net.train(X, y, 230, 0.002)
    assert outcome.curves.epoch.tolist() == [epoch + 1 for epoch in history]
    assert outcome.curves.train_loss.tolist() == list(history.values())
    assert outcome.curves.val_epoch.tolist() == [100, 200, 230]
    assert outcome.metrics["n_parameters"] == 2 * 8 + 8 + 8 * 8 + 8 + 8 + 1
    assert set(outcome.pictures) == {
        "pictures/true_vs_predicted.png", "pictures/loss_curves.png", "pictures/error_surface.png",
    }  # fmt: skip


def test_the_fast_path_gives_the_same_outcome() -> None:
    slow, fast = by_simple_nn(SMALL), run(problems.load("article"), SMALL, pictures=False)
    assert figures(slow) == figures(fast)
    timed = {"train_seconds", "epochs_per_second"}
    for name in slow.metrics.keys() - timed:
        assert slow.metrics[name] == pytest.approx(fast.metrics[name], rel=1e-9), name
    assert slow.metrics.keys() == fast.metrics.keys()
    assert slow.datasets == fast.datasets
    np.testing.assert_allclose(slow.curves.train_loss, fast.curves.train_loss[slow.curves.epoch - 1], rtol=1e-9)
    assert slow.curves.val_loss[-1] == pytest.approx(fast.curves.val_loss[-1], rel=1e-9)


@pytest.mark.parametrize("change", [{"dtype": "float32"}, {"batch_size": 10}, {"seed": 3}, {"weight_decay": 0.1}])
def test_what_simple_nn_does_not_support_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"got another {next(iter(change))}$"):
        by_simple_nn(replace(SMALL, **change))


def test_the_effect_of_a_knob() -> None:
    knob = Knob("more data", "n_samples 1 -> 2", (12.0, 3.0), (2.0, 32.0))
    assert (knob.error_factor, knob.cost_factor) == (4, 16)
    # Sixteen times the time is four doublings; each leaves 1/sqrt(2) of the error: (1/sqrt 2)^4 = 1/4.
    assert knob.saved_per_doubling == pytest.approx(1 - math.sqrt(0.5))
    assert knob._replace(grid_mse=(3.0, 12.0)).saved_per_doubling < 0, "a knob may cost and harm"
    assert math.isnan(knob._replace(seconds=(2.0, 2.0)).saved_per_doubling)


def test_knobs_name_the_change(rows: tuple[Row, ...], done: dict[tuple[str, str], Outcome]) -> None:
    outcomes = [done[row.name, SIMPLE] for row in rows]
    data, epochs = knobs(rows, outcomes)
    assert (data.knob, epochs.knob) == ("n_samples 40 -> 80", "epochs 30 -> 60")
    assert data.grid_mse == (outcomes[0].metrics["test_mse"], outcomes[1].metrics["test_mse"])
    assert epochs.seconds == (outcomes[1].metrics["train_seconds"], outcomes[2].metrics["train_seconds"])


def test_tables_say_yes_only_where_it_is_so(rows: tuple[Row, ...], done: dict[tuple[str, str], Outcome]) -> None:
    assert walkthrough_tables.reproduced(rows, done)
    same = walkthrough_tables.equality(rows, done)
    assert [row[-2:] for row in same.rows] == [("yes", "yes")] * 3
    wrong = (rows[0]._replace(published=rows[0].published._replace(worst="0.1")), *rows[1:])
    assert not walkthrough_tables.reproduced(wrong, done)
    as_published = walkthrough_tables.equality(wrong, done).rows[0][-1]
    assert as_published == f"no: worst error {rows[0].published.worst}, not 0.1"
    swapped = {**done, (rows[0].name, FAST): done[rows[1].name, FAST]}
    assert not walkthrough_tables.reproduced(rows, swapped)
    assert walkthrough_tables.equality(rows, swapped).rows[0][-2].startswith("no: train MSE ")


def test_a_row_that_simple_nn_did_not_run_says_so(rows: tuple[Row, ...], done: dict[tuple[str, str], Outcome]) -> None:
    quick = {key: outcome for key, outcome in done.items() if key != (rows[2].name, SIMPLE)}
    assert [row[0] for row in walkthrough_tables.runs(rows, quick).rows] == [
        "baseline", "more data", "train longer (fast path)",
    ]  # fmt: skip
    assert walkthrough_tables.equality(rows, quick).rows[2][-2] == "not run"
    assert "seconds (fast path)" in walkthrough_tables.bought(rows, quick).head
    assert "seconds (SimpleNN)" in walkthrough_tables.bought(rows, done).head


def test_quick_runs_simple_nn_once() -> None:
    assert [(task.row.name, task.by, task.number) for task in article.tasks(ROWS, quick=True)] == [
        ("baseline", SIMPLE, 0), ("baseline", FAST, 1), ("more data", FAST, 2), ("train longer", FAST, 3),
    ]  # fmt: skip
    assert len(article.tasks(ROWS, quick=False)) == 6


def test_the_command_walks_through_and_records(
    rows: tuple[Row, ...], store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(article, "ROWS", rows)
    assert knobwise(["article", "--json", "--out", "shown"]) == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert out.count("\n") == 1
    assert answer["reproduced"] is True
    assert len(answer["runs"]) == 6
    assert "Every run has the article's figures, digit by digit." in err
    assert "0  2.739 -4.604" in err, "the data's head is shown"
    drawn = {path.name for path in (store / "shown").iterdir()}
    kinds = ("true_vs_predicted", "error_surface", "loss_curves")
    assert drawn >= {f"article_{run}_{kind}.png" for run in ("baseline", "more_data", "train_longer") for kind in kinds}
    assert drawn >= {"article_sample.png", "article_true_surface.png", "article_tables.md"}

    recorded = compare.runs("article")
    assert recorded["n_samples"].tolist() == [40, 80, 80] * 2
    assert recorded["baseline"].tolist() == [True] + [False] * 5
    np.testing.assert_allclose(recorded["test_mse"][:3], recorded["test_mse"][3:], rtol=1e-9)
    assert recorded["study"].unique().tolist() == [answer["study"]]


def test_figures_that_differ_are_reported_and_end_in_1(
    rows: tuple[Row, ...], workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = (rows[0]._replace(published=Figures("1", "2", "3", "4")), *rows[1:])
    monkeypatch.setattr(article, "ROWS", wrong)
    assert knobwise(["article", "--no-record", "--quick"]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "NOT every run has the article's figures." in shown
    assert "not run" in shown
    assert (workdir / "mlruns" / "article" / "article_more_data_true_vs_predicted.png").exists()
    assert not (workdir / "mlflow.db").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--quik"],
            "option must be one of --quick, --out, --no-record, --json, --help, got '--quik'; did you mean --quick?",
        ),
        (["fast"], "knobwise article: unknown word 'fast'"),
        (["--out"], "--out must be followed by a folder, got nothing"),
        (["--out", "--json"], "--out must be followed by a folder, got nothing"),
        (["--quick=yes"], "--quick must stand alone, got 'yes'"),
        (["--out", "file"], "--out must be a folder that can be written to, got 'file'"),
        (["--out=file/below"], "--out must be a folder that can be written to, got 'file/below'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    words: list[str], message: str, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workdir / "file").write_text("not a folder")
    assert knobwise(["article", *words]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert err.count("\n") == 1
    assert out == ""


def test_help_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert knobwise(["article", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option in ("--quick", "--no-record", "--json", "--out"))


def test_a_run_whose_worker_dies_is_made_again_and_one_that_fails_is_a_line(
    rows: tuple[Row, ...], workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deaths = [ConnectionError("gone"), ConnectionError("gone")]

    def dies_twice(job: Job) -> Outcome:
        if deaths:
            raise deaths.pop()
        return by_simple_nn(job.config)

    def raises(job: Job) -> Outcome:
        raise MemoryError("no room")

    monkeypatch.setattr(article, "ROWS", rows)
    monkeypatch.setattr(pool, "start", lambda *_: AtOnce())
    monkeypatch.setitem(article.WORK, SIMPLE, dies_twice)
    assert knobwise(["article", "--no-record", "--quick"]) == 0
    assert not deaths
    monkeypatch.setitem(article.WORK, SIMPLE, raises)
    capsys.readouterr()
    assert knobwise(["article", "--no-record", "--quick"]) == 1
    assert capsys.readouterr().err == "error: the run 'baseline' (SimpleNN) failed: MemoryError: no room\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_an_interrupt_ends_it_at_once(tmp_path: Path) -> None:
    code = """
import dataclasses, sys
from knobwise.sweeps.commands import article, main

article.ROWS = [row._replace(config=dataclasses.replace(row.config, epochs=10**8)) for row in article.ROWS]
sys.exit(main(["article", "--no-record"]))
"""  # which would take days
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=user_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "The runs." not in process.stdout.readline():
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert err == "interrupted\n"


def test_the_page_shows_the_articles_figures() -> None:
    page = (ROOT / "docs" / "article.md").read_text()
    for row in ROWS:
        config = row.config
        knobs_set = f"{config.n_samples:,} | {config.epochs:,} | {config.lr:g}"
        assert re.search(rf"\| {row.name} \| {re.escape(knobs_set)} \| {re.escape(' | '.join(row.published))} \|", page)
    assert walkthrough.PROBLEM in page
