"""A project's folder that was moved or copied: MLflow keeps whole paths, which then lead to the old folder.

What has the default place, `FOLDER/mlruns/...`, belongs beside the store's file. Files that a user has put elsewhere
are left where they are.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from knobwise.experiments import shell
from knobwise.experiments.record import artifacts
from knobwise.experiments.record.stores import ARTIFACTS, StoreError, is_plain, sqlite_file

COLUMNS = {
    "experiments": ("experiment_id", "artifact_location", ""),
    "runs": ("run_uuid", "artifact_uri", ""),
    "logged_models": ("model_id", "artifact_location", ""),
    "model_versions": ("rowid", "storage_location", ""),
    "workspaces": ("rowid", "trace_archival_location", ""),
    "trace_tags": ("rowid", "value", "WHERE key = 'mlflow.artifactLocation'"),
}
"""The tables of MLflow that hold paths: the key of a row, the column, and which rows."""

_BEGINNING = re.compile(rf".*/{ARTIFACTS}/\d+")  # which a few thousand runs share
_PATIENCE = 5  # seconds that another process may keep the database locked


class Moved(NamedTuple):
    """A store whose paths lead to another folder.

    Attributes:
        old: the folders that the paths lead to; more than one where it was moved more than once.
        new: where the store's file is, and its files should be.
    """

    old: list[Path]
    new: Path

    @property
    def line(self) -> str:
        """What happened, and what to do."""
        old = " and ".join(str(folder) for folder in self.old)
        return (
            f"the project's folder was moved or copied from {old} to {self.new}, and paths in its record lead to the "
            f"old place: `{shell.program('knobwise')} move` corrects them"
        )


def find(uri: str) -> Moved | None:
    """Whether the store at `uri` was moved, which only a SQLite file can tell; None where it was not.

    It was where paths lead to another folder's `mlruns`, and that is gone, or has its like here.

    Raises:
        StoreError: the file cannot be read.
    """
    file = sqlite_file(uri)
    if file is None or not file.exists():
        return None
    new = file.absolute().parent
    if not (new / ARTIFACTS).is_dir():
        return None
    experiments: dict[Path, set[str]] = {}
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
            beginnings = {
                begin[0]
                for table, key, each in _addresses(database)
                if (begin := _BEGINNING.match(each)) and (table, key) != ("experiments", 0)
            }  # 0 is MLflow's own, and empty
    except sqlite3.Error as error:
        raise StoreError(f"cannot read the store {file}: {error}") from None
    for beginning in beginnings:
        if place := _split(beginning):
            experiments.setdefault(place[0], set()).add(place[1].parts[0])
    old = [folder for folder, ids in sorted(experiments.items()) if _was_moved(folder, new, ids)]
    return Moved(old, new) if old else None


def check(uri: str) -> None:
    """Refuse a store that was moved: its next files would go to the old folder.

    Raises:
        StoreError: it was, or cannot be read.
    """
    moved = find(uri)
    if moved is not None:
        raise StoreError(moved.line)


def move(uri: str, moved: Moved) -> dict[str, int]:
    """Have the paths of the store at `uri` lead to `moved.new`, in one transaction; no file is moved.

    Returns:
        How many rows of each table were changed.

    Raises:
        StoreError: the database cannot be written, or is locked.
    """
    file = sqlite_file(uri)
    assert file is not None
    changed: Counter[str] = Counter()
    try:
        with closing(sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            for table, key, address in list(_addresses(database)):
                place = _split(address)
                if place is not None and place[0] in moved.old:
                    name, column, _ = COLUMNS[table]
                    now = _address(moved.new / ARTIFACTS / place[1], address)
                    database.execute(f"UPDATE {table} SET {column} = ? WHERE {name} = ?", (now, key))  # noqa: S608  ours
                    changed[table] += 1
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(f"cannot correct the paths in {file}: {error}") from None
    for description in (moved.new / ARTIFACTS).glob("*/models/*/artifacts/MLmodel"):
        _correct(description, moved)
    return dict(changed)


def _addresses(database: sqlite3.Connection) -> Iterator[tuple[str, object, str]]:
    """Table, key and address of each row that has one."""
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, (key, column, which) in COLUMNS.items():
        if table in tables:
            rows = database.execute(f"SELECT {key}, {column} FROM {table} {which}").fetchall()  # noqa: S608  ours
            yield from ((table, row[0], row[1]) for row in rows if row[1])


def _split(address: str) -> tuple[Path, Path] | None:
    """The project's folder, and the path below its `mlruns`; None for an address that is not of that form."""
    folder = artifacts.local_folder(address)
    if folder is None or not folder.is_absolute():
        return None
    for at in range(len(folder.parts) - 2, 0, -1):
        if folder.parts[at] == ARTIFACTS and folder.parts[at + 1].isdigit():
            return Path(*folder.parts[:at]), Path(*folder.parts[at + 1 :])
    return None


def _was_moved(old: Path, new: Path, experiments: set[str]) -> bool:
    if old.resolve() == new.resolve():
        return False
    return not (old / ARTIFACTS).is_dir() or any((new / ARTIFACTS / each).is_dir() for each in experiments)


def _address(folder: Path, before: str) -> str:
    return folder.as_uri() if before.startswith("file:") or not is_plain(folder) else folder.as_posix()


def _correct(description: Path, moved: Moved) -> None:
    """A model's own description says where it is, too."""
    lines = description.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines):
        name, _, address = line.rstrip("\n").partition(": ")
        place = _split(address.strip("'\"")) if name == "artifact_path" else None
        if place is not None and place[0] in moved.old:
            lines[number] = f"{name}: {_address(moved.new / ARTIFACTS / place[1], address)}\n"
            description.write_text("".join(lines), encoding="utf-8")
