"""The whole loss curves of runs, from their files `curves.csv`."""

import csv

import pandas as pd

from knobwise.experiments.record import names
from knobwise.experiments.record.errors import ArtifactGone
from knobwise.experiments.record.sources.rows import Points, Source

FILE = "curves.csv"


def points(source: Source, chosen: pd.DataFrame) -> Points:
    """The points of the runs in `chosen`, a table of `tables.places`; a failed trial has none.

    Raises:
        ArtifactGone: a run that has curves has no file of them.
        StoreError: the place cannot be reached.
    """
    found: Points = []
    for run_id, study, trial, status in chosen[["run_id", "study", "trial", "status"]].itertuples(index=False):
        if status == "failed":
            continue
        text = source.file(run_id, FILE).decode()
        if not text:
            raise ArtifactGone(
                f"trial {trial} of the study {study!r} has no {FILE} any more (run {run_id}): it was deleted, or its "
                "folder was moved, see docs/record.md; without full=True the curves come thinned from the database"
            )
        for row in csv.DictReader(text.splitlines()):
            epoch = int(row["epoch"])
            found += [(run_id, metric, epoch, float(row[metric])) for metric in names.CURVES if row[metric]]
    return found
