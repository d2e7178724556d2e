"""Locks on files, which the system takes back when their holder dies, however it dies."""

import os
import sys
from pathlib import Path
from typing import final

if sys.platform != "win32":
    import fcntl

CAN_LOCK = sys.platform != "win32"


@final
class FileLock:
    """A lock on a file, made where it is not there. The file stays; only who holds the lock may remove it.

    Optuna's own locks are files that a killed process leaves behind, for half a minute in the next one's way.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def acquire(self, wait: bool = True) -> bool:
        """Take the lock; without `wait`, False where another process has it."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                os.close(file)
                return False
            if self._is_there(file):
                self._file = file
                return True
            os.close(file)  # its last holder removed the file, and the next one locks another

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
