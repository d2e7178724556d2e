"""Walking a grid: in an order that repeats nothing, neither a point nor, where it can be helped, an epoch."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import optuna

from knobwise.sweeps.engine.trials.prefixes import params_but_epochs

Params = dict[str, Any]


def shortest_first(points: Iterable[Params]) -> list[Params]:
    """`points` in their order, but those that differ in `epochs` alone swap places, so that the shorter come first.

    A run goes on from where a shorter one ended, but cannot go back to where a longer one began.

    >>> shortest_first([{"lr": 1, "epochs": 9}, {"lr": 2, "epochs": 9}, {"lr": 1, "epochs": 3}])
    [{'lr': 1, 'epochs': 3}, {'lr': 2, 'epochs': 9}, {'lr': 1, 'epochs': 9}]
    """
    ordered = list(points)
    places: dict[str, list[int]] = defaultdict(list)
    for place, point in enumerate(ordered):
        places[params_but_epochs(point)].append(place)
    for those in places.values():
        group = sorted((ordered[place] for place in those), key=lambda point: point.get("epochs", 0))
        for place, point in zip(those, group, strict=True):
            ordered[place] = point
    return ordered


def lengths(points: Iterable[Params]) -> dict[str, list[int]]:
    """The epochs of all points that differ in nothing else, by what they share: where a longer run leaves a checkpoint.

    >>> lengths([{"lr": 1, "epochs": 9}, {"lr": 1, "epochs": 3}])
    {'{"lr": 1}': [3, 9]}
    """
    found: dict[str, list[int]] = defaultdict(list)
    for point in points:
        if "epochs" in point:
            found[params_but_epochs(point)].append(point["epochs"])
    return {shared: sorted(epochs) for shared, epochs in found.items()}


def untried(points: Iterable[Params], study: optuna.Study) -> Iterator[Params]:
    """The points that are not among the study's trials, whether these are over, running or in the queue."""
    trials = study.get_trials(deepcopy=False)
    tried = [trial.params or trial.system_attrs.get("fixed_params", {}) for trial in trials]
    return itertools.filterfalse(lambda point: any(_same(point, other) for other in tried), points)


def _same(one: Params, other: Params) -> bool:
    return one.keys() == other.keys() and all(
        math.isclose(value, other[name], rel_tol=1e-9) if isinstance(value, float) else value == other[name]
        for name, value in one.items()
    )
