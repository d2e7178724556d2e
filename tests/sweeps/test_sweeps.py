"""Every bundled sweep: its space, its baseline, its words, and that it can be planned."""

import ast
import dataclasses
import json
from pathlib import Path
from typing import Any, cast

import optuna
import pytest
from optuna.distributions import BaseDistribution
from optuna.trial import FixedTrial

from knobwise import sweeps
from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine.cli.command import main
from knobwise.sweeps.engine.results import pictures
from knobwise.sweeps.engine.results.results import Results, Row
from knobwise.sweeps.engine.results.table import fitted
from knobwise.sweeps.engine.results.trials_table import columns
from knobwise.sweeps.engine.search.pruners import PRUNERS
from knobwise.sweeps.engine.search.samplers import SAMPLERS, Draws
from knobwise.sweeps.engine.space import catalogue, distributions
from knobwise.sweeps.engine.sweep import Sweep

DRAWS = 50
EVERY = pytest.mark.parametrize("name", catalogue.names())


def config_of(sweep: Sweep, params: dict[str, Any]) -> RunConfig:
    return sweep.config(cast(optuna.Trial, FixedTrial(params)))


def drawn(sweep: Sweep, count: int) -> list[optuna.trial.FrozenTrial]:
    """Trials as random search asks for them; each must give a configuration that a run accepts."""
    study = optuna.create_study(sampler=Draws(0))
    for _ in range(count):
        sweep.config(study.ask())
    return study.get_trials(deepcopy=False)


def every_distribution(sweep: Sweep) -> dict[str, list[BaseDistribution]]:
    found = distributions.describe(sweep.space)
    return {name: [optuna.distributions.json_to_distribution(each) for each in texts] for name, texts in found.items()}


def test_the_sweeps_of_the_article_are_there() -> None:
    promised = {"lr_epochs", "samples", "widths", "all_knobs", "annealing_dropout", "one_to_one"}
    assert promised <= set(catalogue.names())


@EVERY
def test_its_name_is_its_file_and_its_docstring_says_how_to_run_it(name: str) -> None:
    sweep = catalogue.load(name)
    said = ast.get_docstring(ast.parse((Path(sweeps.__path__[0]) / f"{name}.py").read_text())) or ""
    assert sweep.name == name
    assert f"\n    python sweeps/{name}.py" in said
    assert sweep.question.endswith("?")
    assert said.splitlines()[0].startswith(sweep.question[:40])
    assert sweep.problem in problems.names()
    assert sweep.sampler in SAMPLERS
    assert sweep.pruner in PRUNERS


@EVERY
def test_its_baseline_is_a_point_of_its_space(name: str) -> None:
    sweep = catalogue.load(name)
    study = optuna.create_study(sampler=Draws(0))
    study.enqueue_trial(dict(sweep.baseline))
    trial = study.ask()
    config = sweep.config(trial)
    assert trial.params == dict(sweep.baseline), "the space does not ask for all of it, or for more"
    for parameter, distribution in trial.distributions.items():
        assert distribution._contains(distribution.to_internal_repr(sweep.baseline[parameter])), parameter
    assert config == config_of(sweep, dict(sweep.baseline))


@EVERY
def test_its_baseline_is_the_articles_network(name: str) -> None:
    if name == "tables":
        pytest.skip("it is not about the article's surface")
    config, article = config_of(catalogue.load(name), dict(catalogue.load(name).baseline)), RunConfig()
    assert (config.widths, config.activation) == (article.widths, article.activation)
    if name == "one_to_one":  # which begins where the article ended: at ten times the samples
        assert dataclasses.replace(config, n_samples=1000, epochs=2000) == article
    elif name != "annealing_dropout":  # which asks about troubles that the article's training does not get to
        assert config == article


@EVERY
def test_whatever_is_drawn_can_be_run(name: str) -> None:
    trials = drawn(catalogue.load(name), DRAWS)
    assert len({json.dumps(trial.params) for trial in trials}) > DRAWS // 2


@EVERY
def test_the_ends_of_its_space_can_be_run(name: str) -> None:
    """Smallest and largest of every parameter, in all branches that choices open (the first 200 of them)."""
    sweep = catalogue.load(name)
    for end in ("low", "high"):

        def levels(distribution: BaseDistribution, end: str = end) -> list[Any]:
            choices = getattr(distribution, "choices", None)
            return list(choices) if choices else [getattr(distribution, end)]

        for _, point in zip(range(200), distributions.points(sweep.space, levels), strict=False):
            config_of(sweep, point.params)


