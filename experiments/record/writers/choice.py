"""Which writer a store has."""

from typing import TYPE_CHECKING

from knobwise.experiments.record.stores import sqlite_file
from knobwise.experiments.record.writers.client import ClientWriter
from knobwise.experiments.record.writers.writer import Writer

if TYPE_CHECKING:
    from mlflow import MlflowClient


def choose(client: "MlflowClient", uri: str) -> Writer:
    """The fastest writer that knows the store at `uri`, which `client` has opened."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    from knobwise.experiments.record.writers.sqlite import SqliteWriter

    through_client = ClientWriter(client)
    store = client._tracking_client.store  # the one that is open; to open another takes half a second
    if sqlite_file(uri) and type(store) is SqlAlchemyStore and SqliteWriter.fits():
        return SqliteWriter(store, through_client)
    return through_client
