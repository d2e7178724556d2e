"""Write the report of a study, one HTML file: what was tried, what worked.

Usage: knobwise report STUDY [options]

    knobwise report lr_epochs

Writes lr_epochs.html here, and keeps the same file with the study's run in MLflow, as the artifact report.html. The
page needs no network: send it, print it, open it on a phone.

Options:
  --output FILE   where it goes [STUDY.html]
  --no-attach     do not keep it in MLflow
  --json          one line of JSON: the study, the file, the run that keeps it
"""

import json
import sys
from pathlib import Path

from knobwise.experiments import report
from knobwise.experiments.record import lookup
from knobwise.experiments.record.errors import CompareError
from knobwise.experiments.record.stores import tracking_uri
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput


def main(given: Given) -> int:
    """Write the report that `given` asks for."""
    try:
        _, study = lookup.study_called(given["STUDY"])
        file = _file(given.get("--output") or f"{study.study}.html")
        html = report.write(study.run_id)
    except CompareError as error:
        raise BadInput(str(error)) from None
    file.write_text(html, encoding="utf-8")
    kept = "--no-attach" not in given
    if kept:
        _attach(study.run_id, html)
    if "--json" in given:
        facts = {"study": study.study, "file": str(file), "run_id": study.run_id if kept else None}
        sys.stdout.write(json.dumps(facts) + "\n")
        return 0
    sys.stdout.write(f"The report of {study.study} is in {file}")
    sys.stdout.write(f", and in MLflow as {report.FILE} of run {study.run_id}\n" if kept else "\n")
    return 0


def _file(name: str) -> Path:
    """Where to write, checked before anything is drawn.

    Raises:
        BadInput: it is a folder, or in a folder that does not exist.
    """
    file = Path(name)
    if file.is_dir():
        raise BadInput(f"--output must be a file, got the folder {name!r}")
    if not file.absolute().parent.is_dir():
        raise BadInput(f"--output must be in a folder that is there, got {name!r}")
    return file


def _attach(run_id: str, html: str) -> None:
    from knobwise.experiments.record.tracker import Tracker

    Tracker(tracking_uri()).attach(run_id, {report.FILE: html.encode()})
