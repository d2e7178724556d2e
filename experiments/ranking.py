"""The ranking of a study's trials: the best, those tied with it, the finalists of the confirmation, the baseline.

The one implementation: the terminal, `knobwise best` and `list`, the report, the champion, `compare.best` and `--json`
all ask it. They differ only in where they read the trials from, Optuna or MLflow.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import NamedTuple

from knobwise.experiments.statistics import tied_with_best

LEADERS = 3
"""Trials that lead the search and are confirmed on fresh seeds, before one of them is named the best."""


class Trial(NamedTuple):
    """What the rank of a trial depends on.

    Attributes:
        number: counted from 0.
        status: `complete`, `pruned`, `diverged` or `failed`.
        val_mse: of the search; None where it has none.
        seeds: the val MSE of each replicate, where there are several.
        fresh: the val MSE on each fresh seed, where it was confirmed; None where it diverged on that seed.
        baseline: whether the others are compared with it.
    """

    number: int
    status: str
    val_mse: float | None
    seeds: tuple[float, ...] = ()
    fresh: tuple[float | None, ...] = ()
    baseline: bool = False


@dataclass(frozen=True)
class Ranking:
    """Answers are numbers of trials; lower values are better.

    Attributes:
        trials: all that have ended, by number.
    """

    trials: Sequence[Trial]

    @cached_property
    def baseline(self) -> int | None:
        """The trial that the others are compared with, whatever its status."""
        return next((trial.number for trial in self.trials if trial.baseline), None)

    @cached_property
    def by_search(self) -> dict[int, float]:
        """The val MSE of each complete trial in the search, lowest first."""
        values = {
            trial.number: trial.val_mse
            for trial in self.trials
            if trial.status == "complete" and trial.val_mse is not None and math.isfinite(trial.val_mse)
        }
        return dict(sorted(values.items(), key=lambda item: item[1]))

    @property
    def leader(self) -> int | None:
        """The complete trial with the lowest val MSE in the search."""
        return next(iter(self.by_search), None)

    @cached_property
    def to_confirm(self) -> list[int]:
        """The trials to run on fresh seeds: the leaders and the baseline. Empty where there are not two of them.

        With replicates, a trial that is not tied with the leader by these is not confirmed.
        """
        tied = self._tied_by_search
        chosen = [number for number in [*self.by_search][:LEADERS] if tied is None or number in tied]
        chosen += [number for number in self.by_search if number == self.baseline and number not in chosen]
        return chosen if len(chosen) > 1 else []

    @cached_property
    def finalists(self) -> dict[int, tuple[float | None, ...]]:
        """The values of each confirmed trial on the same fresh seeds, lowest mean first; empty until all leaders have.

        A trial that diverged on a fresh seed comes last. Trials that led earlier, before better ones ended, stay.
        """
        fresh = {trial.number: trial.fresh for trial in self.trials}
        seeds = min((len(fresh[number]) for number in self.to_confirm), default=0)
        if not seeds:
            return {}
        shared = {number: values[:seeds] for number, values in fresh.items() if len(values) >= seeds}
        means = {number: mean(values) for number, values in shared.items()}
        return dict(sorted(shared.items(), key=lambda item: (means[item[0]] is None, means[item[0]] or 0.0, item[0])))

    @cached_property
    def confirmed(self) -> dict[int, float]:
        """The mean over the fresh seeds of each finalist that diverged on none, lowest first."""
        means = {number: mean(values) for number, values in self.finalists.items()}
        return {number: value for number, value in means.items() if value is not None}

    @property
    def fresh_seeds(self) -> int:
        """On how many fresh seeds the best was chosen; 0 where it was chosen by the search."""
        return len(self.finalists[next(iter(self.confirmed))]) if self.confirmed else 0

    @property
    def scores(self) -> dict[int, float]:
        """The values that the best was chosen by, best first: the means over fresh seeds, or those of the search."""
        return self.confirmed or self.by_search

    @property
    def best(self) -> int | None:
        """The best over fresh seeds where the leaders were confirmed, the leader of the search where not."""
        return next(iter(self.scores), None)

    @cached_property
    def tied(self) -> frozenset[int] | None:
        """The trials that are not distinguishable from the best, without it; None where nothing is distinguishable.

        Confirmed trials are compared by their fresh seeds, the others by the replicates of the search.
        """
        by_search = self._tied_by_search
        by_fresh = _tied({number: self.on_fresh_seeds(number) for number in self.confirmed})
        if by_fresh is not None:
            by_fresh |= (by_search or set()) - self.finalists.keys()
        elif by_search is not None and self.best in by_search:
            by_fresh = by_search
        return None if by_fresh is None else frozenset(by_fresh - {self.best})

    @cached_property
    def order(self) -> list[int]:
        """The complete trials, best first: those confirmed, then the others by the search.

        A baseline that is the last of those confirmed comes last: it was confirmed to be compared with, not because
        it led the search.
        """
        after_the_best = [*self.confirmed][1:]
        last = [number for number in after_the_best[-1:] if number == self.baseline]
        return [number for number in dict.fromkeys([*self.confirmed, *self.by_search]) if number not in last] + last

    def top(self, n: int) -> list[int]:
        """The `n` best, best first, then the baseline unless it is among them, whatever its status."""
        first = self.order[:n]
        return first if self.baseline is None or self.baseline in first else [*first, self.baseline]

    def selection_bias(self, number: int) -> float | None:
        """By how much the val MSE of the search is too low: the mean over fresh seeds minus it; None where unknown."""
        if number not in self.confirmed or number not in self.by_search:
            return None
        return self.confirmed[number] - self.by_search[number]

    @cached_property
    def _tied_by_search(self) -> set[int] | None:
        seeds = {trial.number: trial.seeds for trial in self.trials}
        return _tied({number: seeds[number] for number in self.by_search})

    def on_fresh_seeds(self, number: int) -> tuple[float, ...]:
        """The values of a trial in `confirmed` that its mean is taken of."""
        return tuple(value for value in self.finalists[number] if value is not None)


def mean(fresh: Sequence[float | None]) -> float | None:
    """The mean over fresh seeds; None where there are none, or the trial diverged on one."""
    values = [value for value in fresh if value is not None]
    return fmean(values) if values and len(values) == len(fresh) else None


def _tied(values: Mapping[int, tuple[float, ...]]) -> set[int] | None:
    """The trials tied with the best of `values`; None where they do not have as many seeds, or only one."""
    counts = {len(each) for each in values.values()}
    return None if len(counts) != 1 or counts <= {0, 1} else tied_with_best(values)
