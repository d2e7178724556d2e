"""Where Optuna keeps the search: a journal file by default, or any Optuna URL."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from experiments.record.stores import StoreError, journal_path, sqlite_file, without_credentials
from sweeps.engine.errors import BadInput

if sys.platform != "win32":
    import fcntl

CAN_LOCK = sys.platform != "win32"

ELSEWHERE = "take another with --storage"
_FIRST_BYTES = b'{"op_code"'


def open_storage(address: str) -> BaseStorage:
    """The storage at `address`, made where it is not there yet.

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
        lock: Any = FileLock(path.with_name(path.name + ".lock")) if CAN_LOCK else JournalFileOpenLock(str(path))
        with contextlib.closing(path.open("ab")):
            pass  # refused here where it may not be written
        lock.acquire()
        try:
            _cut_back(path)
        finally:
            lock.release()
        return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))


def open_to_read(address: str) -> BaseStorage | None:
    """The storage at `address`, None where there is none yet; nothing is written.

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


class FileLock:
    """A lock on a file that the system takes back when its holder dies, however it dies.

    Optuna's own locks are files that a killed process leaves behind, for half a minute in the next one's way.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = -1

    def acquire(self, wait: bool = True) -> bool:
        """Take the lock; without `wait`, False where another process has it."""
        held = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(held)
            return False
        self._held = held
        return True

    def release(self) -> None:
        """Give it back."""
        os.close(self._held)
        self._held = -1


def _cut_back(path: Path) -> None:
    with path.open("rb+") as file:
        if not file.read(len(_FIRST_BYTES)).startswith(_FIRST_BYTES):
            return  # not a journal, or nothing to save of it: some other file must not lose its end
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:  # from the back, a block at a time, to the end of the last whole line
            start = max(0, end - 4096)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)


@contextlib.contextmanager
def _journal_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot use the journal {path}: {error.strerror or error}; {ELSEWHERE}") from None
    except (ValueError, KeyError, AssertionError, TypeError) as error:  # what Optuna raises for a line it cannot replay
        raise StoreError(
            f"cannot read the journal {path}: it is damaged, or not a journal of Optuna ({error}); {ELSEWHERE}"
        ) from None


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
        reason = without_credentials(" ".join(str(error).split())).partition(" (Background on this error")[0]
        raise StoreError(f"cannot use the storage {shown}: {reason}; {ELSEWHERE}") from None
