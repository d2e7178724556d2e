"""The distributions of a space and the points of a grid over it, found by running the space for every branch."""

import functools
import itertools
import json
import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.trial import FrozenTrial

from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.space.independent import OneByOne

Space = Callable[[optuna.Trial], dict[str, Any]]
Levels = Callable[[BaseDistribution], list[Any]]

GRID_LEVELS = 7
FEW = 6  # a whole number with at most this many values may decide which other parameters exist (as a depth)
MOST_BRANCHES = 2000
MOST_POINTS = 50_000


class Point(NamedTuple):
    """A point of a space.

    Attributes:
        params: by name.
        distributions: of each parameter, by name.
    """

    params: dict[str, Any]
    distributions: dict[str, BaseDistribution]


def points(space: Space, levels: Levels) -> Iterator[Point]:
    """Every point of `space` where each parameter has the values that `levels` returns for its distribution.

    The space is run once for each point, counting up like an odometer: so a parameter that exists only for some values
    of others is in those points alone.
    """
    odometer = _Odometer(levels)
    study = optuna.create_study(sampler=odometer)
    while True:
        trial = study.ask()
        space(trial)
        frozen = study.get_trials(deepcopy=False)[-1]
        yield Point(dict(frozen.params), dict(frozen.distributions))
        if not odometer.advance():
            return


@functools.cache  # called several times in a session, and takes a second for a space of many choices
def describe(space: Space) -> dict[str, list[str]]:
    """The distributions of every parameter of `space`, as JSON text by name, to compare spaces.

    >>> describe(lambda trial: {"lr": trial.suggest_float("lr", 0.5, 1.0)})["lr"]
    ['{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.5, "high": 1.0, "log": false}}']
    """
    by_name: dict[str, list[str]] = {}
    for point in itertools.islice(points(space, _branches), MOST_BRANCHES):
        for name, distribution in point.distributions.items():
            text = distribution_to_json(distribution)
            if text not in by_name.setdefault(name, []):
                by_name[name].append(text)
    return by_name


def largest(space: Space, name: str) -> int | None:
    """The largest value of the whole number `name` in `space`; None where the space does not have it."""
    return largest_of(describe(space).get(name, []))


def largest_of(texts: list[str]) -> int | None:
    """The largest value of a whole number by the JSON texts of its distributions; None where there are none."""
    spaces = [json.loads(text)["attributes"] for text in texts]
    return max((int(max(each.get("choices") or [each["high"]])) for each in spaces), default=None)


def grid(space: Space, seed: int) -> list[Point]:
    """The points of a grid over `space`, shuffled, so that the first of them are spread over it.

    Raises:
        BadInput: there are more than `MOST_POINTS`.
    """
    shuffled = list(itertools.islice(points(space, grid_levels), MOST_POINTS + 1))
    if len(shuffled) > MOST_POINTS:
        raise BadInput(f"--sampler grid must have at most {MOST_POINTS:,} points to try, got a space with more")
    random.Random(seed).shuffle(shuffled)
    return shuffled


def grid_levels(distribution: BaseDistribution) -> list[Any]:
    """At most 7 values spread evenly over `distribution` (evenly in the logarithm where it is logarithmic).

    Of a categorical distribution all choices.

    >>> grid_levels(IntDistribution(1, 1000, log=True))
    [1, 3, 10, 32, 100, 316, 1000]
    """
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if not isinstance(distribution, FloatDistribution | IntDistribution):
        raise TypeError(f"a grid knows no levels for {distribution}")
    low, high = distribution.low, distribution.high
    shares = [i / (GRID_LEVELS - 1) for i in range(GRID_LEVELS)]
    if distribution.log:
        values = [math.exp(math.log(low) + share * (math.log(high) - math.log(low))) for share in shares]
        values[0], values[-1] = low, high
    else:
        values = [low + share * (high - low) for share in shares]
    if distribution.step is not None and not distribution.log:
        values = [low + round((value - low) / distribution.step) * distribution.step for value in values]
    if isinstance(distribution, IntDistribution):
        values = [round(value) for value in values]
    return list(dict.fromkeys(values))


def readable(text: str) -> str:
    """A distribution's JSON text, for people.

    >>> readable(distribution_to_json(FloatDistribution(1e-4, 0.1, log=True)))
    '0.0001 to 0.1, log scale'
    """
    attributes = json.loads(text)["attributes"]
    if "choices" in attributes:
        return "one of " + ", ".join(str(choice) for choice in attributes["choices"])
    scale = ", log scale" if attributes["log"] else ""
    step = "" if attributes.get("step") in (None, 1) else f", in steps of {attributes['step']:g}"
    return f"{attributes['low']:g} to {attributes['high']:g}{scale}{step}"


def _branches(distribution: BaseDistribution) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, IntDistribution) and (distribution.high - distribution.low) // distribution.step < FEW:
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    return [distribution.low] if isinstance(distribution, FloatDistribution | IntDistribution) else [None]


class _Odometer(OneByOne):
    """Suggests the values of `levels` in order; `advance` moves the last wheel that is not at its end."""

    def __init__(self, levels: Levels) -> None:
        self._levels = levels
        self._wheels: list[tuple[list[Any], int]] = []  # the values of each parameter, and the index of the current one
        self._at = 0

    def advance(self) -> bool:
        """Go to the next point; False after the last."""
        del self._wheels[self._at :]
        while self._wheels and self._wheels[-1][1] == len(self._wheels[-1][0]) - 1:
            self._wheels.pop()
        self._at = 0
        if self._wheels:
            values, up = self._wheels[-1]
            self._wheels[-1] = (values, up + 1)
        return bool(self._wheels)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        if self._at == len(self._wheels):
            self._wheels.append((self._levels(param_distribution), 0))
        values, up = self._wheels[self._at]
        self._at += 1
        return values[up]
