"""Where Optuna keeps the search: a journal file by default, or any Optuna URL."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from knobwise.experiments import shell
from knobwise.experiments.record.stores import StoreError, journal_path, sqlite_file, without_credentials
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search import journal, locks
from knobwise.sweeps.engine.search.locks import CAN_LOCK, FileLock

ELSEWHERE = "take another with --storage"


def open_storage(address: str) -> BaseStorage:
    """The storage at `address`, made where there is none.

    A journal whose last line was cut (the machine went down, the disk was full) is cut back to its last whole line:
    what is lost is one operation that never counted as written.

    Args:
        address: an Optuna URL, or the path of a journal file; "" for `./mlruns/optuna.journal`.

    Raises:
        BadInput: there is no such kind of storage.
        StoreError: it cannot be reached, written or read.
    """
    if "://" in address:
        return _open_database(address)
    path = Path(address) if address else journal_path()
    with _journal_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock: Any = FileLock(locks.of_journal(path)) if CAN_LOCK else JournalFileOpenLock(str(path))
        with contextlib.closing(path.open("ab")):
            pass  # refused here where it may not be written
        lock.acquire()
        try:
            journal.cut_back(path)
        finally:
            lock.release()
        return JournalStorage(journal.WholeLines(path, lock))


def open_to_read(address: str) -> BaseStorage | None:
    """The storage at `address`, None where there is none; nothing is written.

    Raises:
        BadInput, StoreError: as `open_storage`.
    """
    if "://" in address:
        file = sqlite_file(address)
        return None if file is not None and not file.exists() else _open_database(address)
    path = Path(address) if address else journal_path()
    if not path.exists():
        return None
    with _journal_errors(path):
        return JournalStorage(JournalFileBackend(str(path)))


def lock_folder(address: str) -> Path:
    """The folder for locks on the studies at `address`: next to its file, or in `./mlruns`."""
    if "://" not in address:
        return (Path(address) if address else journal_path()).parent
    file = sqlite_file(address)
    return file.parent if file is not None else journal_path().parent


@contextlib.contextmanager
def storage_errors(address: str) -> Iterator[None]:
    """Turn what Optuna raises inside, when its database fails in the middle of a sweep, into one line.

    Raises:
        StoreError: the database was locked for too long, its disk is full, its server is gone.
    """
    try:
        yield
    except StorageInternalError as error:
        raise _refused(address, error.__cause__ or error) from None


@contextlib.contextmanager
def _journal_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot use the journal {path}: {error.strerror or error}; {ELSEWHERE}") from None
    except (
        ValueError,
        LookupError,
        AssertionError,
        TypeError,
        AttributeError,
    ) as error:  # what Optuna raises for a line it cannot replay
        raise StoreError(f"cannot read the journal {path}: {_damage(path, error)}") from None


def _damage(path: Path, error: Exception) -> str:
    """What is wrong with a journal that cannot be replayed, and what can be done."""
    damaged = journal.damaged_line(path) if journal.is_one(path) else None
    if damaged is None:
        return f"it is damaged, or not a journal of Optuna ({error}); {ELSEWHERE}"
    line, why = damaged
    repair = f"{shell.program('knobwise')} doctor --repair"
    return (
        f"line {line} is damaged ({why}); restore the file from a backup, or move it away, and `{repair}` makes the "
        f"searches again from the record; or {ELSEWHERE}"
    )


def _open_database(address: str) -> BaseStorage:
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    shown = without_credentials(address)
    try:
        file = sqlite_file(address)
        if file is not None and not file.parent.is_dir():
            raise StoreError(f"cannot use the storage {shown}: there is no folder {file.parent}; {ELSEWHERE}")
        return optuna.storages.get_storage(RDBStorage(address))
    except ArgumentError:
        raise BadInput(
            f"--storage must be a URL such as sqlite:///search.db, or a journal file, got {shown!r}"
        ) from None
    except (SQLAlchemyError, ImportError, OSError, RuntimeError) as error:
        raise _refused(address, error) from None


def _refused(address: str, error: BaseException) -> StoreError:
    text = without_credentials(" ".join(str(error).split()))
    reason = text.partition(" (Background on this error")[0].partition(" [SQL:")[0]
    return StoreError(f"cannot use the storage {without_credentials(address)}: {reason}; {ELSEWHERE}")
