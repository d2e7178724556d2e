"""The studies of coverage and of pruning, at a size of seconds."""

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import all_knobs, asha, coverage
from benchmarks.asha import Climb
from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.workers import pool
from knobwise.sweeps.engine.workers.pool import Workers
from knobwise.sweeps.lr_epochs import SWEEP

TINY = dataclasses.replace(SWEEP, fixed=RunConfig(n_samples=20, widths=(4,)))


@pytest.fixture
def workers() -> Iterator[Workers]:
    started = pool.start("local", 1, "")
    yield started
    started.close()


def tiny_space(monkeypatch: pytest.MonkeyPatch, longest: int) -> Sweep:
    sweep = dataclasses.replace(
        TINY,
        space=lambda trial: {
            "lr": trial.suggest_float("lr", 1e-3, 3e-3, log=True),
            "epochs": trial.suggest_int("epochs", 40, longest, log=True),
        },
        baseline={"lr": 0.001, "epochs": 40},
    )
    monkeypatch.setattr("knobwise.sweeps.lr_epochs.SWEEP", sweep)
    return sweep


def test_coverage_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_space(monkeypatch, 80)
    monkeypatch.setattr(coverage, "QUICK", coverage.Study(2, 10))
    file = tmp_path / "coverage.json"
    assert coverage.main(["--quick", "--json", str(file)]) == 0
    result = json.loads(file.read_text())
    assert (result["configurations"], result["seeds"], result["group"]) == (2, 10, 5)
    assert 0 <= result["coverage"] <= 1
    for each in result["each"]:
        assert len(each["val_mse"]) == len(set(each["val_mse"])) == 10
        assert each["mean"] == pytest.approx(np.mean(each["val_mse"]))
        assert each["disjoint"] in (0, 0.5, 1)
    assert "of the 95% intervals from 5 seeds hold the mean of 10" in capsys.readouterr().out


def test_coverage_of_a_normal_error_is_95_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    monkeypatch.setattr(coverage, "REDEALT", 200)
    found = [coverage.covered((5 + random.normal(size=200)).tolist(), random) for _ in range(20)]
    assert np.mean([each.disjoint for each in found]) == pytest.approx(0.95, abs=0.025)
    assert np.mean([each.redealt for each in found]) == pytest.approx(0.95, abs=0.025)
    assert coverage.skewness([1.0, 2.0, 3.0]) == pytest.approx(0)
    assert coverage.skewness([1.0, 1.0, 4.0]) == pytest.approx(2 / math.sqrt(8))


def test_a_configuration_that_diverges_has_no_mean(workers: Workers) -> None:
    assert coverage.errors("article", RunConfig(n_samples=20, epochs=50, lr=1e6), 5, workers) == []


def test_asha_command_replays_what_the_sweep_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_space(monkeypatch, 700)
    result_file, curves = tmp_path / "asha.json", tmp_path / "curves.json"
    options = ["--seeds", "2", "--trials", "8", "--json", str(result_file), "--curves", str(curves)]
    assert asha.main(options) == 0
    result = json.loads(result_file.read_text())
    assert len(result["seeds"]) == 2
    for each in result["seeds"]:
        assert each["epochs"]["asha"] <= each["epochs"]["none"]
        assert each["share"] == each["epochs"]["asha"] / each["epochs"]["none"]
        assert each["val_mse"]["asha"] >= each["val_mse"]["none"]
    assert all(
        rung % rungs.FIRST == 0
        for table in json.loads(curves.read_text())
        for row in table
        for rung in map(int, row[2])
    )
    assert "ASHA (rungs from" in capsys.readouterr().out


def climbed(number: int, values: list[float], epochs: int) -> Climb:
    at = {rungs.FIRST * rungs.FACTOR**k: value for k, value in enumerate(values[:-1])}
    return Climb(number, RunConfig(epochs=epochs), at, values[-1], epochs)


def test_a_replay_by_hand() -> None:
    climbs = [
        climbed(0, [9.0, 9.0, 9.0], 5000),  # the baseline: last, and not pruned
        climbed(1, [5.0, 4.0, 3.0], 5000),  # best so far at every rung
        climbed(2, [6.0, 1.0, 0.5], 5000),  # behind at the first rung: pruned, though it would have won
        climbed(3, [4.0, 5.0, math.inf], 3000),  # best at the first rung, behind at the second
    ]
    whole, pruned = asha.replay(climbs, "none"), asha.replay(climbs, "asha")
    assert (whole.epochs, whole.pruned, whole.best.number) == (18000, 0, 2)
    first, second = rungs.FIRST, rungs.FIRST * rungs.FACTOR
    assert (pruned.epochs, pruned.pruned, pruned.best.number) == (10000 + first + second, 2, 1)


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        (coverage.main, ["--jobs", "0"], "jobs must be a whole number >= 1, got 0"),
        (asha.main, ["--seeds", "0"], "seeds must be a whole number >= 1, got 0"),
        (asha.main, ["--seeds", "2", "--live", "3"], "live must be at most the 2 seeds, got 3"),
    ],
)
def test_bad_usage_is_one_line(
    command: Callable[[list[str]], int], arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command(arguments)
    assert said in capsys.readouterr().err


def test_four_knobs_are_compared_with_two_by_their_winners(capsys: pytest.CaptureFixture[str]) -> None:
    def won(test_mse: float, fresh: float) -> dict[str, Any]:
        return all_knobs.Winner(3, {"lr": 0.01}, test_mse, fresh, 90.0)._asdict()

    rows = [
        {"all_knobs": won(1.0, 3.0), "lr_epochs": won(2.0, 2.5)},
        {"all_knobs": won(1.0, 1.0), "lr_epochs": won(2.0, 2.0)},
    ]
    assert all_knobs.verdict(rows) == (
        "all_knobs has the lower test MSE with 2 of 2 seeds of the search, and the lower mean over fresh seeds with 1."
    )
    assert all_knobs.line(0, rows[0]).startswith(
        "seed 0: all_knobs trial 3: test MSE 1.000, on fresh seeds 3.000, 90 s"
    )
    with pytest.raises(SystemExit):
        all_knobs.main(["--seeds", "0"])
    assert capsys.readouterr().err.endswith("seeds must be a whole number >= 1, got 0\n")


def test_a_winner_is_read_from_the_record_of_its_sweep() -> None:
    found = all_knobs.winner("all_knobs", 0, 3)
    assert set(found.params) >= {"lr", "epochs", "n_samples", "depth"}
    assert 0 < found.test_mse < math.inf
    assert 0 < found.fresh_test_mse < math.inf
    assert found.train_seconds > 0
