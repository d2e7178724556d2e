"""Search by a random forest: it learns from the trials so far what to expect where, and how surely.

For spaces of many choices. TPE looks at each parameter by itself, and takes a hundred trials to find out that a choice
is only good together with another; a tree splits on one after the other, and so learns what goes together.
"""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from numpy.random import Generator

Array = NDArray[np.float64]
Params = dict[str, Any]
Space = Mapping[str, BaseDistribution]

STARTUP = 12  # trials drawn at random, for the forest to begin with
EXPLORING = 0.05  # and the share of later ones, so that no region is written off for ever
TREES = 60
DRAWN, BEST, NEIGHBOURS = 600, 6, 40  # candidates: drawn at random, and neighbours of each of the best
STEP = 0.13  # how far a neighbour lies away in a number, as part of its range
LEARNED = 1000  # the newest trials, from which the forest is grown: with more it would take seconds


class Forest(optuna.samplers.BaseSampler):
    """Takes the candidate from which most improvement is expected.

    With mean m and standard deviation s of the trees' predictions for a candidate, and the lowest error b so far (all
    in logarithms, where errors are above 0), the expected improvement is

        EI = (b - m) Phi(u) + s phi(u),  u = (b - m) / s

    A trial that was pruned or diverged counts as worse than all others. Of a study with several objectives it draws at
    random.

    F. Hutter, H. Hoos and K. Leyton-Brown, Sequential model-based optimization for general algorithm configuration
    (SMAC), LION 5, 2011; with the extremely randomized trees of P. Geurts, D. Ernst and L. Wehenkel, 2006.

    Args:
        seed: of the search.
        draws: chooses as long as there is nothing to learn from.
        mixed: makes a seed of several parts.
    """

    def __init__(self, seed: int, draws: optuna.samplers.BaseSampler, mixed: Callable[..., int]) -> None:
        self._seed, self._draws, self._mixed = seed, draws, mixed

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every parameter that any trial was asked for, with its newest range: ranges can be extended."""
        over = _over(study)
        if len(over) < STARTUP or len(study.directions) > 1:
            return {}
        newest = {name: distribution for each in over for name, distribution in each.distributions.items()}
        return {name: newest[name] for each in reversed(over) for name in each.distributions}

    def sample_relative(self, study: optuna.Study, trial: FrozenTrial, search_space: Space) -> Params:
        """The most promising candidate; values for parameters that it turns out not to need are not asked for."""
        random = np.random.default_rng(self._mixed(self._seed, trial.number))
        if not search_space or random.random() < EXPLORING:
            return {}
        over = _over(study)
        known, errors = [_filled(search_space, each) for each in over], _errors(over)
        best = [known[at] for at in np.argsort(errors, kind="stable")[:BEST]]
        candidates = [{name: random.random() for name in search_space} for _ in range(DRAWN)]
        candidates += [_neighbour(search_space, place, random) for place in best for _ in range(NEIGHBOURS)]
        candidates = [_places(search_space, _params(search_space, each)) for each in candidates]
        mean, spread = _expected(_table(search_space, known), errors, _table(search_space, candidates), random)
        return _params(search_space, candidates[int(np.argmax(improvement(mean, spread, float(errors.min()))))])

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """What is not in the forest's space is drawn at random."""
        return self._draws.sample_independent(study, trial, param_name, param_distribution)


def improvement(mean: Array, spread: Array, lowest: float) -> Array:
    """The improvement on `lowest` to be expected of values that are normal with `mean` and `spread`.

    >>> [round(float(each), 3) for each in improvement(np.array([1.0, 3.0]), np.array([1e-9, 1.0]), 2.0)]
    [1.0, 0.083]
    """
    from scipy.special import ndtr

    u = (lowest - mean) / spread
    expected: Array = (lowest - mean) * ndtr(u) + spread * np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi)
    return expected


def _over(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))[-LEARNED:]


