"""What a study has come to: its trials as rows, the winner and how sure it is, the baseline, and the JSON of each."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments import statistics
from knobwise.experiments.pareto import pareto_front
from knobwise.sweeps.engine.study_attrs import CONFIRMED, OBJECTIVES, RESULT
from knobwise.sweeps.engine.trials.running_trial import STATUSES, Status

LEADERS = 3
"""The best few: those that are run again on fresh seeds before one is named the winner."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A finished trial. Numbers that it does not have (a diverged trial has no test MSE) are None.

    Attributes:
        low, high: the 95% interval of the mean val MSE, where there are replicates.
        seeds: the val MSE of each replicate, where there are several.
        fresh: the val MSE on each fresh seed, where it was confirmed; None where it diverged on that seed.
        cost: what the study weighs against val MSE, where it does.
    """

    number: int
    params: dict[str, Any]
    status: Status
    val_mse: float | None
    test_mse: float | None
    test_r2: float | None
    epochs: int
    seconds: float
    low: float | None
    high: float | None
    seeds: tuple[float, ...] = ()
    fresh: tuple[float | None, ...] = ()
    epochs_trained: int = 0
    flops: float = 0.0
    n_parameters: float | None = None
    cost: float | None = None
    test_accuracy: float | None = None

    @property
    def flops_trained(self) -> float:
        """Operations spent on it: on all its replicates, without what was taken over from another trial."""
        return self.flops * self.epochs_trained / self.epochs if self.epochs else 0.0

    @property
    def steady(self) -> tuple[float, ...]:
        """The val MSE on each fresh seed; empty where it has none, or diverged on one."""
        return tuple(value for value in self.fresh if value is not None) if None not in self.fresh else ()

    @property
    def confirmed(self) -> float | None:
        """The mean val MSE over its fresh seeds, where it has one."""
        return fmean(self.steady) if self.steady else None

    @property
    def flattered(self) -> float | None:
        """By how much the value that it was selected by was too low: its mean over fresh seeds minus that value."""
        return self.confirmed - self.val_mse if self.confirmed is not None and self.val_mse is not None else None

    def as_json(self) -> dict[str, Any]:
        """As in the JSON of the contract; with the accuracy, where there are classes."""
        kept = ["number", "params", "val_mse", "test_mse", "test_r2"]
        kept += ["test_accuracy"] * (self.test_accuracy is not None)
        return {name: getattr(self, name) for name in kept}


@dataclass(frozen=True)
class Results:
    """Attributes:
    rows: all finished trials, by number.
    objectives: what the study makes small: `val_mse`, and a cost where it weighs one.
    """

    rows: list[Row]
    objectives: tuple[str, ...] = ("val_mse",)

    @property
    def counts(self) -> dict[str, int]:
        """How many trials ended how."""
        counted = Counter(row.status for row in self.rows)
        return {status: counted[status] for status in STATUSES}

    @property
    def done(self) -> int:
        """The trials that count towards `--trials`: all but those that failed."""
        return sum(row.status != "failed" for row in self.rows)

    @cached_property
    def ranked(self) -> list[Row]:
        """The complete trials, best first by the validation MSE of the search."""
        complete = [row for row in self.rows if row.status == "complete" and row.val_mse is not None]
        return sorted(complete, key=lambda row: row.val_mse or 0.0)

    @property
    def leader(self) -> Row | None:
        """The complete trial with the lowest validation MSE in the search."""
        return next(iter(self.ranked), None)

    @property
    def best(self) -> Row | None:
        """The winner: the best over fresh seeds where the leaders were confirmed, the search's leader where not."""
        first = min(self.judged, key=lambda number: self.judged[number], default=None)
        return next((row for row in self.rows if row.number == first), None)

    @cached_property
    def judged(self) -> dict[int, float]:
        """By trial, the val MSE that the winner is chosen by: the mean over fresh seeds once the leaders have one."""
        steady = {row.number: row.confirmed for row in self.finalists if row.confirmed is not None}
        return steady or {row.number: row.val_mse for row in self.ranked if row.val_mse is not None}

    @property
    def fresh_seeds(self) -> int:
        """On how many fresh seeds the winner was chosen; 0 where the leaders were not confirmed."""
        return next((len(row.steady) for row in self.finalists if row.steady), 0)

    @property
    def baseline(self) -> Row | None:
        """Trial 0, where it is over."""
        return next((row for row in self.rows if row.number == 0), None)

    @cached_property
    def to_confirm(self) -> list[Row]:
        """Who is to be run on fresh seeds: the leaders and the baseline. Nobody where there is none to choose from.

        With replicates, a trial that these already tell from the best is no leader. A study that weighs a cost has a
        front and no winner.
        """
        if len(self.objectives) > 1:
            return []
        told = _tied(self.ranked, [row.seeds for row in self.ranked])
        leaders = [row for row in self.ranked[:LEADERS] if told is None or row.number in told]
        baseline = self.baseline
        ran = baseline is not None and baseline.status == "complete" and baseline not in leaders
        chosen = [*leaders, *([baseline] if ran and baseline is not None else [])]
        return chosen if len(chosen) > 1 else []

    @cached_property
    def finalists(self) -> list[Row]:
        """The trials that were confirmed, best first by their mean over the same fresh seeds; nobody until all were.

        One that diverged on a fresh seed comes last. Those that led earlier, before better ones were found, stay.
        """
        seeds = min((len(row.fresh) for row in self.to_confirm), default=0)
        if not seeds:
            return []
        ran = [replace(row, fresh=row.fresh[:seeds]) for row in self.rows if len(row.fresh) >= seeds]
        return sorted(ran, key=lambda row: (row.confirmed is None, row.confirmed or 0.0, row.number))

    @cached_property
    def tied(self) -> set[int] | None:
        """The trials that cannot be told from the best, itself among them; None where nothing can be told.

        Those that were confirmed are told apart by their fresh seeds, the others by the replicates of the search.
        """
        by_seeds = _tied(self.ranked, [row.seeds for row in self.ranked])
        steady = [row for row in self.finalists if row.steady]
        by_fresh = _tied(steady, [row.steady for row in steady])
        if by_fresh is None:
            return by_seeds
        return by_fresh | ((by_seeds or set()) - {row.number for row in self.finalists})

    @cached_property
    def front(self) -> list[Row]:
        """The complete trials that no other beats in one objective without losing in the other, best first."""
        rows = [row for row in self.ranked if row.cost is not None]
        return [rows[at] for at in pareto_front([(row.val_mse or 0.0, row.cost or 0.0) for row in rows])]


