"""Write the runs of a study to a CSV or Parquet file.

Usage: knobwise export STUDY FILE [options]

    knobwise export lr_epochs runs.csv
    knobwise export lr_epochs curves.parquet --curves

The ending of the name decides the format. One row a trial with every knob and metric, or one row a point of a loss
curve, for a spreadsheet, R or another program. Every digit is kept. In CSV a text that a spreadsheet would run as a
formula (=, +, - or @ at its beginning, and no number) has an apostrophe in front. A file of that name is replaced.

Options:
  --curves   the loss curves
  --json     one line of JSON: the study, what was written, the file
"""

import json
import sys

from knobwise.experiments import compare
from knobwise.sweeps.engine.cli import listing
from knobwise.sweeps.engine.cli.parser import Given


def main(given: Given) -> int:
    """Write the file that `given` asks for."""
    return listing.refusing(lambda: _write(given["STUDY"], given["FILE"], "--curves" in given, "--json" in given))


def _write(study: str, file: str, curves: bool, as_json: bool) -> int:
    path = compare.export(study, file, "curves" if curves else "runs")
    what = "loss curves" if curves else "runs"
    facts = {"study": study, "what": what, "file": str(path)}
    sys.stdout.write((json.dumps(facts) if as_json else f"The {what} of {study} are in {path}") + "\n")
    return 0
