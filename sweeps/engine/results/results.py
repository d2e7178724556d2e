"""The results of a study: its trials as rows, read from Optuna, their ranking, the front, and the JSON of each row."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments.pareto import pareto_front
from knobwise.experiments.ranking import Ranking, Trial
from knobwise.sweeps.engine.study_attrs import CONFIRMED, LOST, OBJECTIVES, RESULT
from knobwise.sweeps.engine.trials.running_trial import STATUSES, Status


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
    def ranking(self) -> Ranking:
        """Which trials are the best, tied with it, finalists."""
        return Ranking(
            [Trial(row.number, row.status, row.val_mse, row.seeds, row.fresh, row.number == 0) for row in self.rows]
        )

    @property
    def best(self) -> Row | None:
        """The best trial; None where no trial is complete."""
        return self._row(self.ranking.best)

    @property
    def baseline(self) -> Row | None:
        """Trial 0, where it has ended."""
        return self._row(self.ranking.baseline)

    @property
    def to_confirm(self) -> list[Row]:
        """The trials to run on fresh seeds. A study that weighs a cost has a front and no best: none there."""
        return self.rows_of(self.ranking.to_confirm) if len(self.objectives) == 1 else []

    @cached_property
    def front(self) -> list[Row]:
        """The complete trials that no other beats in one objective without losing in the other, best first."""
        rows = [row for row in self.rows_of(self.ranking.by_search) if row.cost is not None]
        return [rows[at] for at in pareto_front([(row.val_mse or 0.0, row.cost or 0.0) for row in rows])]

    def rows_of(self, numbers: Iterable[int]) -> list[Row]:
        """The rows of these trials, in this order."""
        rows = {row.number: row for row in self.rows}
        return [rows[number] for number in numbers]

    def _row(self, number: int | None) -> Row | None:
        return None if number is None else self.rows_of([number])[0]


def of(study: optuna.Study) -> Results:
    """The results of a study as they stand; trials whose runs are no longer in the record are left out."""
    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
    said = study.user_attrs
    finished = [trial for trial in finished if trial.number not in said.get(LOST, ())]
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
