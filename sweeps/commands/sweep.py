"""Run a sweep, or go on with it.

    knobwise sweep lr_epochs --trials 20

The same as `python sweeps/lr_epochs.py --trials 20`; `knobwise sweep lr_epochs --help` shows the options.
"""

import sys

from knobwise.sweeps.engine import main as run
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.space import catalogue


def main(argv: list[str]) -> int:
    """Run the sweep that the first word names, with the options that follow."""
    if not argv or argv[0] in ("-h", "--help"):
        if argv:
            sys.stdout.write(f"Usage: knobwise sweep NAME [options]\n\nSweeps: {', '.join(catalogue.names())}\n")
            return 0
        raise BadInput(f"knobwise sweep must be followed by one of {', '.join(catalogue.names())}, got nothing")
    return run(catalogue.load(argv[0]), argv[1:], f"knobwise sweep {argv[0]}")
