"""A SQLite file of MLflow's, read directly: at ten thousand runs many times faster than through MLflow's objects."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import final
from urllib.parse import quote

from knobwise.experiments.record import artifacts, names
from knobwise.experiments.record.readers.client import ClientReader
from knobwise.experiments.record.readers.reader import TAGS, Points, Rows, RunRow, study_run
from knobwise.experiments.record.recorded import AbandonedRun, StudyRun
from knobwise.experiments.record.stores import StoreError, sqlite_address

# The tables belong to MLflow. What is read here must be there, or the file is read through the client.
_NEEDED = {
    "runs": {"run_uuid", "name", "status", "start_time", "lifecycle_stage", "experiment_id", "artifact_uri"},
    "tags": {"run_uuid", "key", "value"},
    "params": {"run_uuid", "key", "value"},
    "metrics": {"run_uuid", "key", "value", "step", "is_nan"},
    "latest_metrics": {"run_uuid", "key", "value", "is_nan"},
    "experiments": {"experiment_id", "name", "lifecycle_stage"},
}

_STUDIES = """
    SELECT r.run_uuid, r.experiment_id, e.name, r.start_time, r.status,
        r.lifecycle_stage != 'active' OR e.lifecycle_stage != 'active'
    FROM tags kind JOIN runs r USING (run_uuid) JOIN experiments e USING (experiment_id)
    WHERE kind.key = ? AND kind.value = 'study'
"""
_STUDY_TAGS = """
    SELECT t.run_uuid, t.key, t.value FROM tags kind JOIN tags t USING (run_uuid)
    WHERE kind.key = ? AND kind.value = 'study'
"""
_BELOW = """
    CREATE TEMP TABLE below AS SELECT r.run_uuid AS run_uuid FROM tags t JOIN runs r USING (run_uuid)
    WHERE t.key = :tag AND t.value = :study AND r.experiment_id = :experiment_id AND r.run_uuid != :run_id
"""
_OF_KIND = " AND EXISTS (SELECT 1 FROM tags k WHERE k.run_uuid = r.run_uuid AND k.key = :kind_tag AND k.value = :kind)"
_WHOLE = " AND r.lifecycle_stage = 'active' AND r.status IN ('FINISHED', 'FAILED')"
_RUNS = """
    SELECT run_uuid, name, start_time, status, lifecycle_stage = 'deleted', artifact_uri
    FROM below JOIN runs USING (run_uuid)
"""
_TAGS = """
    SELECT run_uuid, key, value FROM below JOIN tags USING (run_uuid) WHERE key IN (SELECT value FROM json_each(?))
"""
_PARAMS = "SELECT run_uuid, key, value FROM below JOIN params USING (run_uuid)"
_METRICS = """
    SELECT run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END FROM below JOIN latest_metrics USING (run_uuid)
"""
_ABANDONED = """
    SELECT r.run_uuid, coalesce(study.value, ''), r.name
    FROM tags status JOIN runs r USING (run_uuid) JOIN experiments e USING (experiment_id)
    LEFT JOIN tags study ON study.run_uuid = r.run_uuid AND study.key = ?
    WHERE status.key = ? AND status.value = ? AND r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'
"""
# The plus keeps SQLite from looking metrics up by their name, which nearly all rows share, instead of by their run.
_POINTS = """
    SELECT m.run_uuid, m.key, m.step, CASE WHEN m.is_nan THEN NULL ELSE m.value END
    FROM json_each(?) run CROSS JOIN metrics m
    WHERE m.run_uuid = run.value AND +m.key IN (SELECT value FROM json_each(?))
"""
_TAGS_OF_ONE = (
    "SELECT key, value FROM tags JOIN runs USING (run_uuid) WHERE run_uuid = ? AND lifecycle_stage = 'active'"
)


@final
class SqliteReader:
    """See `Reader`.

    Args:
        file: of the database; it is opened for reading only, and only for the time of a call.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @staticmethod
    def fits(file: Path) -> bool:
        """Whether `file` holds the tables and columns that are read here."""
        with _open(file) as database:
            return all(
                columns <= {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
                for table, columns in _NEEDED.items()
            )

    @staticmethod
    def is_empty(file: Path) -> bool:
        """Whether `file` has no tables at all."""
        with _open(file) as database:
            return not database.execute("SELECT name FROM sqlite_master LIMIT 1").fetchall()

    def studies(self, *, deleted: bool = False) -> list[StudyRun]:
        """See `Reader`."""
        with _open(self._file) as database:
            tags = _by_run(database.execute(_STUDY_TAGS, (names.KIND,)))
            runs = database.execute(_STUDIES, (names.KIND,)).fetchall()
        studies = [study_run(tags[run[0]], *run) for run in runs if names.STUDY in tags[run[0]]]
        return [study for study in studies if deleted or not study.deleted]

    def rows(
        self, study: StudyRun, *, kind: str = "", all_states: bool = False, params: bool = True, metrics: bool = True
    ) -> Rows:
        """See `Reader`."""
        values = {
            "tag": names.STUDY,
            "study": study.study,
            "experiment_id": int(study.experiment_id),
            "run_id": study.run_id,
            "kind_tag": names.KIND,
            "kind": kind,
        }
        with _open(self._file) as database:
            database.execute(_BELOW + _OF_KIND * bool(kind) + _WHOLE * (not all_states), values)
            return Rows(
                [_run_row(*run) for run in database.execute(_RUNS)],
                _by_run(database.execute(_TAGS, (json.dumps(TAGS),))),
                database.execute(_PARAMS).fetchall() if params else [],
                database.execute(_METRICS).fetchall() if metrics else [],
            )

    def abandoned(self) -> list[AbandonedRun]:
        """See `Reader`."""
        with _open(self._file) as database:
            runs = database.execute(_ABANDONED, (names.STUDY, names.STATUS, names.ABANDONED))
            return [AbandonedRun(*run) for run in runs]

    def points(self, run_ids: list[str], metrics: tuple[str, ...]) -> Points:
        """See `Reader`."""
        with _open(self._file) as database:
            return database.execute(_POINTS, (json.dumps(run_ids), json.dumps(metrics))).fetchall()

    def tags(self, run_id: str) -> dict[str, str]:
        """See `Reader`."""
        with _open(self._file) as database:
            return dict(database.execute(_TAGS_OF_ONE, (run_id,)).fetchall())

    def file(self, run_id: str, path: str) -> bytes:
        """See `Reader`; read without MLflow where it is on this machine."""
        with _open(self._file) as database:
            row = database.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run_id,)).fetchone()
        folder = artifacts.local_folder(row[0]) if row else None
        if folder is not None:
            return artifacts.read_local(folder, path)
        return ClientReader(sqlite_address(self._file)).file(run_id, path)


@contextmanager
def _open(file: Path) -> Iterator[sqlite3.Connection]:
    """The database as it is at this moment, even if another process writes to it meanwhile."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)) as database:
            database.execute("BEGIN")
            yield database
    except sqlite3.Error as error:
        raise StoreError(f"cannot read the store {file}: {error}") from error


def _run_row(run_id: str, name: str, started: int, state: str, deleted: int, address: str) -> RunRow:
    return RunRow(run_id, name, started, state, bool(deleted), address)


def _by_run(tags: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    grouped: dict[str, dict[str, str]] = {}
    for run_id, name, value in tags:
        grouped.setdefault(run_id, {})[name] = value
    return grouped
