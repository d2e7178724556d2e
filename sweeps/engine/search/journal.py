"""The journal's file: lines of JSON, of which the last may be cut short by a full disk, a kill or a power cut."""

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, final

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend

from knobwise.experiments.record.stores import StoreError

_FIRST_BYTES = b'{"op_code"'
_BLOCK = 4096


class Lock(Protocol):
    """What keeps two processes from writing at once."""

    def acquire(self) -> bool:
        """Wait for it and take it."""

    def release(self) -> None:
        """Give it back."""


@final
class WholeLines(BaseJournalBackend):
    """Optuna's journal file, to which only whole lines are appended.

    Optuna's own backend leaves half a line where the disk is full or the process is killed, and the next process
    appends to that half: a line that cannot be read, and with it all that follow. Here a line that could not be
    written is taken back, and half a line that another process has left is cut off before anything is appended.

    Args:
        path: of the file, which is there.
        lock: locked while a line is written.
    """

    def __init__(self, path: Path, lock: Lock) -> None:
        self._path, self._lock = path, lock
        self._file = JournalFileBackend(str(path))

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """The operations from that number on; half a line at the end is none."""
        return self._file.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append `logs` and wait until the disk has them.

        Raises:
            StoreError: they could not be written. Then the file is as it was, or ends in half a line.
        """
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        try:
            self._lock.acquire()
            try:
                _append(self._path, lines)
            finally:
                self._lock.release()
        except OSError as error:
            raise StoreError(f"cannot write the journal {self._path}: {error.strerror or error}") from None


def cut_back(path: Path) -> None:
    """Cut half a line off a journal's end. To be called while the lock is locked.

    Raises:
        ValueError: it is not a journal, and is left as it is.
        OSError: it cannot be read or written.
    """
    file = _open(path)
    try:
        start = os.read(file, len(_FIRST_BYTES))
        if not _FIRST_BYTES.startswith(start) and not start.startswith(_FIRST_BYTES):
            raise ValueError(f"it begins with {start!r}")
        _cut(file)
    finally:
        os.close(file)


def is_one(path: Path) -> bool:
    """Whether a file begins as a journal does."""
    with path.open("rb") as file:
        return file.read(len(_FIRST_BYTES)) == _FIRST_BYTES


def damaged_line(path: Path) -> tuple[int, str] | None:
    """The number of the first line that Optuna cannot replay, from 1, and why; None where there is none.

    Raises:
        OSError: it cannot be read.
    """
    lines = path.read_bytes().splitlines()
    logs = []
    for number, line in enumerate(lines, 1):
        try:
            logs.append(json.loads(line))
        except ValueError as error:
            return number, f"it is no JSON: {error}"
    replayed = _Replayed(logs)
    try:
        JournalStorage(replayed)
    except (ValueError, LookupError, AssertionError, TypeError, AttributeError) as error:
        return replayed.number, f"{type(error).__name__} {error}".strip()
    return None


class _Replayed(BaseJournalBackend):
    """Operations that are read one by one, and counted."""

    def __init__(self, logs: list[dict[str, Any]]) -> None:
        self._logs, self.number = logs, 0

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        for log in self._logs[log_number_from:]:
            self.number += 1
            yield log

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        raise NotImplementedError


def is_cut(path: Path) -> bool:
    """Whether a journal ends in half a line; False where there is no file."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        return size > 0 and file.read(1) != b"\n"


def _append(path: Path, lines: bytes) -> None:
    file = _open(path)
    try:
        end = _cut(file)
        os.lseek(file, end, os.SEEK_SET)
        try:
            rest = lines
            while rest:  # a disk that is nearly full takes a part
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError:
            with contextlib.suppress(OSError):  # the next process that writes will cut
                os.ftruncate(file, end)
            raise
    finally:
        os.close(file)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))


def _cut(file: int) -> int:
    """Cut the file back to the end of its last whole line, and return its size."""
    size = os.lseek(file, 0, os.SEEK_END)
    end = size
    while end > 0:  # from the back, a block at a time; as a rule the last byte settles it
        start = max(0, end - (1 if end == size else _BLOCK))
        os.lseek(file, start, os.SEEK_SET)
        newline = os.read(file, end - start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)
    return end
