"""The sampler that learns from trees: what it may choose, that it repeats itself, that it finds what goes together."""

import math
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from knobwise.sweeps.engine.search import samplers
from knobwise.sweeps.engine.search.forest import STARTUP, _params, _places

SPACE = {
    "lr": FloatDistribution(1e-4, 0.1, log=True),
    "depth": IntDistribution(1, 9, step=2),
    "kind": CategoricalDistribution(("a", "b", 3)),
    "fixed": FloatDistribution(2.0, 2.0),
}


def ask(study: optuna.Study) -> tuple[optuna.Trial, dict[str, Any]]:
    """Only `b` has a rate, and it is good at 0.01 alone; `a` and `c` are middling, whatever else."""
    trial = study.ask()
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    turned = trial.suggest_categorical("turned", [False, True])
    rate = trial.suggest_float("rate", 1e-4, 1.0, log=True) if kind == "b" else None
    return trial, {"kind": kind, "turned": turned, "rate": rate}


def error(params: dict[str, Any]) -> float:
    if params["rate"] is None:
        return 1.0
    return 0.001 + (math.log10(params["rate"]) + 2) ** 2 + 2 * (not params["turned"])


def search(sampler: str, seed: int, trials: int) -> list[float]:
    study = optuna.create_study(sampler=samplers.make(sampler, seed, 0))
    for _ in range(trials):
        trial, params = ask(study)
        study.tell(trial, error(params))
    return [trial.value for trial in study.trials if trial.value is not None]


def test_it_finds_what_goes_together() -> None:
    found = [min(search("forest", seed, 40)) for seed in range(3)]
    drawn = [min(search("random", seed, 40)) for seed in range(3)]
    assert sorted(found)[1] < sorted(drawn)[1] / 3
    assert max(found) < 0.1


def test_it_chooses_the_same_again() -> None:
    assert search("forest", 3, STARTUP + 6) == search("forest", 3, STARTUP + 6)
    assert search("forest", 3, STARTUP + 6) != search("forest", 4, STARTUP + 6)


def test_gone_on_with_it_continues_where_it_stopped() -> None:
    whole = search("forest", 0, STARTUP + 6)
    study = optuna.create_study(sampler=samplers.make("forest", 0, 0))
    for number in range(STARTUP + 6):
        study.sampler = samplers.make("forest", 0, number)
        trial, params = ask(study)
        study.tell(trial, error(params))
    assert [trial.value for trial in study.trials] == whole


def test_a_diverged_trial_counts_as_the_worst() -> None:
    study = optuna.create_study(sampler=samplers.make("forest", 0, 0))
    for _ in range(40):
        trial = study.ask()
        lr = trial.suggest_float("lr", 0, 1)
        bad = lr > 0.5
        study.tell(trial, None if bad else 1.0 + lr, state=TrialState.PRUNED if bad else TrialState.COMPLETE)
    later = [trial.params["lr"] for trial in study.trials[-20:]]
    assert sum(lr > 0.5 for lr in later) <= 5


def test_of_two_objectives_it_draws_at_random() -> None:
    study = optuna.create_study(sampler=samplers.make("forest", 0, 0), directions=["minimize", "minimize"])
    for _ in range(STARTUP + 3):
        trial = study.ask()
        study.tell(trial, [trial.suggest_float("lr", 0, 1), 1.0])
    assert len({trial.params["lr"] for trial in study.trials}) == STARTUP + 3


@settings(max_examples=100)
@given(st.fixed_dictionaries({name: st.floats(0, 1, exclude_max=True) for name in SPACE}))
def test_every_place_is_a_point_of_the_space_and_back(place: dict[str, float]) -> None:
    params = _params(SPACE, place)
    assert all(SPACE[name]._contains(SPACE[name].to_internal_repr(value)) for name, value in params.items())
    assert _params(SPACE, _places(SPACE, params)) == pytest.approx(params)
