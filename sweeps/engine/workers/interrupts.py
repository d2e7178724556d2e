"""Ctrl-C and `kill`: the first lets running work finish and be saved, the second leaves at once."""

import os
import signal
import sys
import time
from types import FrameType
from typing import Any, Self

_SHOW_CURSOR = "\x1b[?25h"  # the progress display hides it


class Interrupts:
    """While entered, notes the first SIGINT or SIGTERM, and ends the process at the second.

    Some programs (`timeout`, process groups) send one signal twice within moments; a second one within half a second
    of the first counts as the same.

    Attributes:
        signal: the first signal that came, or 0.
    """

    SAME = 0.5
    """Seconds."""

    def __init__(self) -> None:
        self.signal = 0
        self._at = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._came)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def exit_code(self) -> int:
        """130 after SIGINT, 143 after SIGTERM, 0 where neither came."""
        return 128 + self.signal if self.signal else 0

    def _came(self, number: int, _frame: FrameType | None) -> None:
        if not self.signal:
            self.signal, self._at = number, time.monotonic()
            return
        if time.monotonic() - self._at < self.SAME:
            return
        # Nothing is unwound: the stores are made for a process that dies, and workers leave when their driver does.
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), _SHOW_CURSOR.encode())
        os._exit(128 + number)
