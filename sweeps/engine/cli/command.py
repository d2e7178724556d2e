"""The command behind every sweep script and `knobwise sweep NAME`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from knobwise.sweeps.engine.cli import gc
from knobwise.sweeps.engine.errors import one_line
from knobwise.sweeps.engine.workers.interrupts import Interrupts

if TYPE_CHECKING:
    from knobwise.sweeps.engine.sweep import Sweep


def main(sweep: Sweep, argv: list[str] | None = None, program: str = "") -> int:
    """Run `sweep` as the command line asks, and return the exit code.

    0 done; 2 bad input, 1 a store that cannot be used or a sweep that could not go on, each with one line on stderr;
    130 and 143 after SIGINT and SIGTERM, with all finished work saved.

    Args:
        sweep: what to run.
        argv: the options; None for those the process was started with.
        program: what `--help` calls the command; "" for the script itself.
    """
    words = sys.argv[1:] if argv is None else argv
    with Interrupts() as interrupts, gc.seldom():
        return one_line(lambda: _run(sweep, words, program or f"python {sys.argv[0]}", interrupts))


def _run(sweep: Sweep, words: list[str], program: str, interrupts: Interrupts) -> int:
    # Imported here and not above: a worker started fresh imports the script, and so this module, again.
    import optuna

    from knobwise.sweeps.engine import session
    from knobwise.sweeps.engine.cli import parser

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    chosen = parser.parse(sweep, words, program)
    return session.dry_run(sweep, chosen) if chosen.dry_run else session.run(sweep, chosen, interrupts, program)
