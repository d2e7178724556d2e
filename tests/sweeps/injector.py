"""Counts the writes of this process and makes one of them fail: to be used in a fork, for it cannot be undone."""

import errno
import os
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

KILLED = 137
_WRITING = os.O_WRONLY | os.O_RDWR


class Injector:
    """Args:
    folder: what is written elsewhere does not count.
    log: gets a line for each write, `KIND WHAT`, and `FAULT` before the one that failed.
    kind, number, mode: of the fault; number 0 for none.
    """

    def __init__(self, folder: Path, log: Path, kind: str, number: int, mode: str) -> None:
        self._folder, self._journal = str(folder), folder / "mlruns" / "optuna.journal"
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._kind, self._number, self._mode = kind, number, mode
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._fired = False
        self._halving = 0  # the thread that is doing half of a write
        self._write = os.write

    def reached(self, kind: str, what: str, half: Callable[[], object]) -> None:
        """A write is about to be done. Where it is the one, half of it is done, and the process killed or told so."""
        with self._lock:
            self._counts[kind] += 1
            now = kind == self._kind and self._counts[kind] == self._number
            self._write(self._log, f"{kind} {what}\n".encode())
            if not now and not (self._fired and self._mode == "stays-full"):
                return
            if now:
                self._fired = True
                self._write(self._log, b"FAULT\n")
            self._halving = threading.get_ident()
            half()
            self._halving = 0
            if self._mode == "kill":
                os._exit(KILLED)
        if kind == "commit":
            raise sqlite3.OperationalError("database or disk is full")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what)

    def write(self, file: int, data: bytes) -> int:
        """In the place of `os.write`."""
        if self._is_journal(file):
            self.reached("journal", f"{len(data)} bytes", lambda: self._write(file, data[: len(data) // 2]))
        return self._write(file, data)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Files that are opened for writing; Python tells of each before it opens it."""
        if event != "open" or self._halving == threading.get_ident():
            return
        path, _, flags = arguments
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        inside = os.path.abspath(name).startswith(self._folder) if name else False  # noqa: PTH100  for each file opened
        if inside and flags & _WRITING and not name.endswith((".lock", ".study-lock", ".journal")):
            self.reached("file", name, lambda: self._half(name))

    def commit(self, commit: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """In the place of SQLAlchemy's commit; one that has nothing to write does not count."""

        def counted(dialect: Any, connection: Any) -> None:
            if connection.in_transaction:
                self.reached("commit", "", lambda: None)
            commit(dialect, connection)

        return counted

    def _half(self, name: str) -> None:
        with open(name, "wb") as file:  # noqa: PTH123  as the one that is about to be opened
            file.write(b"half")

    def _is_journal(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._journal.stat())
        except FileNotFoundError:
            return False


def inject(folder: Path, log: Path, kind: str = "", number: int = 0, mode: str = "") -> None:
    """Count the writes of this process under `folder` from now on, and make the one fail."""
    from sqlalchemy.engine.default import DefaultDialect

    it = Injector(folder, log, kind, number, mode)
    setattr(os, "write", it.write)  # noqa: B010
    setattr(DefaultDialect, "do_commit", it.commit(DefaultDialect.do_commit))  # noqa: B010
    sys.addaudithook(it.audit)
