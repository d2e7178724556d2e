"""List the problems there are, for `--problem`.

    knobwise problems

Each line: name, size, what it is.
"""

import importlib
import sys

from experiments import problems
from sweeps.commands import no_options


def main(argv: list[str]) -> int:
    """Print a line for each problem: its name, its size, what it is."""
    no_options("problems", argv)
    for name in problems.names():
        problem = problems.load(name)
        about = (importlib.import_module(f"{problems.__name__}.{name}").__doc__ or "").strip().splitlines()[0]
        size = f"{len(problem.inputs)} inputs, {len(problem.outputs)} output{'s' * (len(problem.outputs) > 1)}"
        sys.stdout.write(f"{name:<12} {size}: {about}\n")
    return 0
