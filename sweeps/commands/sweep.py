"""Run a sweep, or resume it.

Usage: knobwise sweep SWEEP [options]

    knobwise sweep lr_epochs --trials 20

SWEEP is a name that `knobwise list` shows, or a Python file of your own. The same as `python sweeps/lr_epochs.py`.
`knobwise sweep SWEEP --help` shows the defaults of that sweep.
"""

from knobwise.experiments import shell
from knobwise.sweeps.engine.cli import command
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.space import catalogue


def main(given: Given) -> int:
    """Run the sweep that is named, with the options given."""
    name = given.pop("SWEEP")
    return command.run(catalogue.load(name), given, f"{shell.program('knobwise')} sweep {name}")