def _errors(trials: list[FrozenTrial]) -> Array:
    """What the forest learns: the logarithm of each error."""
    ends = [each.value if each.state == TrialState.COMPLETE else None for each in trials]
    there = [each for each in ends if each is not None] or [1.0]
    worst = max(there) + (max(there) - min(there) or 1.0)
    errors = np.array([worst if each is None else each for each in ends])
    return np.log(errors) if errors.min() > 0 else errors


def _expected(known: Array, errors: Array, candidates: Array, random: "Generator") -> tuple[Array, Array]:
    """Mean and standard deviation, over the trees, of the error of each candidate."""
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(TREES, max_features=0.7, random_state=int(random.integers(2**31)))
    forest.fit(known, errors)
    predicted = np.stack([tree.predict(candidates) for tree in forest.estimators_])
    return predicted.mean(axis=0), predicted.std(axis=0) + 1e-3  # where trees agree there is some doubt left


def _table(space: Space, places: "list[dict[str, float]]") -> Array:
    """A row for each of `places`, in [0, 1); a column for each number, and for each value of a choice."""
    columns: list[Array] = []
    for name, distribution in space.items():
        column = np.array([each[name] for each in places])
        if isinstance(distribution, CategoricalDistribution):
            count = len(distribution.choices)
            columns += [(np.floor(column * count) == value).astype(float) for value in range(count)]
        else:
            columns.append(column)
    return np.stack(columns, axis=1)


def _filled(space: Space, trial: FrozenTrial) -> dict[str, float]:
    """Where a trial lies. What it was not asked for is filled in at random: no tree can learn anything from that."""
    random = np.random.default_rng(trial.number)
    anywhere = {name: random.random() for name in space}
    return anywhere | _places(space, trial.params)


def _neighbour(space: Space, place: dict[str, float], random: "Generator") -> dict[str, float]:
    """One parameter drawn at random, and the numbers moved a little."""
    names = list(space)
    other = dict(place)
    for name, distribution in space.items():
        if not isinstance(distribution, CategoricalDistribution) and random.random() < 0.5:
            other[name] = float(np.clip(other[name] + STEP * random.normal(), 0.0, 1 - 1e-9))
    if random.random() < 0.75:
        other[names[random.integers(len(names))]] = random.random()
    return other


def _places(space: Space, params: Params) -> dict[str, float]:
    """Where parameters lie in their ranges, in [0, 1): of a choice, the middle of its share."""
    places = {}
    for name, distribution in space.items():
        if name not in params:
            continue
        if isinstance(distribution, CategoricalDistribution):
            places[name] = (distribution.to_internal_repr(params[name]) + 0.5) / len(distribution.choices)
        else:
            low, high, log = _range(distribution)
            value = math.log(params[name]) if log else float(params[name])
            places[name] = min(max((value - low) / (high - low), 0.0), 1 - 1e-9) if high > low else 0.5
    return places


def _params(space: Space, place: Mapping[str, float]) -> Params:
    """The parameters at a place."""
    params: Params = {}
    for name, distribution in space.items():
        if isinstance(distribution, CategoricalDistribution):
            params[name] = distribution.choices[int(place[name] * len(distribution.choices))]
            continue
        low, high, log = _range(distribution)
        value = low + place[name] * (high - low)
        value = math.exp(value) if log else value
        assert isinstance(distribution, FloatDistribution | IntDistribution)
        if distribution.step is not None and not log:
            value = distribution.low + round((value - distribution.low) / distribution.step) * distribution.step
        value = min(max(value, distribution.low), distribution.high)
        params[name] = round(value) if isinstance(distribution, IntDistribution) else value
    return params


def _range(distribution: BaseDistribution) -> tuple[float, float, bool]:
    """Both ends of a number's range, in the logarithm where it is logarithmic, and whether it is."""
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high, log = float(distribution.low), float(distribution.high), distribution.log
    return (math.log(low), math.log(high), True) if log else (low, high, False)
