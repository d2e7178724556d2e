"""Remove what interrupted sweeps left behind; shows it first, and asks.

    knobwise clean

That is: runs that a killed sweep left half-written, which its next run marked as abandoned; the locks of studies that
nobody runs; and files that a killed process was making. No finished run is touched, and abandoned runs can be restored
in MLflow until `mlflow gc` frees their space. Runs of a killed sweep that has not run again since are still marked as
running: `knobwise doctor --repair` marks them as abandoned first.

Options:
  --yes           do not ask
  --storage URL   where the search is kept [mlruns/optuna.journal]
  --json          one line of JSON on stdout; without --yes only what would be removed
"""

import json
import sys

from knobwise.experiments.record.stores import tracking_uri
from knobwise.sweeps.engine.cli import arguments
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.repair import check, cleanup
from knobwise.sweeps.engine.repair.cleanup import Leavings


def main(argv: list[str]) -> int:
    """Show what there is to remove, and remove it if that is wanted."""
    if "-h" in argv or "--help" in argv:
        sys.stdout.write((__doc__ or "").strip() + "\n")
        return 0
    given = arguments.read(
        argv, alone=(), options={"--storage": "an Optuna URL or a journal file"}, flags=("--yes", "--json")
    )
    address = given.options.get("--storage", "")
    found = cleanup.find(address)
    first = [each.told for each in check.look(address, tracking_uri()).wrong if each.mends]
    as_json, sure = "--json" in given.flags, "--yes" in given.flags
    if not as_json:
        sys.stdout.write(_text(found, first))
    if found and not as_json and not sure:
        sure = _agreed()
    removed = bool(found) and sure
    if removed:
        found = cleanup.remove(found)
    if as_json:
        sys.stdout.write(json.dumps({**_facts(found), "for_doctor": first, "removed": removed}) + "\n")
    elif found:
        sys.stdout.write("Removed.\n" if removed else "Nothing was removed.\n")
    return 0


def _agreed() -> bool:
    """Ask.

    Raises:
        BadInput: there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise BadInput("--yes must be given where nobody can be asked; nothing was removed")
    sys.stdout.write("Remove all of this? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _text(found: Leavings, first: list[str]) -> str:
    parts = (
        ("Abandoned runs", [f"{run.study}, {run.name} (run {run.run_id})" for run in found.runs]),
        ("Locks that nobody holds", [str(path) for path in found.locks]),
        ("Files of processes that are gone", [str(path) for path in found.files]),
    )
    lines = [line for what, each in parts if each for line in (f"{what}:", *(f"  {one}" for one in each))]
    lines = lines or ["There is nothing to remove."]
    if first:
        lines += ["Not removed, but put right by `knobwise doctor --repair`:", *(f"  {one}" for one in first)]
    return "\n".join(lines) + "\n"


def _facts(found: Leavings) -> dict[str, object]:
    return {
        "runs": [run._asdict() for run in found.runs],
        "locks": [str(path) for path in found.locks],
        "files": [str(path) for path in found.files],
    }
