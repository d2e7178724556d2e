"""The edges of a space at which a trial lies, and how far each range could be extended."""

import dataclasses
import math
import warnings
from collections.abc import Iterator
from typing import Any, cast

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FixedTrial

from knobwise.experiments import compat
from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Problem
from knobwise.experiments.ranges import Edge, near_end
from knobwise.sweeps.engine.space.widened import Range, further, widened
from knobwise.sweeps.engine.sweep import Sweep

FACTOR = 2.0  # on a logarithmic scale, an end is moved by so many times
SHARE = 0.5  # on a linear one, by this share of the range
FEW = 3  # values that a list must have: of two, one end is always the best

Params = dict[str, Any]


def of(sweep: Sweep, params: Params, problem: Problem) -> list[Edge]:
    """The knobs of a trial that lie at an end of what was searched.

    An end beyond which no run is possible (all the rows of a table, a dropout of 0) is no edge.

    Args:
        sweep: with the ranges that were searched.
        params: of the trial.
        problem: limits the number of samples.
    """
    edges = []
    for knob, distribution in searched(sweep, params).items():
        if isinstance(distribution, CategoricalDistribution):
            edges += _of_list(sweep, params, knob, distribution, problem)
        elif isinstance(distribution, FloatDistribution | IntDistribution):
            low, high = distribution.low, distribution.high
            upper = near_end(params[knob], low, high, log=distribution.log)
            beyond = None if upper is None else _beyond(sweep, params, knob, distribution, problem, upper=upper)
            if upper is not None and beyond is not None:
                edges.append(Edge(knob=knob, value=params[knob], low=low, high=high, upper=upper, beyond=beyond))
    return edges


def searched(sweep: Sweep, params: Params) -> dict[str, Any]:
    """The distributions of the parameters of a trial."""
    trial = FixedTrial(dict(params))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a trial that was trained longer lies outside of its range
        sweep.space(cast(optuna.Trial, trial))
    return dict(trial.distributions)


def _beyond(
    sweep: Sweep, params: Params, knob: str, distribution: Range, problem: Problem, *, upper: bool
) -> float | None:
    """The end to which a range can be extended: half as far where a run is not possible there, and so on; or None."""
    for end in _ends(distribution, upper=upper):
        if knob == "n_samples" and problem.most is not None:
            end = min(end, problem.most)  # noqa: PLW2901
            if upper and end <= distribution.high:
                return None
        wider = widened(sweep, further([], knob, distribution, end, upper=upper))
        if _runs(wider, params | {knob: end}, problem):
            return end
    return None


def _ends(distribution: Range, *, upper: bool) -> Iterator[float]:
    low, high, whole = distribution.low, distribution.high, isinstance(distribution, IntDistribution)
    for halves in range(3):
        if distribution.log:
            factor = FACTOR ** (0.5**halves)
            end = high * factor if upper else low / factor
        else:
            step = distribution.step or 0.0
            by = SHARE * (high - low) * 0.5**halves
            by = step * max(1, round(by / step)) if step else by
            end = high + by if upper else low - by
        end = round(end) if whole else end
        kept_sign = end > 0 or end >= low or low < 0 or (end == 0 and not whole)  # a count stays one, a size too
        if kept_sign and end != (high if upper else low):
            yield end


def _of_list(
    sweep: Sweep, params: Params, knob: str, distribution: CategoricalDistribution, problem: Problem
) -> list[Edge]:
    """The edge of a list of numbers."""
    choices, value = list(distribution.choices), params[knob]
    numbers = sorted({each for each in choices if isinstance(each, int | float) and not isinstance(each, bool)})
    all_samples = knob == "batch_size" and 0 in numbers  # 0 stands for all, which no batch is larger than
    numbers = [each for each in numbers if each or knob != "batch_size"]
    if len(numbers) < FEW or len(numbers) < len(choices) - all_samples or knob == "seed":
        return []
    if value == numbers[-1] and not all_samples:
        upper, end = True, _next(numbers[-2], numbers[-1])
    elif value == numbers[0]:
        upper, end = False, _next(numbers[1], numbers[0])
    else:
        return []
    config = sweep.config(cast(optuna.Trial, FixedTrial(dict(params))))
    if hasattr(config, knob):
        end = round(end) if isinstance(getattr(config, knob), int) else end
        if end == value or not _valid(config, {knob: end}, problem):
            return []
    return [Edge(knob=knob, value=value, low=numbers[0], high=numbers[-1], upper=upper, listed=True)]


def _next(before: float, last: float) -> float:
    """The number that continues a list: by the same factor, or where there is none, by the same difference."""
    return last * last / before if before > 0 and last > 0 else last + (last - before)


def _runs(sweep: Sweep, params: Params, problem: Problem) -> bool:
    """Whether a run with these parameters is possible; parameters that the space asks for besides are drawn."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.enqueue_trial(params)
    try:
        return _fits(sweep.config(study.ask()), problem)
    except ValueError:
        return False


def _valid(config: RunConfig, changed: Params, problem: Problem) -> bool:
    try:
        return _fits(dataclasses.replace(config, **changed), problem)
    except ValueError:
        return False


def _fits(config: RunConfig, problem: Problem) -> bool:
    """Raises ValueError, as `compat.check_fits`."""
    compat.check_fits(config, problem)
    return all(math.isfinite(each) for each in (config.lr, config.weight_decay, config.dropout))
