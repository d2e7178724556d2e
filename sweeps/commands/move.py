"""Correct the record of a project whose folder was moved or copied.

Usage: knobwise move [options]

    mv rents rents_2026 && cd rents_2026 && knobwise move

MLflow keeps the whole path of each file. Paths that lead to the folder that this one was moved or copied from then lead
here: of experiments, runs, models and their versions. No file is moved or removed. While a study is being run it is
refused.

Options:
  --json   one line of JSON on stdout
"""

import json
import sys

from knobwise.experiments.record import relocation
from knobwise.experiments.record.stores import sqlite_file, tracking_uri, without_credentials
from knobwise.experiments.text import counted
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.repair import check

WORDS = {
    "experiments": "experiment",
    "runs": "run",
    "logged_models": "model",
    "model_versions": "version",
    "workspaces": "workspace",
    "trace_tags": "trace",
}


def main(given: Given) -> int:
    """Correct the paths, and say which."""
    uri = tracking_uri()
    if sqlite_file(uri) is None:
        raise BadInput(
            f"MLFLOW_TRACKING_URI must be a SQLite file, whose folder can be moved, got {without_credentials(uri)}"
        )
    moved = relocation.find(uri)
    changed: dict[str, int] = {}
    if moved is not None:
        check.refuse_running("")
        changed = relocation.move(uri, moved)
    if "--json" in given:
        old = [str(folder) for folder in moved.old] if moved else []
        sys.stdout.write(json.dumps({"old": old, "new": str(moved.new) if moved else None, "changed": changed}) + "\n")
        return 0
    if moved is None:
        sys.stdout.write("Nothing to correct: no path in the record leads to a folder that this one was moved from.\n")
        return 0
    sys.stdout.write(f"{described(moved, changed)}.\n")
    return 0


def described(moved: relocation.Moved, changed: dict[str, int]) -> str:
    """What was corrected, in a line."""
    counts = ", ".join(counted(changed[table], word) for table, word in WORDS.items() if table in changed)
    old = " and ".join(str(folder) for folder in moved.old)
    return f"From {old} to {moved.new}: corrected the paths of {counts}"
