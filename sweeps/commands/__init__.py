"""The `knobwise` command: one verb a file, which is found by its name.

The docstring of a verb's module (`sweeps/commands/doctor.py` is `knobwise doctor`) is its page of help: the first line
is what `knobwise --help` shows, and the usage line and the options are what is parsed and completed, as
`knobwise.sweeps.engine.cli.parser` describes. The module's function

    def main(given: Given) -> int

takes what was typed and returns the exit code: 0 done, 2 bad input, 1 a store that cannot be reached. Nothing is
registered: put the file into this folder and the verb exists. Bad input is raised as `BadInput` with one line.
"""

import importlib
import sys
import textwrap

from knobwise.experiments import shell
from knobwise.experiments.text import nearest
from knobwise.sweeps.engine.cli import completion, pages, parser, start
from knobwise.sweeps.engine.errors import BadInput

HELP = """Usage: knobwise VERB [options]

Which knob next: more data, more epochs, another learning rate, another
structure? Knobwise measures it.

Verbs:
{verbs}

`knobwise VERB --help` shows more, `knobwise --version` the version.
For a start:
  {program} sweep lr_epochs
"""


def names() -> list[str]:
    """The verbs, sorted: the modules of this folder."""
    return pages.verbs()


def run(verb: str, words: list[str]) -> int:
    """Run a verb with the words behind it, or show its page where they ask for help.

    Raises:
        BadInput: there is no such verb, or the verb does not take such words.
    """
    if verb not in names():
        raise BadInput(f"verb must be one of {', '.join(names())}, got {verb!r}{nearest(verb, names())}")
    page = pages.of_verb(verb)
    if parser.asks_for_help(words):
        sys.stdout.write(pages.typed(_of_named_sweep(words) if verb == "sweep" and words[0][:1] != "-" else page))
        return 0
    given = parser.read(page, words)  # before the verb's module is imported, which can take a second
    code: int = importlib.import_module(f"{__name__}.{verb}").main(given)
    return code


def main(argv: list[str] | None = None) -> int:
    """Run `knobwise VERB ...`; returns the exit code."""
    words = sys.argv[1:] if argv is None else argv
    return start.run(lambda: _main(words))


def _main(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        verbs = "\n".join(f"  {name:<10} {_summary(name)}" for name in names())
        sys.stdout.write(HELP.format(verbs=verbs, program=shell.program("knobwise")))
        return 0
    if words == ["--version"]:
        from importlib.metadata import version

        sys.stdout.write(f"knobwise {version('knobwise')}\n")
        return 0
    if words[:2] == ["completion", "--words"]:  # as the scripts of `knobwise completion` ask
        sys.stdout.writelines(f"{each}\n" for each in completion.candidates(words[2:]))
        return 0
    return run(words[0], words[1:])


def _of_named_sweep(words: list[str]) -> str:
    from knobwise.sweeps.engine.space import catalogue

    return pages.of_sweep(catalogue.load(words[0]), f"knobwise sweep {words[0]}")


def _summary(verb: str) -> str:
    """The first line of its page, within a line of 80 columns."""
    return textwrap.shorten(pages.of_verb(verb).splitlines()[0], 67, placeholder=" ...")
