"""Making a sweep fit its problem: data that end bound the samples, and classes call for a loss of their own."""

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
"""Rows of a table that a trial has at most, unless `--samples` says otherwise."""


def suited(sweep: Sweep, options: Options) -> Sweep:
    """The sweep as it can be run on the problem of `options`.

    Where the data end, a sweep that does not search the number of samples gives every trial all rows (up to
    `--samples`), and one that does searches up to as many. Classes are trained on their cross-entropy, and the loss is
    in question no more.

    Raises:
        BadInput: the baseline is no run, or the problem has too few samples.
    """
    problem = problems.load(options.problem)
    if problem.most is not None:
        sweep = _ending(sweep, min(problem.most, options.samples or MOST), bool(options.samples))
    elif options.samples:
        raise BadInput(
            f"--samples must go with data that end, got --problem {problem.shown}, which can have any number"
        )
    if problem.classes:
        sweep = _of_classes(sweep, compat.loss_for(problem, sweep.fixed.loss))
    _check(sweep, problem)
    return sweep


def _ending(sweep: Sweep, most: int, up_to: bool) -> Sweep:
    """The sweep on `most` samples; where it searches their number, `up_to` them even if its own space has fewer."""
    batch = min(sweep.fixed.batch_size, most)
    if space.largest(sweep.space, "n_samples") is None:
        return dataclasses.replace(sweep, fixed=dataclasses.replace(sweep.fixed, n_samples=most, batch_size=batch))
    return dataclasses.replace(
        sweep,
        space=Suited(sweep.space, most=most, up_to=up_to),
        baseline={**sweep.baseline, "n_samples": min(sweep.baseline["n_samples"], most)},
        fixed=dataclasses.replace(sweep.fixed, batch_size=batch),
    )


def _of_classes(sweep: Sweep, loss: str) -> Sweep:
    return dataclasses.replace(
        sweep,
        space=Suited(sweep.space, loss=loss),
        fixed=dataclasses.replace(sweep.fixed, loss=loss),
        baseline={name: value for name, value in sweep.baseline.items() if name != "loss"},
        knobs=tuple(knob for knob in sweep.knobs if knob != "loss"),
    )


def _check(sweep: Sweep, problem: Problem) -> None:
    """Refuse a sweep whose baseline is no run on `problem`.

    Raises:
        BadInput: a value is out of range, or there are too few samples; one line.
    """
    try:
        baseline = sweep.config(cast(optuna.Trial, FixedTrial(dict(sweep.baseline))))
        compat.check_suits(baseline, problem)
    except ValueError as error:
        raise BadInput(f"the baseline of {sweep.name} is no run: {error}") from None


@dataclass(frozen=True)
class Suited:
    """A space, asked for no more samples than there are, and for no loss where the targets decide it.

    Attributes:
        space: a sweep's.
        most: the samples there are; None for any number.
        up_to: whether `most` is asked for even where the space has only fewer.
        loss: for classes, the one to train with; "" where the space may choose.
    """

    space: Space
    most: int | None = None
    up_to: bool = False
    loss: str = ""

    def __call__(self, trial: optuna.Trial) -> dict[str, Any]:
        """The fields of a configuration that follow from what `trial` is asked for."""
        knobs = self.space(cast(optuna.Trial, _Asked(trial, self)))
        if self.most is not None and "batch_size" in knobs:
            knobs["batch_size"] = min(knobs["batch_size"], knobs.get("n_samples", self.most))
        return {**knobs, "loss": self.loss} if self.loss else knobs


class _Asked:
    """A trial that answers as `suited` bounds it, and in all else as itself."""

    def __init__(self, trial: optuna.Trial, suited: Suited) -> None:
        self._trial = trial
        self._suited = suited

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trial, name)

    def suggest_int(self, name: str, low: int, high: int, **how: Any) -> int:
        most = self._suited.most
        if name == "n_samples" and most is not None:
            high = most if self._suited.up_to else min(high, most)
            low = min(low, max(2, high // 4))
        return self._trial.suggest_int(name, low, high, **how)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        if name == "loss" and self._suited.loss:
            return self._suited.loss
        if name == "n_samples" and self._suited.most is not None:
            choices = sizes(choices, self._suited.most, self._suited.up_to)
        return self._trial.suggest_categorical(name, choices)


def sizes(choices: Sequence[int], most: int, up_to: bool = False) -> list[int]:
    """The sizes of sample among `choices` that `most` samples allow, and `most`; halves of it where few are left.

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
