"""Locks on files, which the system takes back when their holder dies, however it dies.

A journal's lock guards each write to it, a study's is held by its driver. Their names have different ends, so that no
study, whatever it is called, has the lock of a journal.
"""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import final

if sys.platform != "win32":
    import fcntl

from knobwise.experiments.record.stores import StoreError

CAN_LOCK = sys.platform != "win32"
PATIENCE = 60.0
"""Seconds that a lock is waited for: who holds a journal's for so long is stopped, not at work."""

STUDY_LOCK = ".study-lock"
_OF_JOURNAL = ".lock"
_LONGEST_PAUSE = 0.05  # seconds between two tries


def of_journal(journal: Path) -> Path:
    """The lock of a journal.

    >>> of_journal(Path("mlruns/optuna.journal")).as_posix()
    'mlruns/optuna.journal.lock'
    """
    return journal.with_name(journal.name + _OF_JOURNAL)


def of_study(folder: Path, key: str) -> Path:
    """The lock of the study `key`, whose search is in `folder`.

    >>> of_study(Path("mlruns"), "lr_epochs").as_posix()
    'mlruns/lr_epochs.study-lock'
    """
    return folder / f"{key}{STUDY_LOCK}"


def of_studies(folder: Path) -> list[Path]:
    """The locks of studies in `folder`; those of 0.1, which are named `KEY.lock`, among them."""
    of_old = [path for path in folder.glob(f"*{_OF_JOURNAL}") if not path.with_suffix("").exists()]
    return sorted([*folder.glob(f"*{STUDY_LOCK}"), *of_old])


def holder(path: Path) -> str:
    """The number of the process that holds a lock, or had it last."""
    text = path.read_text(errors="replace").strip() if path.is_file() else ""
    return text or "of an unknown number"


@final
class FileLock:
    """A lock on a file, made where it is not there, with the number of its holder in it.

    The file stays; only who holds the lock may remove it.

    Optuna's own locks are files that a killed process leaves behind, for half a minute in the next one's way.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def acquire(self, wait: bool = True, patience: float = PATIENCE, *, sign: bool = True) -> bool:
        """Take the lock; without `wait`, False where another process has it.

        Args:
            wait: for another process to give it back.
            patience: seconds to wait for that.
            sign: whether to write the number of this process into the file; who only looks leaves it as it is.

        Raises:
            StoreError: another process has had it for `patience` seconds; the line names the process.
            OSError: the file cannot be opened for writing.
        """
        deadline, pause = time.monotonic() + patience, 0.001
        while not self._try():
            if not wait:
                return False
            if time.monotonic() >= deadline:
                raise StoreError(
                    f"cannot lock {self._path}: process {holder(self._path)} has held it for {patience:g} seconds; "
                    "let that process end, or end it"
                )
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        if sign:
            self._sign()
        return True

    def _try(self) -> bool:
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            if self._is_there(file):
                self._file = file
                return True
            os.close(file)  # its last holder removed the file, and the next one locks another

    def _sign(self) -> None:
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a number
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give it back."""
        os.close(self._file)
        self._file = -1

    def _is_there(self, file: int) -> bool:
        """Whether the open file is still the one of that path."""
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False
