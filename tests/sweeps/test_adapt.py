"""A sweep adapted to its problem: samples bounded by the data, the loss decided by the classes."""

from typing import Any

import optuna
import pytest
from optuna.trial import FixedTrial

from knobwise.experiments import problems
from knobwise.experiments.data.problem import Part, Problem
from knobwise.sweeps import all_knobs, lr_epochs, one_to_one, samples
from knobwise.sweeps.engine.cli.sweep_options import parse
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import distributions
from knobwise.sweeps.engine.space.adapt import MOST, adapted, sizes
from knobwise.sweeps.engine.sweep import Sweep
from tests.sweeps.fakes import table_problem

ARTICLE = "article"


def options(sweep: Sweep, problem: str, samples: int = 0) -> Options:
    return Options(trials=1, problem=problem, sampler="random", pruner="none", name=sweep.name, samples=samples)


@pytest.fixture
def problem(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A problem of 500 training rows, with as many classes as the test says."""
    made = table_problem(most=500, classes=getattr(request, "param", 0))
    monkeypatch.setitem(problems._LOADED, made.name, made)
    return made.name


def drawn(sweep: Sweep, count: int = 200) -> list[dict[str, Any]]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    return [sweep.config(study.ask()).as_dict() for _ in range(count)]


def test_the_article_is_left_as_it_is() -> None:
    for sweep in (all_knobs.SWEEP, one_to_one.SWEEP, lr_epochs.SWEEP):
        assert adapted(sweep, options(sweep, ARTICLE)) is sweep


def test_a_sweep_that_searches_the_samples_is_bounded_by_them(problem: str) -> None:
    sweep = adapted(all_knobs.SWEEP, options(all_knobs.SWEEP, problem))
    counts = [config["n_samples"] for config in drawn(sweep)]
    assert max(counts) <= 500
    assert len(set(counts)) > 50
    assert sweep.baseline["n_samples"] == 500
    assert sweep.config(FixedTrial(dict(sweep.baseline))).n_samples == 500  # type: ignore[arg-type]


def test_a_sweep_over_listed_sizes_keeps_those_that_there_are(problem: str) -> None:
    sweep = adapted(samples.SWEEP, options(samples.SWEEP, problem))
    assert {point.params["n_samples"] for point in distributions.grid(sweep.space, 0)} == {62, 125, 250, 500}


def test_a_sweep_that_does_not_search_them_takes_every_row(problem: str) -> None:
    sweep = adapted(lr_epochs.SWEEP, options(lr_epochs.SWEEP, problem))
    assert {config["n_samples"] for config in drawn(sweep, 5)} == {500}


def test_large_data_are_bounded_unless_more_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = table_problem(most=100_000, classes=0)
    monkeypatch.setitem(problems._LOADED, made.name, made)
    assert adapted(lr_epochs.SWEEP, options(lr_epochs.SWEEP, made.name)).fixed.n_samples == MOST
    sweep = adapted(all_knobs.SWEEP, options(all_knobs.SWEEP, made.name, samples=40_000))
    assert distributions.largest(sweep.space, "n_samples") == 40_000


@pytest.mark.parametrize(("problem", "loss"), [(2, "binary_cross_entropy"), (3, "cross_entropy")], indirect=["problem"])
def test_classes_decide_the_loss(problem: str, loss: str) -> None:
    sweep = adapted(one_to_one.SWEEP, options(one_to_one.SWEEP, problem))
    configs = drawn(sweep)
    assert {config["loss"] for config in configs} == {loss}
    assert all(config["batch_size"] <= config["n_samples"] <= 500 for config in configs)
    assert "loss" not in distributions.describe(sweep.space)
    assert "loss" not in sweep.knobs


def test_samples_of_data_without_end_are_refused() -> None:
    with pytest.raises(BadInput, match="--samples must go with data that end, got --problem article"):
        adapted(lr_epochs.SWEEP, options(lr_epochs.SWEEP, ARTICLE, samples=10))


def test_sizes_are_halved_where_few_are_left() -> None:
    assert sizes([100, 1000], 1000) == [100, 1000]
    assert sizes([1000, 10_000], 700) == [350, 700]
    assert sizes([100, 300, 1000], 5000, up_to=True) == [100, 300, 1000, 5000]


def test_options_about_the_problem_become_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    asked = parse(lr_epochs.SWEEP, ["--problem", "friedman1", "--noise", "0.5"], "p")
    assert asked.problem == "friedman1?noise=0.5"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--problem", "artcle"], "--problem must be one of .*article.*, got 'artcle'; did you mean article\\?"),
        (["--noise", "1"], "problem article takes no options, got noise"),
        (["--problem", "friedman1?noise=1", "--noise", "2"], "noise must be given once, got '1' and '2'"),
        (["--problem", "friedman1", "--noise", "loud"], "noise of problem friedman1 must be a number, got 'loud'"),
        (["--samples", "1"], "--samples must be a whole number >= 2"),
    ],
)
def test_a_wrong_problem_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse(lr_epochs.SWEEP, words, "p")


def test_a_fake_is_a_problem() -> None:
    made: Problem = table_problem(most=10, classes=3)
    assert isinstance(made.train(4, 0), Part)
    assert made.train(4, 0).y.sum(axis=1).tolist() == [1.0] * 4
