"""The command behind every sweep script and `knobwise sweep SWEEP`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from knobwise.experiments import shell
from knobwise.sweeps.engine.cli import pages, parser, start
from knobwise.sweeps.engine.workers.interrupts import Interrupts

if TYPE_CHECKING:
    from knobwise.sweeps.engine.sweep import Sweep


def main(sweep: Sweep, argv: list[str] | None = None) -> int:
    """Run `sweep` as its script's command line asks, and return the exit code.

    0 done; 2 bad input, 1 a store that cannot be used or a sweep that could not finish, each with one line on stderr;
    130, 143 and 129 after SIGINT, SIGTERM and SIGHUP, with all finished work saved.

    Args:
        sweep: what to run.
        argv: the options; None for those the process was started with.
    """
    words = sys.argv[1:] if argv is None else argv
    program = f"{shell.program('python')} {shlex.quote(sys.argv[0])}"
    page = pages.of_sweep(sweep, program)

    def work() -> int:
        if parser.asks_for_help(words):
            sys.stdout.write(page)
            return 0
        return run(sweep, parser.read(page, words), program)

    return start.run(work)


def run(sweep: Sweep, given: parser.Given, program: str) -> int:
    """Run `sweep` with the options given.

    Args:
        program: the command without options, for the hint that resumes the study.

    Raises:
        BadInput, StoreError, Unfinished: one line for stderr.
    """
    with Interrupts() as interrupts:
        # Imported here and not above: a worker started fresh imports the script, and so this module, once more.
        from knobwise.sweeps.engine.cli import sweep_options

        options = sweep_options.checked(sweep, given)

        import optuna

        from knobwise.sweeps.engine import session

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        return session.dry_run(sweep, options) if options.dry_run else session.run(sweep, options, interrupts, program)
