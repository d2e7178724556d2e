"""What the tracker hands out: a study's place in the record, and its runs as they stand there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knobwise.experiments.record import names

if TYPE_CHECKING:
    from mlflow.entities import Run


@dataclass(frozen=True)
class StudyRun:
    """A study's place in the record.

    Attributes:
        experiment_id: MLflow's experiment, which is the sweep.
        run_id: the parent run.
        study: the study's key, which no other study of the sweep has (`lr_epochs-2`).
        name: its base name, which it may share with earlier ones (`lr_epochs`).
        sweep: the experiment's name.
    """

    experiment_id: str
    run_id: str
    study: str
    name: str
    sweep: str = ""


@dataclass(frozen=True)
class RecordedRun:
    """A trial, or a replicate of one, as it stands in the record.

    Attributes:
        run_id: MLflow's.
        trial: the trial's number.
        replicate: which replicate of it; None for the trial's own run.
        status: one of `names.STATUSES`, or `abandoned`, or empty where its driver has not recorded all of it.
        mlflow_status: `RUNNING`, `FINISHED`, `FAILED` or `KILLED`.
        metrics: the last value of each.
        deleted: whether a user has deleted it in MLflow.
        parent: id of the run above it.
    """

    run_id: str
    trial: int
    replicate: int | None
    status: str
    mlflow_status: str
    metrics: dict[str, float]
    deleted: bool
    parent: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """For sorting: by trial, the trial itself before its replicates."""
        return self.trial, -1 if self.replicate is None else self.replicate


def recorded_run(run: "Run") -> RecordedRun:
    """MLflow's run as one of ours."""
    tags = run.data.tags
    return RecordedRun(
        run_id=run.info.run_id,
        trial=int(tags[names.TRIAL]),
        replicate=int(tags[names.REPLICATE]) if names.REPLICATE in tags else None,
        status=tags.get(names.STATUS, ""),
        mlflow_status=run.info.status,
        metrics=dict(run.data.metrics),
        deleted=run.info.lifecycle_stage == "deleted",
        parent=tags.get(names.PARENT, ""),
    )
