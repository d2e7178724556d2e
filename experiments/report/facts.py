"""What a report is made from: all that the record holds of a study, read once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.ranking import Ranking
from knobwise.experiments.report.knobs import Knob
from knobwise.experiments.report.markup import Markup
from knobwise.experiments.text import typeset as shown

Array = NDArray[np.float64]


class Missing(Exception):
    """What a section would show is not there; the message says in a sentence what, for the page to show instead."""


class Section(NamedTuple):
    """Attributes: the title of a part of the page, its anchor, and its content."""

    title: str
    anchor: str
    content: Markup


class Trial(NamedTuple):
    """A trial that a sentence is about. Numbers that it does not have are NaN.

    Attributes: its row in `Facts.runs`, its number, the run's id, its errors, how long it trained; bounds of the 95%
    interval of `val_mse` where it was repeated with other seeds.
    """

    row: int
    number: int
    run_id: str
    val_mse: float
    test_mse: float
    test_r2: float
    seconds: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A study as it is in the record.

    Attributes:
        study: its key, which names it in the store.
        run_id: of its parent run.
        sweep, problem: what was swept, and what was fitted.
        tags: of the parent run.
        runs, curves: as `compare.runs` and `compare.curves` give them.
        knobs: those that were turned.
        ranking: the best, the trials tied with it, and the values on replicates and fresh seeds that decide this.
        errors: by trial that failed, what was raised; of the first few.
        uri: the store.
        file: `file(run_id, path)` gives the bytes of a run's file; none where it is gone.
        made: when this was read.
    """

    study: str
    run_id: str
    sweep: str
    problem: str
    tags: Mapping[str, str]
    runs: pd.DataFrame
    curves: pd.DataFrame
    knobs: list[Knob]
    ranking: Ranking
    errors: Mapping[int, str]
    uri: str
    file: Callable[[str, str], bytes]
    made: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def column(self, name: str) -> Array:
        """A metric of all trials, `(n,)`; NaN where a trial has none."""
        if name not in self.runs:
            return np.full(len(self.runs), np.nan)
        return self.runs[name].to_numpy(np.float64, na_value=np.nan)

    @property
    def status(self) -> NDArray[np.str_]:
        """Of all trials, `(n,)`."""
        return self.runs["status"].to_numpy(np.str_)

    @property
    def errors_of_complete(self) -> Array:
        """`val_mse` of all trials, `(n,)`; NaN for those that are not complete."""
        return np.where(self.status == "complete", self.column("val_mse"), np.nan)

    def trial(self, row: int) -> Trial:
        """The trial of a row of `runs`."""
        metrics = ("val_mse", "test_mse", "test_r2", "train_seconds", "val_mse_low", "val_mse_high")
        number, run_id = int(self.runs["trial"].iloc[row]), str(self.runs["run_id"].iloc[row])
        return Trial(row, number, run_id, *(float(self.column(name)[row]) for name in metrics))

    @cached_property
    def rows(self) -> dict[int, int]:
        """The row of each trial in `runs`, by its number."""
        return {int(number): row for row, number in enumerate(self.runs["trial"])}

    @property
    def order(self) -> list[int]:
        """The rows of the complete trials, lowest validation error of the search first."""
        return [self.rows[number] for number in self.ranking.by_search]

    @property
    def best(self) -> Trial:
        """The best of the ranking.

        Raises:
            Missing: no trial is complete.
        """
        if self.ranking.best is None:
            raise Missing("No trial is complete, so there is no best one.")
        return self.trial(self.rows[self.ranking.best])

    @property
    def baseline(self) -> Trial | None:
        """The trial that the others are compared with, whatever its status; None where there is none."""
        number = self.ranking.baseline
        return None if number is None else self.trial(self.rows[number])

    @property
    def seeds(self) -> dict[int, tuple[float, ...]]:
        """By trial, `val_mse` of each of its replicates, in the order of the seeds, where there are several."""
        return {trial.number: trial.seeds for trial in self.ranking.trials if trial.seeds}

    @property
    def training_seconds(self) -> float:
        """Of all trials with all their seeds; NaN where it is not known: trials took epochs over from each other."""
        if np.nansum(self.column("epochs_taken_over")) > 0:
            return float("nan")
        seeds = np.array([max(1, len(trial.seeds)) for trial in self.ranking.trials])
        return float(np.nansum(self.column("train_seconds") * seeds))

    def setting(self, trial: Trial, most: int = 99) -> str:
        """A trial's knobs in words, the first few of them: `lr 0.001, epochs 2,000`."""
        named = [f"{knob.name} {self.value(knob, trial.row)}" for knob in self.knobs[:most]]
        more = len(self.knobs) - len(named)
        return ", ".join([*named, *([f"and {more} more"] if more else [])])

    def value(self, knob: Knob, row: int) -> str:
        """Where a trial had a knob, in words."""
        value = float(knob.settings[row])
        if not np.isfinite(value):
            return "–"
        if knob.choices:
            return knob.choices[int(value)]
        return shown(int(value) if value.is_integer() else value)

    def described(self) -> list[str]:
        """A line on each trial, shown when the pointer is over its dot."""
        errors, status = self.column("val_mse"), self.status
        return [
            f"trial {number}: {self.setting(self.trial(row))}; "
            + (f"val MSE {shown(float(errors[row]))}" if np.isfinite(errors[row]) else str(status[row]))
            for row, number in enumerate(self.runs["trial"])
        ]
