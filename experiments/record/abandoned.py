"""Runs that a dead driver left half-written, and that its next one marked as abandoned: no table shows them."""

from typing import TYPE_CHECKING, NamedTuple

from knobwise.experiments.record import names
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.sources.sqlite import SqliteSource
from knobwise.experiments.record.stores import sqlite_file, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PAGE = 1000


class Abandoned(NamedTuple):
    """Attributes: MLflow's id of the run, the study's key, and what MLflow calls the run."""

    run_id: str
    study: str
    name: str


def find(uri: str | None = None) -> list[Abandoned]:
    """All abandoned runs in the store that nobody deleted; none where there is no store, which is not made.

    Raises:
        StoreError: it cannot be read.
    """
    address = tracking_uri(uri)
    file = sqlite_file(address)
    if file is not None and (not file.exists() or SqliteSource.is_empty(file)):
        return []
    client = connect(address)
    with store_errors(address, "cannot read"):
        return sorted(_search(client), key=lambda run: (run.study, run.name))


def delete(runs: list[Abandoned], uri: str | None = None) -> None:
    """Delete them as MLflow's page does: they can be restored there until `mlflow gc` frees their space.

    Raises:
        StoreError: the store cannot be written.
    """
    address = tracking_uri(uri)
    client = connect(address)
    with store_errors(address, "cannot delete abandoned runs in"):
        for run in runs:
            client.delete_run(run.run_id)


def _search(client: "MlflowClient") -> list[Abandoned]:
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    condition = f"tags.`{names.STATUS}` = '{names.ABANDONED}'"
    found, token = [], ""
    while True:
        page = client.search_runs(experiments, condition, max_results=_PAGE, page_token=token or None)
        found += [Abandoned(run.info.run_id, run.data.tags.get(names.STUDY, ""), run.info.run_name) for run in page]
        token = page.token or ""
        if not token:
            return found
