"""A connection to MLflow's store: opened quietly, refused early and in one line."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knobwise.experiments.record import new_database
from knobwise.experiments.record.stores import StoreError, is_plain, sqlite_file, without_credentials

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PATIENCE = 5  # seconds that a server or a lock has before it counts as out of reach
_QUIETER = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_FIRST_REQUEST = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": str(_PATIENCE)}


def connect(uri: str) -> "MlflowClient":
    """A client of the store at `uri`, which has answered.

    A new SQLite store gets its tables here, which takes about two seconds. MLflow would try for minutes to reach what
    is not there; here a store has a few seconds for its first answer. Later requests have MLflow's patience, so that
    a long sweep outlives a server's restart.

    Raises:
        StoreError: it cannot be reached, cannot be written to, or is of another version of MLflow.
    """
    for name, value in _QUIETER.items():
        os.environ.setdefault(name, value)
    with store_errors(uri, "cannot open the store"):
        if file := sqlite_file(uri):
            _check_sqlite(file, uri)
        from mlflow import MlflowClient
        from mlflow.store.db.db_types import DATABASE_ENGINES

        remote_database = uri.partition(":")[0].partition("+")[0] in DATABASE_ENGINES and file is None
        if remote_database:
            _check_database(uri)
        with quiet(), _first_request():
            client = MlflowClient(uri)
            client.search_experiments(max_results=1)
            _encode_root(client)
    return client


@contextmanager
def store_errors(uri: str, failed: str) -> Iterator[None]:
    """Turn whatever MLflow raises inside into a `StoreError` that says what `failed`, at which store, and why.

    The cause is not chained: what MLflow and the database drivers raise shows passwords.
    """
    from alembic.util.exc import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with quiet():
            yield
    except (MlflowException, SQLAlchemyError, CommandError, sqlite3.Error, OSError, ImportError) as error:
        raise StoreError(f"{failed} {without_credentials(uri)}: {_reason(error)}") from None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow from printing how it makes its tables, and the errors that it also raises.

    A level that the user asked for by MLFLOW_LOGGING_LEVEL stays.
    """
    if os.environ.get("MLFLOW_LOGGING_LEVEL"):
        yield
        return
    import mlflow  # noqa: F401  importing it sets the levels

    loggers = [logging.getLogger("mlflow"), logging.getLogger("alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _encode_root(client: "MlflowClient") -> None:
    """Have the files of new experiments under an encoded address, where a path would be read as another one.

    MLflow keeps the path of the folder as it is, and decodes it when it reads: files of the folder `per%20cent` go to
    `per cent`, and some of its calls cut a path at `#` and `?`.
    """
    store: Any = client._tracking_client.store  # its default root has no public name
    root = getattr(store, "artifact_root_uri", None)
    if isinstance(root, str) and root.startswith("/") and not is_plain(Path(root)):
        store.artifact_root_uri = Path(root).as_uri()


@contextmanager
def _first_request() -> Iterator[None]:
    """Try once, with a short time limit; what the user set in the environment stays."""
    ours = {name: value for name, value in _FIRST_REQUEST.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


def _check_sqlite(file: Path, uri: str) -> None:
    """Take the write lock and release it: MLflow would try ten times over a hundred seconds."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(file.parent, os.W_OK):
        raise PermissionError(f"the folder {file.parent} is read-only")
    if not file.exists() or not file.stat().st_size:
        new_database.make(file, uri)
    connection = sqlite3.connect(file, timeout=_PATIENCE)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.rollback()
    finally:
        connection.close()


def _check_database(uri: str) -> None:
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.pool import NullPool

    waits = make_url(uri).get_backend_name() in ("postgresql", "mysql")  # the others call it by other names
    arguments = {"connect_timeout": _PATIENCE} if waits else {}
    create_engine(uri, poolclass=NullPool, connect_args=arguments).connect().close()


def _reason(error: Exception) -> str:
    """Why it failed and what to do, in one line."""
    text = without_credentials(" ".join(str(error).split()))
    if "database schema" in text or "locate revision" in text:
        return (
            "it was written by another version of MLflow than this one; back it up and run `mlflow db upgrade` on it, "
            "or install the MLflow that wrote it, or set MLFLOW_TRACKING_URI to another store"
        )
    if "Max retries exceeded" in text or "Failed to establish" in text:
        return "nothing answers there; start the server (`mlflow server`) or set MLFLOW_TRACKING_URI to another store"
    if "already exists" in text and "table " in text:
        return (
            "its tables are there in part only: a process died while making them; remove the file if nothing is "
            "recorded in it, or set MLFLOW_TRACKING_URI to another store"
        )
    if "file is not a database" in text:
        return "the file is not a database of MLflow; move it away or set MLFLOW_TRACKING_URI to another store"
    return text.partition(" (Background on this error")[0].partition(" [SQL:")[0]
