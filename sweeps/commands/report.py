"""Write the report of a study: one HTML file that shows what was tried, what worked and why.

    knobwise report lr_epochs

Writes lr_epochs.html here, and keeps the same file with the study's run in MLflow, as the artifact report.html. The
page needs no network: send it, print it, open it on a phone.

Options:
  --output FILE   where it goes [STUDY.html]
  --no-attach     do not keep it in MLflow
  --json          one line of JSON: the study, the file, the run that it is kept with
"""

import json
import sys
from pathlib import Path

from knobwise.experiments import report
from knobwise.experiments.record import lookup
from knobwise.experiments.record.errors import CompareError
from knobwise.experiments.record.stores import tracking_uri
from knobwise.sweeps.engine.cli import arguments
from knobwise.sweeps.engine.errors import BadInput


def main(argv: list[str]) -> int:
    """Write the report that `argv` asks for."""
    if "-h" in argv or "--help" in argv:
        sys.stdout.write((__doc__ or "").strip() + "\n")
        return 0
    given = arguments.read(argv, alone=("STUDY",), options={"--output": "a file name"}, flags=("--no-attach", "--json"))
    [name] = given.alone
    try:
        _, study = lookup.study_called(name)
        file = _file(given.options.get("--output") or f"{study.study}.html")
        html = report.write(study.run_id)
    except CompareError as error:
        raise BadInput(str(error)) from None
    file.write_text(html, encoding="utf-8")
    kept = "--no-attach" not in given.flags
    if kept:
        _attach(study.run_id, html)
    if "--json" in given.flags:
        facts = {"study": study.study, "file": str(file), "run_id": study.run_id if kept else None}
        sys.stdout.write(json.dumps(facts) + "\n")
        return 0
    sys.stdout.write(f"The report of {study.study} is in {file}")
    sys.stdout.write(f", and in MLflow as {report.FILE} of run {study.run_id}\n" if kept else "\n")
    return 0


def _file(given: str) -> Path:
    """Where to write, refused before anything is drawn."""
    file = Path(given)
    if file.is_dir():
        raise BadInput(f"--output must be a file, got the folder {given!r}")
    if not file.absolute().parent.is_dir():
        raise BadInput(f"--output must be in a folder that is there, got {given!r}")
    return file


def _attach(run_id: str, html: str) -> None:
    from knobwise.experiments.record.tracker import Tracker

    Tracker(tracking_uri()).attach(run_id, {report.FILE: html.encode()})
