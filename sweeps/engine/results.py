"""What a study has come to: its trials as rows, the best of them, the baseline, and the JSON of the contract."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from sweeps.engine.attempts import STATUSES, Status

FACTS = "result"  # the user attribute that holds `Verdict.facts`


@dataclass(frozen=True, kw_only=True)
class Row:
    """A finished trial. Numbers that it does not have (a diverged trial has no test MSE) are None."""

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

    def as_json(self) -> dict[str, Any]:
        """As in the JSON of the contract."""
        kept = ("number", "params", "val_mse", "test_mse", "test_r2")
        return {name: getattr(self, name) for name in kept}


@dataclass(frozen=True)
class Results:
    """Attributes: all finished trials, by number."""

    rows: list[Row]

    @property
    def counts(self) -> dict[str, int]:
        """How many trials ended how."""
        counted = Counter(row.status for row in self.rows)
        return {status: counted[status] for status in STATUSES}

    @property
    def done(self) -> int:
        """The trials that count towards `--trials`: all but those that failed."""
        return sum(row.status != "failed" for row in self.rows)

    @property
    def ranked(self) -> list[Row]:
        """The complete trials, best first by validation MSE."""
        complete = [row for row in self.rows if row.status == "complete" and row.val_mse is not None]
        return sorted(complete, key=lambda row: row.val_mse or 0.0)

    @property
    def best(self) -> Row | None:
        """The complete trial with the lowest validation MSE."""
        return next(iter(self.ranked), None)

    @property
    def baseline(self) -> Row | None:
        """Trial 0, where it is over."""
        return next((row for row in self.rows if row.number == 0), None)

    def best_trials(self, most: int) -> Sequence[Row]:
        """The best `most` trials."""
        return self.ranked[:most]


def of(study: optuna.Study) -> Results:
    """The results of a study as they stand."""
    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
    return Results([row(trial) for trial in finished])


def row(trial: FrozenTrial) -> Row:
    """A finished trial as a row."""
    facts = trial.user_attrs.get(FACTS, {})
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
    )
