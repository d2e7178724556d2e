"""Which reader a store has."""

from typing import TYPE_CHECKING

from knobwise.experiments.record.readers.client import ClientReader
from knobwise.experiments.record.readers.reader import Reader
from knobwise.experiments.record.readers.sqlite import SqliteReader
from knobwise.experiments.record.stores import sqlite_file

if TYPE_CHECKING:
    from mlflow import MlflowClient


def choose(uri: str, client: "MlflowClient | None" = None) -> Reader:
    """The fastest reader that knows the store at `uri`; `client` is of the same store, where it is already open."""
    file = sqlite_file(uri)
    return SqliteReader(file) if file is not None and SqliteReader.fits(file) else ClientReader(uri, client)


def open_reader(uri: str) -> Reader | None:
    """The reader of the store at `uri`; None where nothing has been recorded there: reading must not make a store.

    Raises:
        StoreError: it cannot be read.
    """
    file = sqlite_file(uri)
    empty = file is not None and (not file.exists() or SqliteReader.is_empty(file))
    return None if empty else choose(uri)
