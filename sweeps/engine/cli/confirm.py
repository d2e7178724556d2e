"""The question before something is removed."""

import sys

from knobwise.sweeps.engine.errors import BadInput


def confirmed(question: str) -> bool:
    """Ask, and return whether the answer is yes; no answer is no.

    Raises:
        BadInput: stdin is no terminal.
    """
    if not sys.stdin.isatty():
        raise BadInput("--yes must be given where stdin is no terminal; nothing was removed")
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
