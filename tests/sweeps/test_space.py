"""Playing a space through: its distributions, and the points of a grid."""

from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from knobwise.sweeps.engine.space import distributions


def structure(trial: optuna.Trial) -> dict[str, Any]:
    depth = trial.suggest_int("depth", 1, 3)
    widths = [trial.suggest_int(f"width{i}", 8, 128, log=True) for i in range(depth)]
    return {"widths": tuple(widths)}


def test_describe_finds_parameters_that_only_some_branches_ask_for() -> None:
    assert set(distributions.describe(structure)) == {"depth", "width0", "width1", "width2"}


def test_describe_tells_two_ranges_apart() -> None:
    narrow = distributions.describe(lambda trial: {"lr": trial.suggest_float("lr", 0.1, 0.2)})
    wide = distributions.describe(lambda trial: {"lr": trial.suggest_float("lr", 0.1, 0.3)})
    assert narrow != wide


def test_describe_keeps_both_distributions_of_a_name_that_has_two() -> None:
    def two(trial: optuna.Trial) -> dict[str, Any]:
        high = 1.0 if trial.suggest_categorical("kind", ["a", "b"]) == "a" else 2.0
        return {"lr": trial.suggest_float("lr", 0.1, high)}

    assert [distributions.readable(text) for text in distributions.describe(two)["lr"]] == ["0.1 to 1", "0.1 to 2"]


def test_a_grid_is_the_product_of_the_levels_and_repeats_nothing() -> None:
    def flat(trial: optuna.Trial) -> dict[str, Any]:
        return {"lr": trial.suggest_float("lr", 1e-3, 1e-1, log=True), "kind": trial.suggest_categorical("k", "abc")}

    points = [tuple(point.params.items()) for point in distributions.grid(flat, seed=0)]
    assert len(points) == len(set(points)) == 7 * 3


def test_a_grid_over_branches_has_each_branchs_own_points() -> None:
    def branches(trial: optuna.Trial) -> dict[str, Any]:
        for i in range(trial.suggest_int("depth", 1, 2)):
            trial.suggest_categorical(f"w{i}", [8, 16])
        return {}

    found = sorted(str(sorted(point.params.items())) for point in distributions.grid(branches, seed=0))
    assert len(found) == 2 + 4
    assert found == sorted(set(found))


def test_the_order_of_a_grid_is_the_seeds() -> None:
    orders = [[point.params for point in distributions.grid(structure, seed)] for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize(
    ("distribution", "levels"),
    [
        (FloatDistribution(0, 6), [0, 1, 2, 3, 4, 5, 6]),
        (FloatDistribution(1e-6, 1, log=True), [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]),
        (IntDistribution(1, 3), [1, 2, 3]),
        (IntDistribution(0, 100, step=50), [0, 50, 100]),
        (CategoricalDistribution(["a", "b"]), ["a", "b"]),
    ],
)
def test_levels_of_a_grid(distribution: optuna.distributions.BaseDistribution, levels: list[Any]) -> None:
    assert distributions.grid_levels(distribution) == pytest.approx(levels) if levels[0] != "a" else levels
    for level in distributions.grid_levels(distribution):
        assert distribution._contains(distribution.to_internal_repr(level))


def test_largest() -> None:
    assert distributions.largest(structure, "width0") == 128
    assert distributions.largest(structure, "epochs") is None