def of(study: optuna.Study) -> Results:
    """The results of a study as they stand."""
    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
    said = study.user_attrs
    return Results(
        [replace(row(trial), fresh=tuple(fresh(said, trial.number).values())) for trial in finished],
        tuple(said.get(OBJECTIVES, ["val_mse"])),
    )


def fresh(said: dict[str, Any], number: int) -> dict[int, float | None]:
    """What the user attributes of a study say of a trial on fresh seeds: val MSE by seed, None where it diverged."""
    values = {int(seed): value for seed, value in said.get(f"{CONFIRMED}{number}", {}).items()}
    return dict(sorted(values.items()))


def row(trial: FrozenTrial) -> Row:
    """A finished trial as a row."""
    facts = trial.user_attrs.get(RESULT, {})
    values = trial.values or []
    return Row(
        number=trial.number,
        params=dict(trial.params),
        status=facts.get("status", "failed"),
        val_mse=facts.get("val_mse"),
        test_mse=facts.get("test_mse"),
        test_r2=facts.get("test_r2"),
        epochs=facts.get("epochs", 0),
        seconds=facts.get("train_seconds", 0.0),
        low=facts.get("val_mse_low"),
        high=facts.get("val_mse_high"),
        seeds=tuple(facts.get("val_mse_seeds", ())),
        epochs_trained=facts.get("epochs_trained", facts.get("epochs", 0)),
        flops=facts.get("flops", 0.0),
        n_parameters=facts.get("n_parameters"),
        cost=values[1] if len(values) > 1 else None,
        test_accuracy=facts.get("test_accuracy"),
    )


def _tied(rows: list[Row], values: "list[tuple[float, ...]]") -> set[int] | None:
    """Who cannot be told from the best of `rows`, each with its values on the same seeds; None where these are few."""
    if len({len(each) for each in values}) != 1 or len(values[0]) < 2:
        return None
    return statistics.tied_with_best({row.number: each for row, each in zip(rows, values, strict=True)})
