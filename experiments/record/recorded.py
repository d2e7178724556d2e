"""What the record gives back: a study's place in it, and its runs as they stand there."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class StudyRun:
    """A study's parent run.

    Attributes:
        experiment_id: MLflow's experiment, which is the sweep.
        run_id: the parent run.
        study: the study's key, which no other study of the sweep has (`lr_epochs-2`).
        name: its base name, which it may share with earlier ones (`lr_epochs`).
        sweep: the experiment's name.
        started: milliseconds since 1970.
        state: `RUNNING`, `FINISHED`, `FAILED` or `KILLED`.
        deleted: whether a user deleted it, or its experiment, in MLflow.
        problem: what was fitted; empty where it is not recorded.
        schema: the version of the names that it was recorded under; empty where it is not recorded.
        storage: where its search is kept; empty where it is not recorded.
    """

    experiment_id: str
    run_id: str
    study: str
    name: str
    sweep: str = ""
    started: int = 0
    state: str = ""
    deleted: bool = False
    problem: str = ""
    schema: str = ""
    storage: str = ""


@dataclass(frozen=True)
class RecordedRun:
    """A run below a study, whatever its state.

    Attributes:
        run_id: MLflow's.
        trial: the trial's number; -1 where the run is of no trial.
        replicate: which replicate of it; None for the trial's own run.
        status: one of `names.STATUSES`, or `abandoned`, or empty where its driver has not recorded all of it.
        mlflow_status: `RUNNING`, `FINISHED`, `FAILED` or `KILLED`.
        metrics: the last value of each.
        deleted: whether a user deleted it in MLflow.
        parent: id of the run above it.
        kind: one of `names.KINDS`.
        name: what MLflow's pages call it.
        started: milliseconds since 1970.
        reference: which reference model it is; empty for all other kinds.
        address: of its artifacts.
    """

    run_id: str
    trial: int
    replicate: int | None
    status: str
    mlflow_status: str
    metrics: dict[str, float]
    deleted: bool
    parent: str = ""
    kind: str = "trial"
    name: str = ""
    started: int = 0
    reference: str = ""
    address: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """For sorting: by trial, the trial itself before its replicates."""
        return self.trial, -1 if self.replicate is None else self.replicate


class AbandonedRun(NamedTuple):
    """A run that a dead driver left half-written, and that the next one marked as abandoned.

    Attributes:
        run_id: MLflow's.
        study: the study's key.
        name: what MLflow's pages call the run.
    """

    run_id: str
    study: str
    name: str
