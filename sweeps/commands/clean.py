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
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.repair import check, cleanup
from knobwise.sweeps.engine.repair.cleanup import Leavings


def main(given: Given) -> int:
    """Show what can be removed, and remove it where that is confirmed."""
    address = given.get("--storage", "")
    found = cleanup.find(address)
    first = [each.told for each in check.look(address, tracking_uri()).wrong if each.mends]
    as_json, confirmed = "--json" in given, "--yes" in given
    if not as_json:
        sys.stdout.write(_text(found, first))
    if found and not as_json and not confirmed:
        confirmed = _confirmed()
    removed = bool(found) and confirmed
    if removed:
        found = cleanup.remove(found)
    if as_json:
        sys.stdout.write(json.dumps({**_facts(found), "for_doctor": first, "removed": removed}) + "\n")
    elif found:
        sys.stdout.write("Removed.\n" if removed else "Nothing was removed.\n")
    return 0


def _confirmed() -> bool:
    """Ask.

    Raises:
        BadInput: stdin is no terminal.
    """
    if not sys.stdin.isatty():
        raise BadInput("--yes must be given where stdin is no terminal; nothing was removed")
    sys.stdout.write("Remove all of this? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _text(found: Leavings, first: list[str]) -> str:
    parts = (
        ("Abandoned runs", [f"{run.study}, {run.name} (run {run.run_id})" for run in found.runs]),
        ("Locks that no process holds", [str(path) for path in found.locks]),
        ("Files of processes that are gone", [str(path) for path in found.files]),
    )
    lines = [line for what, each in parts if each for line in (f"{what}:", *(f"  {one}" for one in each))]
    lines = lines or ["There is nothing to remove."]
    if first:
        command = f"{shell.program('knobwise')} doctor --repair"
        lines += [f"Not removed, but repaired by `{command}`:", *(f"  {one}" for one in first)]
    return "\n".join(lines) + "\n"


def _facts(found: Leavings) -> dict[str, object]:
    return {
        "runs": [run._asdict() for run in found.runs],
        "locks": [str(path) for path in found.locks],
        "files": [str(path) for path in found.files],
    }
