"""Remove what interrupted sweeps left behind; shows it and asks first.

Usage: knobwise clean [options]

That is: incomplete runs of a killed sweep, which were marked as abandoned when it was resumed; the locks of studies
that no process runs; and temporary files of killed processes. No finished run is touched, and abandoned runs can be
restored in MLflow until `mlflow gc` frees their space. Runs of a killed sweep that was not resumed are still marked as
running: `knobwise doctor --repair` marks them as abandoned first.

Options:
  --yes           do not ask
  --storage URL   where the search is kept [mlruns/optuna.journal]
  --json          one line of JSON on stdout; without --yes only what would be removed
"""

import json
import sys

from knobwise.experiments import shell
from knobwise.experiments.record.stores import tracking_uri
from knobwise.sweeps.engine.cli.confirm import confirmed
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.repair import check, cleanup
from knobwise.sweeps.engine.repair.cleanup import Leftovers


def main(given: Given) -> int:
    """Show what can be removed, and remove it where that is confirmed."""
    address = given.get("--storage", "")
    left = cleanup.find(address)
    problems = check.compare_stores(address, tracking_uri()).problems
    repairable = [problem.line for problem in problems if problem.repairable]
    as_json, yes = "--json" in given, "--yes" in given
    if not as_json:
        sys.stdout.write(_text(left, repairable))
    removed = bool(left) and (yes or (not as_json and confirmed("Remove all of this?")))
    if removed:
        left = cleanup.remove(left)
    if as_json:
        sys.stdout.write(json.dumps({**_facts(left), "for_doctor": repairable, "removed": removed}) + "\n")
    elif left:
        sys.stdout.write("Removed.\n" if removed else "Nothing was removed.\n")
    return 0


def _text(left: Leftovers, repairable: list[str]) -> str:
    parts = (
        ("Abandoned runs", [f"{run.study}, {run.name} (run {run.run_id})" for run in left.runs]),
        ("Locks of studies that no process runs", [str(path) for path in left.locks]),
        ("Files of processes that are gone", [str(path) for path in left.files]),
    )
    lines = [line for title, items in parts if items for line in (f"{title}:", *(f"  {item}" for item in items))]
    lines = lines or ["There is nothing to remove."]
    if repairable:
        command = f"{shell.program('knobwise')} doctor --repair"
        lines += [f"Not removed, but repaired by `{command}`:", *(f"  {line}" for line in repairable)]
    return "\n".join(lines) + "\n"


def _facts(left: Leftovers) -> dict[str, object]:
    return {
        "runs": [run._asdict() for run in left.runs],
        "locks": [str(path) for path in left.locks],
        "files": [str(path) for path in left.files],
    }
