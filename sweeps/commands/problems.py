"""List the problems for `--problem`, or show one.

Usage: knobwise problems [PROBLEM] [options]

    knobwise problems
    knobwise problems friedman1
    knobwise problems "friedman1?noise=1&inputs=20"
    knobwise problems "wine.csv?target=quality"
    knobwise problems "mine.py:surface?bounds=-1..1,0..5"

The list has each problem's size, its options with their defaults, and a sentence; of one problem, the formula, the
source and the inputs are shown too. Options stand behind a question mark; quote the whole, since ? and & mean something
else to a shell.

Data of your own can be a problem too:
  FILE.csv?target=COLUMN          a table of yours, also .tsv, .parquet, .json,
                                  .jsonl, .feather, .xlsx, .ods, .csv.gz
  FILE.py:FUNCTION?bounds=-1..1   a function of yours: an array for each input in,
                                  one of the same shape out

Options:
  --json   one line of JSON: an object for each problem
"""

import importlib
import inspect
import json
import sys
import textwrap
from collections.abc import Mapping
from typing import Any, NamedTuple

from knobwise.experiments import problems
from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.text import counted, nearest
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput

WIDTH = 80
MANY = 32  # names that are shown in full


class _Known(NamedTuple):
    """A problem and its description.

    problem: as loaded.
    options: its options with their defaults; none for the user's own data.
    text: its module's docstring; for the user's own data, `problem.about`.
    """

    problem: Problem
    options: Mapping[str, Any]
    text: str


def main(given: Given) -> int:
    """Print the problems, or the one that `given` names."""
    found = [_known(text) for text in ([given["PROBLEM"]] if "PROBLEM" in given else problems.names())]
    if "--json" in given:
        sys.stdout.write(json.dumps([_plain(known) for known in found]) + "\n")
    elif "PROBLEM" in given:
        sys.stdout.write(_shown(found[0]))
    else:
        sys.stdout.write("".join(_line(known) for known in found))
        sys.stdout.write("\nA table: FILE.csv?target=COLUMN. A function: FILE.py:FUNCTION?bounds=-1..1.\n")
    return 0


def _known(text: str) -> _Known:
    try:
        problem = problems.load(text)
    except ValueError as error:
        hint = nearest(text, problems.names()) if ":" not in text and "?" not in text else ""
        raise BadInput(f"{error}{hint}") from None
    source = Spec.parse(text).source
    if source not in problems.names():
        return _Known(problem, {}, problem.about)
    module = importlib.import_module(f"{problems.__name__}.{source}")
    made = inspect.signature(getattr(module, source)).parameters
    return _Known(problem, {name: each.default for name, each in made.items()}, inspect.getdoc(module) or "")


def _rows(problem: Problem) -> int | None:
    """The rows of all three parts; None where any number can be drawn."""
    if problem.most is None:
        return None
    return problem.most + len(problem.val(0).X) + len(problem.test().X)


def _plain(known: _Known) -> dict[str, Any]:
    problem = known.problem
    return {
        "problem": problem.name,
        "title": problem.shown,
        "what": known.text.partition("\n")[0],
        "task": "classification" if problem.classes else "regression",
        "inputs": list(problem.inputs),
        "outputs": list(problem.outputs),
        "classes": list(problem.classes),
        "rows": _rows(problem),
        "options": dict(known.options),
    }


def _size(problem: Problem) -> str:
    """`10 inputs, 442 rows`."""
    sizes = [counted(len(problem.inputs), "input")]
    if problem.classes:
        sizes.append(counted(len(problem.classes), "class", "classes"))
    elif len(problem.outputs) > 1:
        sizes.append(counted(len(problem.outputs), "output"))
    rows = _rows(problem)
    return ", ".join(sizes + ([counted(rows, "row")] if rows is not None else []))


def _options(known: _Known) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in known.options.items())


def _line(known: _Known) -> str:
    """Name, size and options; below them, what it is."""
    options = f"; {_options(known)}" if known.options else ""
    what = textwrap.shorten(known.text.partition("\n")[0], WIDTH - 4, placeholder=" ...")
    return f"{known.problem.name:<14} {_size(known.problem)}{options}\n    {what}\n"


def _shown(known: _Known) -> str:
    """All of one: its text, its size, its inputs and what is predicted."""
    problem = known.problem
    predicted = problem.target or ", ".join(problem.outputs)
    facts = {
        "problem": problem.name,
        "size": _size(problem) if problem.most else f"{_size(problem)}, as many samples as are asked for",
        "parts": f"{f'{problem.most:,}' if problem.most else 'any number'} to train, "
        f"{len(problem.val(0).X):,} to validate, {len(problem.test().X):,} to test",
        "options": _options(known) or ("none" if known.options or problem.name in problems.names() else ""),
        "inputs": _some(problem.inputs),
        "predicted": f"{predicted}: {_some(problem.classes)}" if problem.classes else predicted,
    }
    lines = [
        textwrap.fill(f"{name:<10} {value}", WIDTH, subsequent_indent=" " * 11, break_on_hyphens=False)
        for name, value in facts.items()
        if value
    ]
    return "\n".join([_filled(known.text), "", *lines]) + "\n"


def _filled(text: str) -> str:
    """Paragraphs to the terminal's width; what is indented is a formula, and stays as it is."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(each if each.startswith(" ") else textwrap.fill(each, WIDTH) for each in paragraphs)


def _some(names: tuple[str, ...]) -> str:
    """All of a few names; of many, the first and the last."""
    if len(names) <= MANY:
        return ", ".join(names)
    return f"{', '.join(names[: MANY // 2])}, ... {names[-1]}"
