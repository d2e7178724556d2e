"""The pages of help: what a command shows for `--help`, what it parses by, and what Tab completes from.

A verb's page is the docstring of its module, taken from the text of the file: importing the verbs would take a second.
"""

import ast
import re
from pathlib import Path

from knobwise import sweeps
from knobwise.experiments import shell
from knobwise.sweeps.engine import settings
from knobwise.sweeps.engine.sweep import Sweep

_FOLDER = Path(sweeps.__path__[0]) / "commands"
_OF_THE_SWEEP = ("trials", "problem", "sampler", "pruner", "name")

_SCRIPT = """Usage: {program} [options]

{question}

  {program}                      with the sweep's default number of trials
  {program} --trials 60          resume the study up to 60 trials
  {program} --fresh --seeds 3    another study, each trial on three seeds
  {program} --dry-run            show what would be run
"""


def verbs() -> list[str]:
    """The verbs of the `knobwise` command, sorted: the modules of `sweeps/commands/`."""
    return sorted(file.stem for file in _FOLDER.glob("*.py") if file.stem != "__init__")


def of_verb(verb: str) -> str:
    """The page of a verb; that of `sweep` with the options that all sweeps have."""
    text = ast.get_docstring(ast.parse((_FOLDER / f"{verb}.py").read_text(encoding="utf-8"))) or ""
    options = settings.HELP.format(**dict.fromkeys(_OF_THE_SWEEP, "the sweep's own")) if verb == "sweep" else ""
    return text + "\n" + options


def of_sweep(sweep: Sweep, program: str) -> str:
    """The page of one sweep, with its own defaults.

    Args:
        program: the command in front of the options.
    """
    defaults = {name: getattr(sweep, name) for name in _OF_THE_SWEEP}
    return _SCRIPT.format(program=program, question=sweep.question) + settings.HELP.format(**defaults)


def typed(page: str) -> str:
    """The page for the terminal: commands in it as the user's shell finds them."""
    command = re.compile(rf"(?<![\w/-])knobwise (?=(?:{'|'.join(verbs())})\b)")
    return command.sub(lambda _: f"{shell.program('knobwise')} ", page)
