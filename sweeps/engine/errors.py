"""Errors that end a command: one line on stderr, and an exit code that scripts can read."""

import sys
from collections.abc import Callable

from knobwise.experiments.record.stores import StoreError, without_credentials

DONE, OTHER, BAD_INPUT = 0, 1, 2


class BadInput(ValueError):
    """Input that is refused: one line that names the value and what would be accepted. Exit code 2."""


class Unfinished(RuntimeError):
    """A sweep that had to stop, for a reason that is not the user's input: one line. Exit code 1."""


def one_line(work: Callable[[], int]) -> int:
    """Run `work`; an expected error becomes one line on stderr and its exit code. Any other is a bug, and is raised.

    Returns:
        What `work` returns; 2 for bad input; 1 for a store that cannot be reached, or a full or broken disk.
    """
    try:
        return work()
    except BadInput as error:
        return _report(error, BAD_INPUT)
    except (StoreError, Unfinished, OSError) as error:
        return _report(error, OTHER)


def _report(error: Exception, code: int) -> int:
    sys.stderr.write("error: " + without_credentials(" ".join(str(error).split())) + "\n")
    return code
