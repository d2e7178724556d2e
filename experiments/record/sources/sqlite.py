"""A SQLite file of MLflow's, read directly: at ten thousand runs many times faster than through MLflow's objects."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, final
from urllib.parse import quote, unquote, urlparse

from knobwise.experiments.record import names
from knobwise.experiments.record.sources.client import ClientSource
from knobwise.experiments.record.sources.rows import TAGS, Points, Rows, Study
from knobwise.experiments.record.stores import StoreError

# The tables are MLflow's own affair. What is read here must be there, or the file is not read this way.
_NEEDED = {
    "runs": {"run_uuid", "status", "start_time", "lifecycle_stage", "experiment_id", "artifact_uri"},
    "tags": {"run_uuid", "key", "value"},
    "params": {"run_uuid", "key", "value"},
    "metrics": {"run_uuid", "key", "value", "step", "is_nan"},
    "latest_metrics": {"run_uuid", "key", "value", "is_nan"},
    "experiments": {"experiment_id", "lifecycle_stage"},
}

_STUDIES = """
    SELECT r.experiment_id, r.run_uuid, study.value, name.value, r.start_time, problem.value, made.value
    FROM tags kind JOIN runs r USING (run_uuid) JOIN experiments e USING (experiment_id)
    JOIN tags study ON study.run_uuid = r.run_uuid AND study.key = :study
    JOIN tags name ON name.run_uuid = r.run_uuid AND name.key = :name
    LEFT JOIN tags problem ON problem.run_uuid = r.run_uuid AND problem.key = :problem
    LEFT JOIN tags made ON made.run_uuid = r.run_uuid AND made.key = :schema
    WHERE kind.key = :kind AND kind.value = 'study' AND r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'
"""
_CHILDREN = """
    SELECT r.run_uuid AS run_uuid FROM tags t JOIN runs r USING (run_uuid)
    WHERE t.key = :tag AND t.value = :study AND r.experiment_id = :experiment_id AND r.run_uuid != :run_id
    AND r.lifecycle_stage = 'active' AND r.status IN ('FINISHED', 'FAILED')
"""
# The plus keeps SQLite from looking metrics up by their name, which nearly all rows share, instead of by their run.
_POINTS = """
    SELECT m.run_uuid, m.key, m.step, CASE WHEN m.is_nan THEN NULL ELSE m.value END
    FROM json_each(?) run CROSS JOIN metrics m
    WHERE m.run_uuid = run.value AND +m.key IN (SELECT value FROM json_each(?))
"""


@final
class SqliteSource:
    """Args: file: of the database; it is opened for reading only, and only for the time of a call."""

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

    def studies(self) -> list[Study]:
        """As `Source.studies`."""
        tags = {"study": names.STUDY, "name": names.NAME, "kind": names.KIND}
        tags |= {"problem": names.PROBLEM, "schema": names.SCHEMA}
        with _open(self._file) as database:
            rows = database.execute(_STUDIES, tags).fetchall()
        return [Study(str(row[0]), *row[1:5], *(text or "" for text in row[5:])) for row in rows]

    def rows(self, study: Study, *, only_tags: bool = False) -> Rows:
        """As `Source.rows`."""
        children = f"WITH child AS ({_CHILDREN}) SELECT"
        wanted = ", ".join(f"'{name}'" for name in TAGS)
        parts = [
            "run_uuid, start_time FROM runs JOIN child USING (run_uuid)",
            f"run_uuid, key, value FROM tags JOIN child USING (run_uuid) WHERE key IN ({wanted})",
            "run_uuid, key, value FROM params JOIN child USING (run_uuid)",
            "run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END FROM latest_metrics JOIN child USING (run_uuid)",
        ]
        asked = parts[:2] if only_tags else parts
        with _open(self._file) as database:
            found = [database.execute(f"{children} {part}", _asked(study)).fetchall() for part in asked]
        return Rows(*found, *[[]] * (len(parts) - len(asked)))

    def points(self, run_ids: list[str], metrics: tuple[str, ...]) -> Points:
        """As `Source.points`."""
        with _open(self._file) as database:
            return database.execute(_POINTS, (json.dumps(run_ids), json.dumps(metrics))).fetchall()

    def tags(self, run_id: str) -> dict[str, str]:
        """As `Source.tags`."""
        found = (
            "SELECT key, value FROM tags JOIN runs USING (run_uuid) WHERE run_uuid = ? AND lifecycle_stage = 'active'"
        )
        with _open(self._file) as database:
            return dict(database.execute(found, (run_id,)).fetchall())

    def file(self, run_id: str, path: str) -> bytes:
        """As `Source.file`; read without MLflow where it is on this machine."""
        with _open(self._file) as database:
            found = database.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run_id,)).fetchone()
        place = urlparse(found[0])
        if place.scheme in ("", "file"):
            file = Path(unquote(place.path)) / path
            return file.read_bytes() if file.is_file() else b""
        return ClientSource(f"sqlite:///{self._file.as_posix()}").file(run_id, path)


@contextmanager
def _open(file: Path) -> Iterator[sqlite3.Connection]:
    """The database as it is at this moment, whoever writes to it meanwhile."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)) as database:
            database.execute("BEGIN")
            yield database
    except sqlite3.Error as error:
        raise StoreError(f"cannot read the store {file}: {error}") from error


def _asked(study: Study) -> dict[str, Any]:
    return {
        "tag": names.STUDY,
        "study": study.study,
        "experiment_id": int(study.experiment_id),
        "run_id": study.run_id,
    }
