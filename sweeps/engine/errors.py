"""What a person is told when something cannot be done: one line, and an exit code that scripts can read."""

import difflib
import sys
from collections.abc import Callable, Iterable

from knobwise.experiments.record.stores import StoreError, without_credentials

DONE, OTHER, BAD_INPUT = 0, 1, 2


class BadInput(ValueError):
    """Something asked for that cannot be: one line that names the value and what would be accepted. Exit code 2."""


class Unfinished(RuntimeError):
    """The sweep could not go on, for a reason that is not the user's input: one line. Exit code 1."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at what was probably meant, or nothing where no name is near.

    >>> nearest("--trails", ["--trials", "--jobs"])
    '; did you mean --trials?'
    >>> nearest("zzz", ["--trials"])
    ''
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def one_line(work: Callable[[], int]) -> int:
    """Run `work`; a refusal becomes one line on stderr and its exit code. What is not a refusal is a bug, and is shown.

    Returns:
        What `work` returns; 2 for bad input; 1 for a store that cannot be reached, or a full or broken disk.
    """
    try:
        return work()
    except BadInput as error:
        return _say(error, BAD_INPUT)
    except (StoreError, Unfinished, OSError) as error:
        return _say(error, OTHER)


def _say(error: Exception, code: int) -> int:
    sys.stderr.write("error: " + without_credentials(" ".join(str(error).split())) + "\n")
    return code