@EVERY
def test_its_knobs_are_asked_for_or_follow_from_what_is(name: str) -> None:
    sweep = catalogue.load(name)
    fields = {field.name for field in dataclasses.fields(RunConfig)}
    assert set(sweep.knobs) <= set(every_distribution(sweep)) | fields
    assert tuple(sweep.shown(dict(sweep.baseline))) == sweep.knobs, (
        "the table would have an empty cell in its first row"
    )
    assert sweep.knobs[0] in sweep.shown(drawn(sweep, 1)[0].params)


@EVERY
def test_a_parameter_that_stands_for_a_knob_of_a_run_bears_its_name(name: str) -> None:
    """A run must come out as its parameter of the same name says: tables and a resume rely on it."""
    sweep = catalogue.load(name)
    trials = drawn(sweep, DRAWS)
    configs = [config_of(sweep, dict(trial.params)) for trial in trials]
    fields = {field.name for field in dataclasses.fields(RunConfig)}
    for trial, config in zip(trials, configs, strict=True):
        assert all(getattr(config, name) == value for name, value in trial.params.items() if name in fields)
    searched = {name for name in fields if len({repr(getattr(config, name)) for config in configs}) > 1}
    renamed = {
        (parameter, name)
        for parameter in sweep.baseline
        for name in searched - {parameter}
        if all(trial.params.get(parameter) == getattr(c, name) for trial, c in zip(trials, configs, strict=True))
    }
    assert not renamed, "a field is searched under another name than its own"


@EVERY
def test_its_dry_run_says_what_it_would_do(name: str, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sweep = catalogue.load(name)
    assert main(sweep, ["--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["study"] == name
    assert said["first"][0] == dict(sweep.baseline)
    assert len(said["first"]) == 5
    assert set(sweep.baseline) <= set(said["space"])
    assert not list(workdir.iterdir())


@pytest.mark.parametrize("name", ["annealing_dropout", "lr_epochs", "samples"])
def test_a_grid_over_it_repeats_nothing(name: str, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(catalogue.load(name), ["--dry-run", "--json", "--sampler", "grid", "--trials", "6"]) == 0
    first = json.loads(capsys.readouterr().out)["first"]
    assert len({json.dumps(point, sort_keys=True) for point in first}) == len(first) == 5


@EVERY
def test_its_trials_fit_a_table_and_pictures(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = catalogue.load(name)
    rows = [
        row(number, params)
        for number, params in enumerate([dict(sweep.baseline), *(t.params for t in drawn(sweep, 8))])
    ]
    head, *body = fitted(columns(sweep, Results(rows)))
    assert set(sweep.knobs) <= set(head)
    if len(sweep.knobs) <= 4:
        assert sum(max(map(len, column)) + 1 for column in zip(head, *body, strict=True)) - 1 <= 80
    found = pictures.study_pictures(sweep, Results(rows))
    assert "pictures/trials.png" in found
    assert all(picture.startswith(b"\x89PNG") for picture in found.values())


def row(number: int, params: dict[str, Any]) -> Row:
    return Row(
        number=number,
        params=params,
        status="complete",
        val_mse=12.34567 - number,
        test_mse=13.56789 - number,
        test_r2=0.912345,
        epochs=2000,
        seconds=12.3456,
        low=None,
        high=None,
        n_parameters=8577.0 + number,
    )


def test_an_impossible_combination_is_seen() -> None:
    """What the draws above are for: a space whose batches can be larger than the sample."""
    faulty = dataclasses.replace(
        catalogue.load("lr_epochs"),
        space=lambda trial: {
            "n_samples": trial.suggest_categorical("n_samples", [100, 1000]),
            "batch_size": trial.suggest_categorical("batch_size", [0, 500]),
        },
    )
    with pytest.raises(ValueError, match="batch_size must be at most n_samples"):
        drawn(faulty, DRAWS)


def test_a_grid_that_nobody_could_walk_is_refused(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(distributions, "MOST_POINTS", 20)
    assert main(catalogue.load("lr_epochs"), ["--dry-run", "--sampler", "grid"]) == 2
    assert "--sampler grid must have at most 20 points" in capsys.readouterr().err


def test_knobs_are_shown_as_a_reader_of_the_article_knows_them() -> None:
    widths = catalogue.load("widths")
    assert widths.shown({"depth": 2, "width_1": 64, "width_2": 32, "lr": 0.01}) == {"widths": (64, 32), "lr": 0.01}
    one = catalogue.load("one_to_one")
    whole = {"activation": "silu", "optimizer": "lbfgs", "schedule": "constant"}
    shown = one.shown({**whole, "initializer": "he_normal", "loss": "mse"})
    assert shown == {**whole, "initializer": "he_normal", "loss": "mse"}
    assert "lr" not in shown, "it was not asked for"
