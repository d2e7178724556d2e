"""Measure what a whole sweep costs, against its peers and against the trainings in it: `python -m benchmarks.sweep`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.command import parser
from benchmarks.entrant import Failed
from benchmarks.sweep_cases import CASES
from benchmarks.sweep_measure import measure
from benchmarks.sweep_report import markdown, show

ROUNDS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 0 done, 1 a contender failed that cannot be done without, 2 bad usage."""
    names = [case.name for case in CASES]
    command = parser("Measure what a whole sweep costs, against its peers and against the trainings in it.")
    command.add_argument("--quick", action="store_true", help="one round of few trials: an answer within two minutes")
    command.add_argument("--only", metavar="CASE", choices=names, action="append", help=f"one of {', '.join(names)}")
    command.add_argument("--rounds", type=int, default=0, help=f"turns of each contender [{ROUNDS}]")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    command.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of the documentation")
    options = command.parse_args(arguments)
    if options.rounds < 0:
        command.error(f"--rounds must be a whole number >= 1, got {options.rounds}")
    for file in filter(None, (options.json, options.markdown)):
        if not file.absolute().parent.is_dir():
            command.error(f"{file} must be in a folder that exists")
    chosen = [case for case in CASES if not options.only or case.name in options.only]
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    try:
        with Console(stderr=True).status("starting", refresh_per_second=2) as status:
            result = measure(chosen, rounds, quick=options.quick, tell=status.update)
    except Failed as failure:
        print(f"knobwise benchmark: {failure}", file=sys.stderr)
        return 1
    show(result, Console())
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(markdown(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
