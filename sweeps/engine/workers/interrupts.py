"""Ctrl-C and `kill`: the first signal lets running work finish and be saved, the second ends the process at once."""

import os
import signal
import sys
import time
from types import FrameType
from typing import Any, Self

_SHOW_CURSOR = "\x1b[?25h"  # the progress display hides it


class Interrupts:
    """While entered, notes the first SIGINT or SIGTERM, and ends the process at the second.

    Some programs (`timeout`, process groups) send one signal twice within moments; a second signal within `SAME`
    seconds of the first counts as the same.

    Attributes:
        signal: the number of the first signal, or 0.
    """

    SAME = 0.5
    """Seconds."""

    def __init__(self) -> None:
        self.signal = 0
        self._time = 0.0
        self._previous_handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous_handlers[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    @property
    def exit_code(self) -> int:
        """130 after SIGINT, 143 after SIGTERM, 0 after neither."""
        return 128 + self.signal if self.signal else 0

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if not self.signal:
            self.signal, self._time = number, time.monotonic()
            return
        if time.monotonic() - self._time < self.SAME:
            return
        # Nothing is cleaned up: both stores survive a process that dies, and workers exit when their driver does.
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), _SHOW_CURSOR.encode())
        os._exit(128 + number)
