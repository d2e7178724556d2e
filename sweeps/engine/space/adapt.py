"""Adapts a sweep to its problem: limited data bound the number of samples, and classes decide the loss."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import optuna
from optuna.trial import FixedTrial

from knobwise.experiments import compat, problems
from knobwise.experiments.data.problem import Problem
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import distributions as space
from knobwise.sweeps.engine.space.distributions import Space
from knobwise.sweeps.engine.sweep import Sweep

MOST = 10_000
"""Rows of a table that a trial has at most, without `--samples`."""


def adapted(sweep: Sweep, options: Options) -> Sweep:
    """The sweep, changed so that it can be run on the problem of `options`.

    Where the number of rows is limited, a sweep that does not search the number of samples gives every trial all rows
    (up to `--samples`), and one that does searches up to that many. Classes are trained on their cross-entropy, and the
    loss is no longer searched.

    Raises:
        BadInput: the baseline is not a valid run, or the problem has too few samples.
    """
    problem = problems.load(options.problem)
    if problem.most is not None:
        sweep = _limited(sweep, min(problem.most, options.samples or MOST), bool(options.samples))
    elif options.samples:
        raise BadInput(
            f"--samples must go with data that end, got --problem {problem.shown}, which can have any number"
        )
    if problem.classes:
        sweep = _for_classes(sweep, compat.loss_for(problem, sweep.fixed.loss))
    _check(sweep, problem)
    return sweep


def _limited(sweep: Sweep, most: int, up_to: bool) -> Sweep:
    """The sweep on `most` samples; where it searches their number, with `up_to` also above the largest of its space."""
    batch = min(sweep.fixed.batch_size, most)
    if space.largest(sweep.space, "n_samples") is None:
        return dataclasses.replace(sweep, fixed=dataclasses.replace(sweep.fixed, n_samples=most, batch_size=batch))
    return dataclasses.replace(
        sweep,
        space=Adapted(sweep.space, most=most, up_to=up_to),
        baseline={**sweep.baseline, "n_samples": min(sweep.baseline["n_samples"], most)},
        fixed=dataclasses.replace(sweep.fixed, batch_size=batch),
    )


def _for_classes(sweep: Sweep, loss: str) -> Sweep:
    return dataclasses.replace(
        sweep,
        space=Adapted(sweep.space, loss=loss),
        fixed=dataclasses.replace(sweep.fixed, loss=loss),
        baseline={name: value for name, value in sweep.baseline.items() if name != "loss"},
        knobs=tuple(knob for knob in sweep.knobs if knob != "loss"),
    )


def _check(sweep: Sweep, problem: Problem) -> None:
    """Refuse a sweep whose baseline cannot be run on `problem`.

    Raises:
        BadInput: a value is out of range, or there are too few samples; one line.
    """
    try:
        baseline = sweep.config(cast(optuna.Trial, FixedTrial(dict(sweep.baseline))))
        compat.check_fits(baseline, problem)
    except ValueError as error:
        raise BadInput(f"the baseline of {sweep.name} is no run: {error}") from None


@dataclass(frozen=True)
class Adapted:
    """A space with a limit on the number of samples, and without the loss where the targets decide it.

    Attributes:
        space: a sweep's.
        most: number of samples, at most; None for no limit.
        up_to: whether the number of samples is searched up to `most` even where the space ends below it.
        loss: for classes, the one to train with; "" where the space may choose.
    """

    space: Space
    most: int | None = None
    up_to: bool = False
    loss: str = ""

    def __call__(self, trial: optuna.Trial) -> dict[str, Any]:
        """The fields of a configuration that follow from the parameters of `trial`."""
        knobs = self.space(cast(optuna.Trial, _AdaptedTrial(trial, self)))
        if self.most is not None and "batch_size" in knobs:
            knobs["batch_size"] = min(knobs["batch_size"], knobs.get("n_samples", self.most))
        return {**knobs, "loss": self.loss} if self.loss else knobs


class _AdaptedTrial:
    """A trial whose suggestions keep to the limits of `space`."""

    def __init__(self, trial: optuna.Trial, space: Adapted) -> None:
        self._trial = trial
        self._space = space

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trial, name)

    def suggest_int(self, name: str, low: int, high: int, **how: Any) -> int:
        most = self._space.most
        if name == "n_samples" and most is not None:
            high = most if self._space.up_to else min(high, most)
            low = min(low, max(2, high // 4))
        return self._trial.suggest_int(name, low, high, **how)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        if name == "loss" and self._space.loss:
            return self._space.loss
        if name == "n_samples" and self._space.most is not None:
            choices = sizes(choices, self._space.most, self._space.up_to)
        return self._trial.suggest_categorical(name, choices)


def sizes(choices: Sequence[int], most: int, up_to: bool = False) -> list[int]:
    """The sample sizes of `choices` below `most`, and `most`; where few are left, `most` halved repeatedly.

    >>> sizes([100, 300, 1000, 3000, 10_000], 1150)
    [100, 300, 1000, 1150]
    >>> sizes([100, 300, 1000, 3000, 10_000], 283)
    [35, 70, 141, 283]
    """
    if max(choices) <= most and not up_to:
        return list(choices)
    kept = sorted({size for size in choices if size < most} | {most})
    few = min(4, len(choices))
    return kept if len(kept) >= few else sorted({max(2, most >> halves) for halves in range(few)})
