"""Runs that a dead driver left half-written, and that its next one marked as abandoned: no table shows them."""

from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.readers.choice import open_reader
from knobwise.experiments.record.recorded import AbandonedRun
from knobwise.experiments.record.stores import tracking_uri


def find(uri: str | None = None) -> list[AbandonedRun]:
    """All abandoned runs in the store that nobody deleted; none where there is no store, which is not made.

    Raises:
        StoreError: it cannot be read.
    """
    reader = open_reader(tracking_uri(uri))
    return sorted(reader.abandoned(), key=lambda run: (run.study, run.name)) if reader else []


def delete(runs: list[AbandonedRun], uri: str | None = None) -> None:
    """Delete them as MLflow's page does: they can be restored there until `mlflow gc` frees their space.

    Raises:
        StoreError: the store cannot be written.
    """
    address = tracking_uri(uri)
    client = connect(address)
    with store_errors(address, "cannot delete abandoned runs in"):
        for run in runs:
            client.delete_run(run.run_id)
