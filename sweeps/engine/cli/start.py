"""How every command starts and ends: on any terminal and any pipe, with one line for an error, and an exit code."""

import codecs
import contextlib
import errno
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from knobwise.sweeps.engine.cli import gc
from knobwise.sweeps.engine.errors import one_line

READER_LEFT = 141  # as the shell has it for a process that SIGPIPE ended
NARROWEST = 80  # columns; texts are written for so many, and numbers would be broken up in fewer
IN_ASCII = {
    "≈": "~", "±": "+/-", "×": "x", "÷": "/", "²": "2", "─": "-", "–": "-", "−": "-", "…": "...", "’": "'", "·": ".",
    "━": "-", "╸": "-", "╺": "-", "•": "*",  # of progress bars
}  # fmt: skip
"""What stands for a sign where the terminal's encoding does not have it; any other is written as Python writes it."""


def run(work: Callable[[], int]) -> int:
    """Run a command and return its exit code: that of `work` or of its error, 141 where the reader of stdout left.

    What is written after the reader has left (`knobwise runs STUDY | head -1`) is dropped, and the work is finished: a
    sweep loses nothing. Signs that the encoding of stdout or stderr lacks are written in ASCII.
    """
    os.environ.pop("MPLBACKEND", None)  # figures need no backend, and importing matplotlib fails where it is invalid
    # Of MLflow's own classes, while it is imported. It hides them by itself, but not where another thread changes the
    # filters at that moment.
    warnings.filterwarnings("ignore", ".*Any type hint is inferred as AnyType", UserWarning)
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) < NARROWEST:
        del os.environ["COLUMNS"]
    with gc.seldom(), _patient("stdout") as out, _patient("stderr"):
        code = one_line(work)
    return READER_LEFT if code == 0 and out.left else code


class _Descriptor(io.FileIO):
    """An open file whose reader may leave: of a pipe, or of a terminal that is closed.

    Attributes:
        left: whether it has; what is written from then on is dropped.
    """

    left = False

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._terminal = os.isatty(descriptor)  # asked now: one that was closed no longer says so

    def write(self, data: Any, /) -> int:
        """Write, and return how many bytes were taken."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != (errno.EIO if self._terminal else errno.EPIPE):
                raise
            self.left = True
            return memoryview(data).nbytes


class _Unwatched:
    """A stream that is no file of the system: its reader cannot leave."""

    left = False


@contextlib.contextmanager
def _patient(name: str) -> Iterator["_Descriptor | _Unwatched"]:
    """`sys.stdout` or `sys.stderr` in a form that raises neither for its encoding nor for its reader."""
    stream = getattr(sys, name)
    if not isinstance(stream, io.TextIOWrapper):  # a notebook's, or a StringIO
        yield _Unwatched()
        return
    stream.flush()
    try:
        descriptor = _Descriptor(stream.fileno())
    except io.UnsupportedOperation:
        yield _Unwatched()
        return
    patient = io.TextIOWrapper(
        io.BufferedWriter(descriptor),
        encoding=stream.encoding,
        errors=_ERRORS,
        line_buffering=stream.line_buffering or name == "stderr",
        write_through=stream.write_through,
    )
    setattr(sys, name, patient)
    try:
        yield descriptor
    finally:
        setattr(sys, name, stream)
        patient.flush()
        patient.detach()


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """The codec error handler: signs of `IN_ASCII` as they are there, others by their code."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(IN_ASCII.get(sign) or ascii(sign)[1:-1] for sign in signs), error.end


_ERRORS = "knobwise.ascii"
codecs.register_error(_ERRORS, _in_ascii)
