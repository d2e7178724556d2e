"""Which pictures a study has, by what is asked."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from knobwise.experiments.plots.study import cost_front, knob_map, search_progress, single_knob, structures
from knobwise.sweeps.engine.results.pictures import columns, study_pictures
from knobwise.sweeps.engine.results.results import Results, Row
from knobwise.sweeps.engine.space import catalogue
from knobwise.sweeps.engine.trials.running_trial import Status

FIGURES = (cost_front, single_knob, knob_map, search_progress, structures)


def row(
    number: int, params: dict[str, Any], val_mse: float | None = 1.0, status: Status = "complete", **other: Any
) -> Row:
    facts: dict[str, Any] = {
        "test_mse": val_mse,
        "test_r2": 0.5,
        "epochs": 10,
        "seconds": 1.0,
        "low": None,
        "high": None,
    }
    return Row(number=number, params=params, val_mse=val_mse, status=status, **{**facts, **other})


def study(name: str, *changes: dict[str, Any], **other: Any) -> list[Row]:
    """The baseline of a sweep, and trials that differ from it."""
    baseline = dict(catalogue.load(name).baseline)
    return [row(at, {**baseline, **each}, 9.0 - at, **other) for at, each in enumerate([{}, *changes])]


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of figure that are drawn, in order."""
    found: list[str] = []
    for module in FIGURES:

        def draw(*given: Any, _draw: Any = module.draw, _name: str = module.__name__, **more: Any) -> Figure:
            found.append(_name.rpartition(".")[2])
            figure: Figure = _draw(*given, **more)
            return figure

        monkeypatch.setattr(module, "draw", draw)
    return found


@pytest.mark.parametrize(
    ("name", "change", "kind", "slices"),
    [
        ("lr_epochs", {"lr": 0.002}, "knob_map", False),
        ("samples", {"n_samples": 100}, "single_knob", True),
        ("widths", {"width_1": 32}, "structures", True),
        ("all_knobs", {"lr": 0.002}, "search_progress", True),
        ("annealing_dropout", {"schedule": "cosine"}, "single_knob", True),
        ("one_to_one", {"activation": "silu"}, "search_progress", True),
    ],
)
def test_a_picture_fits_the_question(
    name: str, change: dict[str, Any], kind: str, slices: bool, used: list[str]
) -> None:
    found = study_pictures(catalogue.load(name), Results(study(name, change, n_parameters=8577.0)))
    assert used == [kind]
    assert set(found) == {"pictures/trials.png"} | ({"pictures/slices.png"} if slices else set())
    assert all(imread(io.BytesIO(picture)).ndim == 3 for picture in found.values())


def test_a_study_that_weighs_a_cost_has_its_front(used: list[str]) -> None:
    results = Results(study("lr_epochs", {"lr": 0.002}, cost=1e9), ("val_mse", "flops"))
    assert "pictures/trials.png" in study_pictures(catalogue.load("lr_epochs"), results)
    assert used == ["cost_front"]


@pytest.mark.parametrize("status", ["diverged", "pruned", "failed"])
def test_without_a_complete_trial_there_is_no_picture(status: Status) -> None:
    baseline = dict(catalogue.load("lr_epochs").baseline)
    assert study_pictures(catalogue.load("lr_epochs"), Results([row(0, baseline, None, status)])) == {}
    assert study_pictures(catalogue.load("lr_epochs"), Results([])) == {}


@pytest.mark.parametrize("name", catalogue.names())
def test_one_complete_trial_is_enough_and_one_that_failed_does_no_harm(name: str) -> None:
    rows = [row(0, {}, None, "failed"), row(1, dict(catalogue.load(name).baseline))]
    assert "pictures/trials.png" in study_pictures(catalogue.load(name), Results(rows))


def test_columns_have_layers_and_perceptrons_for_widths() -> None:
    sweep = catalogue.load("widths")
    rows = study("widths", {"depth": 1, "width_1": 5})
    shallow = row(1, {"depth": 1, "width_1": 5, "lr": 0.01}, 2.0)
    trials = columns(sweep, [rows[0], shallow], {1: "best"})
    assert dict(trials.knobs) == {"layers": [3, 1], "perceptrons": [192, 5], "lr": [0.001, 0.01]}
    assert {"lr", "perceptrons"} == set(trials.log)
    assert trials.words == {1: "best"}


def test_columns_know_the_choices_in_the_order_of_the_space() -> None:
    trials = columns(catalogue.load("annealing_dropout"), study("annealing_dropout", {"schedule": "cosine"}), {})
    assert trials.choices["schedule"][:4] == ["constant", "step", "exponential", "cosine"]
    assert trials.choices["dropout"][:2] == [0.0, 0.02]
    assert "lr" not in trials.choices


def test_a_knob_that_a_trial_was_not_asked_for_has_no_place() -> None:
    sweep = catalogue.load("one_to_one")
    rows = study("one_to_one")
    alone = {name: value for name, value in sweep.baseline.items() if name not in ("lr", "batch_size")}
    trials = columns(sweep, [*rows, row(1, {**alone, "optimizer": "lbfgs"})], {})
    assert trials.knobs["lr"] == [0.001, None]
    assert trials.knobs["batch_size"] == [0, None]


def test_the_learning_curve_has_the_test_error(monkeypatch: pytest.MonkeyPatch) -> None:
    given: Sequence[Any] = []

    def draw(*_: Any, drawn: Any, drawn_name: str) -> Figure:
        nonlocal given
        given = [drawn.tolist(), drawn_name]
        return Figure(figsize=(1, 1))

    monkeypatch.setattr(single_knob, "draw", draw)
    rows = [row(0, dict(catalogue.load("samples").baseline), 3.0, test_mse=4.0)]
    study_pictures(catalogue.load("samples"), Results([*rows, row(1, rows[0].params, None, "diverged")]))
    assert given[1] == "test MSE"
    np.testing.assert_array_equal(given[0], [4.0, np.nan])
