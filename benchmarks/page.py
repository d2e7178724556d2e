"""The documentation's page, from results measured before: `python -m benchmarks.page --help`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.chart import chart
from benchmarks.command import parser
from benchmarks.report import Result, markdown


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code."""
    command = parser("Write the documentation's page from results that `--json` wrote.")
    command.add_argument(
        "results", type=Path, nargs="+", metavar="RESULT", help="of benchmarks.core or benchmarks.recipe"
    )
    command.add_argument("--markdown", type=Path, required=True, metavar="FILE", help="the page to write")
    options = command.parse_args(arguments)
    results = []
    for file in options.results:
        try:
            results.append(json.loads(file.read_text()))
        except (OSError, ValueError) as error:
            command.error(f"{file} is not a result: {error}")
    write_page(options.markdown, results)
    return 0


def write_page(page: Path, results: Sequence[Result]) -> None:
    """Writes the page, and next to it `pictures/benchmarks_N.png` for the result on N cores."""
    raced = [result for result in results if "cases" in result]
    charts = []
    (page.parent / "pictures").mkdir(exist_ok=True)
    for result in raced:
        charts.append(f"pictures/benchmarks_{result['machine']['cores']}.png")
        chart(result, page.parent / charts[-1])
    page.write_text(markdown(raced, [result for result in results if "runs" in result], charts))


if __name__ == "__main__":
    sys.exit(main())
