"""The order of a grid's points, such that no point and, where possible, no epoch is computed twice."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import optuna

from knobwise.sweeps.engine.trials.prefixes import params_but_epochs

Params = dict[str, Any]


def shortest_first(points: Iterable[Params]) -> list[Params]:
    """`points` in their order, except that points which differ in `epochs` alone are sorted by `epochs`.

    A run can be continued from the end of a shorter one, but not the other way round.

    >>> shortest_first([{"lr": 1, "epochs": 9}, {"lr": 2, "epochs": 9}, {"lr": 1, "epochs": 3}])
    [{'lr': 1, 'epochs': 3}, {'lr': 2, 'epochs': 9}, {'lr': 1, 'epochs': 9}]
    """
    ordered = list(points)
    places: dict[str, list[int]] = defaultdict(list)
    for place, point in enumerate(ordered):
        places[params_but_epochs(point)].append(place)
    for group in places.values():
        by_epochs = sorted((ordered[place] for place in group), key=lambda point: point.get("epochs", 0))
        for place, point in zip(group, by_epochs, strict=True):
            ordered[place] = point
    return ordered


def lengths(points: Iterable[Params]) -> dict[str, list[int]]:
    """The epochs of points that differ in nothing else, by their other parameters: where a run saves checkpoints.

    >>> lengths([{"lr": 1, "epochs": 9}, {"lr": 1, "epochs": 3}])
    {'{"lr": 1}': [3, 9]}
    """
    by_shared: dict[str, list[int]] = defaultdict(list)
    for point in points:
        if "epochs" in point:
            by_shared[params_but_epochs(point)].append(point["epochs"])
    return {shared: sorted(epochs) for shared, epochs in by_shared.items()}


def untried(points: Iterable[Params], study: optuna.Study) -> Iterator[Params]:
    """The points that are not among the study's trials, finished, running or queued."""
    trials = study.get_trials(deepcopy=False)
    tried = [trial.params or trial.system_attrs.get("fixed_params", {}) for trial in trials]
    return itertools.filterfalse(lambda point: any(_same(point, other) for other in tried), points)


def _same(one: Params, other: Params) -> bool:
    return one.keys() == other.keys() and all(
        math.isclose(value, other[name], rel_tol=1e-9) if isinstance(value, float) else value == other[name]
        for name, value in one.items()
    )
