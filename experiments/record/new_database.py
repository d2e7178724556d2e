"""A new SQLite database for MLflow, which is there with all its tables or not at all."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knobwise.experiments.record import leftovers
from knobwise.experiments.record.stores import ARTIFACTS, is_plain

_MAKING = ".new-"


def make(file: Path, uri: str) -> None:
    """Make the database `file` with MLflow's tables, unless it is there by then.

    MLflow makes its tables in four hundred steps over about two seconds. A process killed on the way would leave a
    database that MLflow can neither use nor repair. So they are made in a file beside it, which is renamed at the end.

    Args:
        file: there is none, or one of no bytes, or another process may be making it too: who is first wins.
        uri: its address.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    leftovers.remove(file.parent, file.name + _MAKING)
    suffix = leftovers.mine(_MAKING)
    address, question, options = uri.partition("?")
    beside = file.with_name(file.name + suffix)
    try:
        with _unsynchronised(beside):
            root = Path(ARTIFACTS).absolute()
            place = f"./{ARTIFACTS}" if is_plain(root) else root.as_uri()
            store = SqlAlchemyStore(f"{address}{suffix}{question}{options}", place)  # type: ignore[no-untyped-call]
            store.engine.dispose()
        with beside.open("rb+") as made:
            os.fsync(made.fileno())
        _name(beside, file)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _unsynchronised(file: Path) -> Iterator[None]:
    """Let SQLite not wait for the disk after each step on `file`: it counts for nothing until it is whole."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def connected(connection: sqlite3.Connection, _: object) -> None:
        places = [row[2] for row in connection.execute("PRAGMA database_list")]
        if any(place and Path(place).name == file.name for place in places):  # other threads have other databases
            connection.execute("PRAGMA synchronous=OFF")

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)


def _name(beside: Path, file: Path) -> None:
    """Give the finished file its name; a database that has it by now keeps it."""
    if file.exists() and file.stat().st_size == 0:
        beside.replace(file)
        return
    try:
        file.hardlink_to(beside)
    except FileExistsError:
        return
    except OSError:  # a file system without links, such as that of a USB stick
        if not file.exists():
            beside.replace(file)
