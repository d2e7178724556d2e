"""The studies of a record as they stand there, deleted ones too, for who compares them with the search."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, final

from knobwise.experiments.record import names, study_runs
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.recorded import RecordedRun, StudyRun
from knobwise.experiments.record.sources.sqlite import SqliteSource
from knobwise.experiments.record.stores import sqlite_file

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


class Parent(NamedTuple):
    """Attributes: a study's place; MLflow's state of its run; whether it was deleted; where its search is kept."""

    run: StudyRun
    state: str
    deleted: bool
    storage: str


class Left(NamedTuple):
    """Attributes: a run's id and name in MLflow, and its trial's number; -1 where it is of none."""

    run_id: str
    name: str
    trial: int


@final
class Parents:
    """What is read of a record; all of it empty where there is none yet.

    Args:
        client: of the store, None where there is no store yet.
        uri: the store's address.
    """

    def __init__(self, client: "MlflowClient | None", uri: str) -> None:
        self._client, self._uri = client, uri

    def by_study(self) -> dict[str, Parent]:
        """The studies by their keys; where a key has several runs, one that is not deleted."""
        found: dict[str, Parent] = {}
        if self._client is None:
            return found
        from mlflow.entities import ViewType

        for experiment in self._client.search_experiments(ViewType.ALL):
            for run in study_runs.search(self._client, experiment.experiment_id, f"tags.`{names.KIND}` = 'study'"):
                parent = _parent(run, experiment.name, experiment.lifecycle_stage == "deleted")
                if parent.run.study not in found or not parent.deleted:
                    found[parent.run.study] = parent
        return found

    def recorded(self, parent: Parent) -> list[RecordedRun]:
        """The trials and replicates of a study, whatever their state."""
        return study_runs.recorded(self._client, self._uri, parent.run) if self._client else []

    def running(self, parent: Parent) -> list[Left]:
        """The runs below a study that are RUNNING, but those made anew: who makes these does not hold the study."""
        if self._client is None:
            return []
        condition = f"attributes.status = 'RUNNING' and tags.`{names.STUDY}` = '{parent.run.study}'"
        found = study_runs.search(self._client, parent.run.experiment_id, condition)
        return [
            Left(run.info.run_id, run.info.run_name, int(run.data.tags.get(names.TRIAL, -1)))
            for run in sorted(found, key=lambda run: run.info.start_time)
            if run.data.tags.get(names.KIND) not in ("study", "retrain") and run.info.lifecycle_stage == "active"
        ]


@contextmanager
def reading(uri: str) -> Iterator[Parents]:
    """The record at `uri`; looking makes no store.

    Raises:
        StoreError: it cannot be read.
    """
    file = sqlite_file(uri)
    nothing = file is not None and (not file.exists() or SqliteSource.is_empty(file))
    client = None if nothing else connect(uri)
    with store_errors(uri, "cannot read"):
        yield Parents(client, uri)


def _parent(run: "Run", sweep: str, gone: bool) -> Parent:
    tags = run.data.tags
    key = tags.get(names.STUDY, "")
    return Parent(
        StudyRun(run.info.experiment_id, run.info.run_id, key, tags.get(names.NAME, key), sweep),
        run.info.status,
        gone or run.info.lifecycle_stage == "deleted",
        tags.get(names.ABOUT + "storage", ""),
    )
