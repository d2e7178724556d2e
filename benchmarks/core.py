"""Measure the network core against its peers and against the limit: `python -m benchmarks.core --help`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.cases import CASES
from benchmarks.command import parser
from benchmarks.entrant import Failed, pick_cores
from benchmarks.measure import Result, measure
from benchmarks.race import Pace
from benchmarks.report import show

QUICK_PATIENCE = 8.0  # seconds to get ready; PyTorch's compiler can take more when it has nothing cached


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 0 done, 1 a contender failed that cannot be done without, 2 bad usage."""
    names = [case.name for case in CASES]
    command = parser("Measure the network core against its peers and against the limit.")
    command.add_argument("--quick", action="store_true", help="fewer and shorter rounds: an answer within 50 seconds")
    command.add_argument("--only", metavar="CASE", choices=names, action="append", help=f"one of {', '.join(names)}")
    command.add_argument("--cores", type=int, default=1, help="cores for each contender, with a thread each")
    command.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu where the machine is not idle")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    command.add_argument("--chart", type=Path, metavar="FILE", help="draw the ratios: .png, .svg, .pdf")
    command.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of the documentation")
    options = command.parse_args(arguments)
    try:
        cores = pick_cores(options.cores)
    except ValueError as error:
        command.error(str(error))
    for file in filter(None, (options.json, options.chart, options.markdown)):
        if not file.absolute().parent.is_dir():
            command.error(f"{file} must be in a folder that exists")
    chosen = [case for case in CASES if not options.only or case.name in options.only]
    pace = Pace(5, 0.04, 2.0, options.clock) if options.quick else Pace(15, 0.2, clock=options.clock)
    try:
        with Console(stderr=True).status("starting", refresh_per_second=2) as status:
            patience = QUICK_PATIENCE if options.quick else None
            result = measure(chosen, pace, cores, patience=patience, tell=status.update)
    except Failed as failure:
        print(f"knobwise benchmark: {failure}", file=sys.stderr)
        return 1
    show(result, Console())
    write(result, options.json, options.chart, options.markdown)
    return 0


def write(result: Result, to_json: Path | None, to_chart: Path | None, to_markdown: Path | None) -> None:
    """Writes those of the files that are asked for."""
    if to_json:
        to_json.write_text(json.dumps(result, indent=1) + "\n")
    if to_chart:
        from benchmarks.chart import chart

        chart(result, to_chart)
    if to_markdown:
        from benchmarks.page import write_page

        write_page(to_markdown, [result])


if __name__ == "__main__":
    sys.exit(main())
