"""Which study is resumed, and what must be the same."""

import dataclasses
from typing import Any

import optuna
import pytest
from optuna.storages import BaseStorage

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search import studies
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.study_attrs import NAME
from tests.sweeps.fakes import SWEEP


def options(**other: Any) -> Options:
    return Options(**{"trials": 1, "problem": "article", "sampler": "tpe", "pruner": "none", "name": "s", **other})


def storage_with(*names: tuple[str, str]) -> BaseStorage:
    storage = optuna.storages.InMemoryStorage()
    for key, base in names:
        optuna.create_study(storage=storage, study_name=key).set_user_attr(NAME, base)
    return storage


@pytest.mark.parametrize(
    ("there", "fresh", "key", "exists"),
    [
        ([], False, "s", False),
        ([], True, "s", False),
        ([("s", "s")], False, "s", True),
        ([("s", "s")], True, "s-2", False),
        ([("s", "s"), ("s-2", "s"), ("s-10", "s")], False, "s-10", True),
        ([("s", "s"), ("s-2", "s"), ("s-10", "s")], True, "s-11", False),
        ([("s", "s"), ("s-2", "s-2")], False, "s", True),
        ([("s", "s"), ("s-2", "s-2")], True, "s-3", False),
        ([("other", "other")], False, "s", False),
    ],
)
def test_the_newest_of_a_name(there: list[tuple[str, str]], fresh: bool, key: str, exists: bool) -> None:
    assert studies.choose(storage_with(*there), "s", fresh) == studies.Study(key, "s", exists)


def test_a_name_that_is_another_studys_key_is_refused() -> None:
    with pytest.raises(BadInput, match="got 's-2', which is a study of 's'"):
        studies.choose(storage_with(("s", "s"), ("s-2", "s")), "s-2", fresh=False)


def wider(trial: optuna.Trial) -> dict[str, Any]:
    return {"lr": trial.suggest_float("lr", 1e-4, 10.0, log=True), "epochs": trial.suggest_int("epochs", 100, 4000)}


def fewer(trial: optuna.Trial) -> dict[str, Any]:
    return {"lr": trial.suggest_float("lr", 1e-4, 1.0, log=True)}


@pytest.mark.parametrize(
    ("change", "asked", "difference"),
    [
        ({}, {"problem": "other"}, "problem 'article' then and 'other' now"),
        ({}, {"seeds": 3}, "seeds 1 then and 3 now"),
        ({"space": wider}, {}, "space's lr 0.0001 to 1, log scale then and 0.0001 to 10, log scale now"),
        ({"space": fewer}, {}, "space's epochs 100 to 4000 then and not in it now"),
        ({"fixed": RunConfig(n_samples=200, widths=(4,))}, {}, "fixed's n_samples 100 then and 200 now"),
        ({"name": "else"}, {}, "sweep 'formula' then and 'else' now"),
        ({"baseline": {"lr": 0.1, "epochs": 100}}, {}, "baseline's epochs 2000 then and 100 now"),
    ],
)
def test_what_differs_is_named(change: dict[str, Any], asked: dict[str, Any], difference: str) -> None:
    was = studies.fingerprint(SWEEP, options())
    now = studies.fingerprint(dataclasses.replace(SWEEP, **change), options(**asked))
    with pytest.raises(BadInput) as error:
        studies.check_same("s", was, now)
    assert difference in str(error.value)
    assert "--fresh" in str(error.value)


def test_another_sampler_pruner_seed_or_number_of_jobs_is_no_difference() -> None:
    was = studies.fingerprint(SWEEP, options())
    studies.check_same("s", was, studies.fingerprint(SWEEP, options(sampler="random", pruner="asha", seed=3, jobs=7)))
