"""The runs of a study as they stand in the record, whatever their state: what a resume goes by.

Through MLflow's client ten thousand of them take half a minute, so a SQLite file is read directly. Same content.
"""

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from knobwise.experiments.record import names
from knobwise.experiments.record.recorded import RecordedRun, StudyRun, recorded_run
from knobwise.experiments.record.sources.sqlite import SqliteSource
from knobwise.experiments.record.stores import sqlite_file

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_PAGE = 1000

# The plus keeps SQLite from going through all runs of the experiment: it is to begin with the tags.
_TRIALS = """
    CREATE TEMP TABLE chosen AS SELECT r.run_uuid FROM runs r
    JOIN tags kind ON kind.run_uuid = r.run_uuid AND kind.key = :kind AND kind.value = 'trial'
    JOIN tags above ON above.run_uuid = r.run_uuid AND above.key = :parent AND above.value = :study
    WHERE +r.experiment_id = :experiment
"""
_REPLICATES = """
    INSERT INTO chosen SELECT r.run_uuid FROM runs r
    JOIN tags kind ON kind.run_uuid = r.run_uuid AND kind.key = :kind AND kind.value = 'replicate'
    JOIN tags above ON above.run_uuid = r.run_uuid AND above.key = :parent
    WHERE +r.experiment_id = :experiment AND above.value IN (SELECT run_uuid FROM chosen)
"""
_RUNS = "SELECT run_uuid, status, lifecycle_stage FROM runs JOIN chosen USING (run_uuid)"
_TAGS = """
    SELECT run_uuid, key, value FROM tags JOIN chosen USING (run_uuid)
    WHERE key IN (:trial, :replicate, :status, :parent)
"""
_METRICS = """
    SELECT run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END FROM latest_metrics JOIN chosen USING (run_uuid)
"""


def recorded(client: "MlflowClient", uri: str, study: StudyRun) -> list[RecordedRun]:
    """Every trial and replicate of `study`, those that a user deleted among them, by trial and replicate.

    Args:
        client: of the store.
        uri: the store's address.
        study: the study.
    """
    file = sqlite_file(uri)
    if file is not None and file.exists() and SqliteSource.fits(file):
        runs = _from_file(file, study)
    else:
        runs = _from_client(client, study)
    return sorted(runs, key=lambda run: run.place)


def search(client: "MlflowClient", experiment_id: str, condition: str) -> "Iterator[Run]":
    """All runs of an experiment that meet `condition`, those that a user deleted among them."""
    from mlflow.entities import ViewType

    token: str | None = ""
    while token is not None:
        page = client.search_runs(
            [experiment_id], condition, run_view_type=ViewType.ALL, max_results=_PAGE, page_token=token or None
        )
        yield from page
        token = page.token or None


def _from_client(client: "MlflowClient", study: StudyRun) -> list[RecordedRun]:
    below = f"tags.`{names.PARENT}` = '{study.run_id}' and tags.`{names.KIND}` = 'trial'"
    trials = list(search(client, study.experiment_id, below))
    above = {run.info.run_id for run in trials}
    replicates = search(client, study.experiment_id, f"tags.`{names.KIND}` = 'replicate'")
    runs = [*trials, *(run for run in replicates if run.data.tags.get(names.PARENT) in above)]
    return [recorded_run(run) for run in runs]


def _from_file(file: Path, study: StudyRun) -> list[RecordedRun]:
    asked = {
        "study": study.run_id,
        "experiment": int(study.experiment_id),
        "kind": names.KIND,
        "trial": names.TRIAL,
        "replicate": names.REPLICATE,
        "status": names.STATUS,
        "parent": names.PARENT,
    }
    tags: dict[str, dict[str, str]] = defaultdict(dict)
    metrics: dict[str, dict[str, float]] = defaultdict(dict)
    with closing(sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)) as database:
        database.execute("BEGIN")  # one moment for all, whoever writes meanwhile
        for choose in (_TRIALS, _REPLICATES):
            database.execute(choose, asked)
        runs = database.execute(_RUNS).fetchall()
        for run_id, name, text in database.execute(_TAGS, asked):
            tags[run_id][name] = text
        for run_id, name, value in database.execute(_METRICS):
            metrics[run_id][name] = math.nan if value is None else value
    return [
        RecordedRun(
            run_id=run_id,
            trial=int(tags[run_id][names.TRIAL]),
            replicate=int(tags[run_id][names.REPLICATE]) if names.REPLICATE in tags[run_id] else None,
            status=tags[run_id].get(names.STATUS, ""),
            mlflow_status=status,
            metrics=metrics[run_id],
            deleted=stage == "deleted",
            parent=tags[run_id].get(names.PARENT, ""),
        )
        for run_id, status, stage in runs
    ]
