"""Write the runs of a study to a file, for a spreadsheet, R or another program.

    knobwise export lr_epochs runs.csv
    knobwise export lr_epochs curves.parquet --curves

CSV or Parquet, as the name of the file says; one row a trial with every knob and metric, or one row a point of a loss
curve. Every digit is kept. A file of that name is replaced.

Options:
  --curves   the loss curves
  --json     one line of JSON: the study, what was written, the file
"""

import json
import sys

from knobwise.experiments import compare
from knobwise.sweeps.engine.cli import arguments, listing


def main(argv: list[str]) -> int:
    """Write the file that `argv` asks for."""
    if "-h" in argv or "--help" in argv:
        sys.stdout.write((__doc__ or "").strip() + "\n")
        return 0
    given = arguments.read(argv, alone=("STUDY", "FILE"), options={}, flags=("--curves", "--json"))
    study, file = given.alone
    return listing.refusing(lambda: _write(study, file, "--curves" in given.flags, "--json" in given.flags))


def _write(study: str, file: str, curves: bool, as_json: bool) -> int:
    path = compare.export(study, file, "curves" if curves else "runs")
    what = "loss curves" if curves else "runs"
    said = (
        json.dumps({"study": study, "what": what, "file": str(path)})
        if as_json
        else f"The {what} of {study} are in {path}"
    )
    sys.stdout.write(said + "\n")
    return 0
