"""Ctrl-C, `kill`, a closed terminal: the first signal lets running work finish, the second ends the process at once."""

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

_SHOW_CURSOR = "\x1b[?25h"  # the progress display hides it


SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupts:
    """While entered, notes the first SIGINT, SIGTERM or SIGHUP, and ends the process at the second.

    A SIGHUP that is ignored stays so: `nohup` asks for that.

    Some programs (`timeout`, process groups) send one signal twice within moments; a second signal within `SAME`
    seconds of the first counts as the same.

    Attributes:
        signal: the number of the first signal, or 0.
        then: called when the first signal comes, by whoever has to be woken.
    """

    SAME = 0.5
    """Seconds."""

    def __init__(self) -> None:
        self.signal = 0
        self.then: Callable[[], None] = lambda: None
        self._time = 0.0
        self._previous_handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
                self._previous_handlers[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    @property
    def exit_code(self) -> int:
        """130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP, 0 after none of them."""
        return 128 + self.signal if self.signal else 0

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if not self.signal:
            self.signal, self._time = number, time.monotonic()
            self.then()
            return
        if time.monotonic() - self._time < self.SAME:
            return
        # Nothing is cleaned up: both stores survive a process that dies, and workers exit when their driver does.
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), _SHOW_CURSOR.encode())
        os._exit(128 + number)
