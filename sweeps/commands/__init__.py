"""The `knobwise` command: one verb a file, found by its name.

A verb's module (`sweeps/commands/doctor.py` is `knobwise doctor`) has a docstring, whose first line is what
`knobwise --help` shows and which gives an example, and a function

    def main(argv: list[str]) -> int

that takes the words after the verb and returns the exit code: 0 done, 2 bad input, 1 a store that cannot be reached.
Nothing is registered: put the file in this folder and the verb is there. Bad input is raised as `BadInput` with one
line; `main` below prints it and makes the exit code of it.
"""

import importlib
import pkgutil
import sys
import textwrap
from collections.abc import Callable

from knobwise.sweeps.engine.cli import gc
from knobwise.sweeps.engine.errors import BadInput, nearest, one_line

HELP = """Usage: knobwise VERB [options]

Which knob next: more data, more epochs, another learning rate, another
structure? Knobwise measures it.

Verbs:
{verbs}

`knobwise VERB --help` says more. For a start:
  knobwise sweep lr_epochs
"""


def names() -> list[str]:
    """The verbs there are, sorted: the modules of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(verb: str) -> Callable[[list[str]], int]:
    """The `main` of a verb.

    Raises:
        BadInput: there is no such verb; the line names the nearest.
    """
    if verb not in names():
        raise BadInput(f"verb must be one of {', '.join(names())}, got {verb!r}{nearest(verb, names())}")
    found: Callable[[list[str]], int] = importlib.import_module(f"{__name__}.{verb}").main
    return found


def no_options(verb: str, argv: list[str]) -> None:
    """For a verb that takes no options: show its docstring where help is asked for, and refuse anything else.

    Raises:
        BadInput: there are options.
        SystemExit: after showing the help.
    """
    if argv in (["-h"], ["--help"]):
        sys.stdout.write(_text(verb))
        raise SystemExit(0)
    if argv:
        raise BadInput(f"knobwise {verb} must stand alone, got {' '.join(argv)!r}")


def main(argv: list[str] | None = None) -> int:
    """Run `knobwise VERB ...`; returns the exit code."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(HELP.format(verbs="\n".join(f"  {name:<10} {_summary(name)}" for name in names())))
        return 0
    with gc.seldom():
        return one_line(lambda: load(words[0])(words[1:]))


def _text(verb: str) -> str:
    return (importlib.import_module(f"{__name__}.{verb}").__doc__ or "").strip() + "\n"


def _summary(verb: str) -> str:
    """The first line of its docstring, short enough for a line of 80 columns."""
    return textwrap.shorten(_text(verb).splitlines()[0], 67, placeholder=" ...")
