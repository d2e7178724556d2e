"""Runs written straight into MLflow's tables are those that its client writes, row by row."""

import math
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Metric

from knobwise.experiments.record import names, writers
from knobwise.experiments.record.stores import StoreError, sqlite_file
from knobwise.experiments.record.tracker import StudyRun, Tracker
from knobwise.experiments.record.writers import sqlite
from knobwise.experiments.record.writers.client import ClientWriter
from knobwise.experiments.record.writers.sqlite import SqliteWriter
from tests.experiments.conftest import open_study
from tests.experiments.outcomes import outcome

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")

STARTED, ENDED = 1_700_000_000.25, 1_700_000_004.75
TABLES = ("runs", "tags", "params", "metrics", "latest_metrics", "datasets", "inputs", "input_tags")


def rows(uri: str, table: str) -> list[dict[str, Any]]:
    """A table's rows, by column, in the order they were written."""
    file = sqlite_file(uri)
    assert file is not None
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY rowid")]


def content(uri: str) -> dict[str, list[dict[str, Any]]]:
    """Everything in the tables that a run is written to, with random ids replaced by what they stand for."""
    found = {table: rows(uri, table) for table in TABLES}
    stands_for = {row["run_uuid"]: f"run {number}" for number, row in enumerate(found["runs"])}
    stands_for |= {row["dataset_uuid"]: f"{row['name']} {row['digest']}" for row in found["datasets"]}
    for row in found["inputs"]:
        stands_for[row["input_uuid"]] = f"{stands_for[row['source_id']]} in {stands_for[row['destination_id']]}"
    for row in found["runs"]:
        row["artifact_uri"] = row["artifact_uri"].replace(row["run_uuid"], "RUN").rpartition("/mlruns/")[2]
    return {
        table: sorted(
            ({column: stands_for.get(value, value) for column, value in row.items()} for row in there),
            key=lambda row: repr(sorted(row.items(), key=str)),
        )
        for table, there in found.items()
    }


def write(tracker: Tracker) -> None:
    """Trials of every kind: whole, with values that are no numbers, diverged, failed, with a replicate."""
    study = open_study(tracker, "lr_epochs")
    given: dict[str, Any] = {"outcome": outcome(), "started": STARTED, "ended": ENDED}
    odd = {"odd": math.nan, "huge": math.inf, "deep": -math.inf}
    whole = tracker.record(study, trial=0, status="complete", metrics=odd, tags={"said": "more"}, **given)
    tracker.record(study, trial=0, status="complete", replicate=0, parent=whole, **given)
    tracker.record(study, trial=1, status="diverged", **{**given, "outcome": outcome("diverged")})
    tracker.record_failure(study, trial=2, config=outcome().config, error="gone", started=STARTED, ended=ENDED)
    tracker.record_failure(study, trial=3, config=None, error="gone", started=STARTED, ended=ENDED)


@pytest.fixture
def same_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times of the studies' own runs, which are now, made the same."""
    monkeypatch.setattr("knobwise.experiments.record.tracker._now", lambda: round(STARTED * 1000))


@pytest.mark.usefixtures("same_clock")
def test_every_row_is_as_the_client_writes_it(fresh_database: Path, tmp_path: Path) -> None:
    direct, through_client = (
        Tracker(f"sqlite:///{shutil.copy(fresh_database, tmp_path / name)}") for name in ("a.db", "b.db")
    )
    assert isinstance(direct._writer, SqliteWriter)
    through_client._writer = ClientWriter(through_client._client)
    write(direct)
    write(through_client)
    ours, theirs = content(direct.uri), content(through_client.uri)
    assert {table: len(there) for table, there in ours.items()} == {
        table: len(there) for table, there in theirs.items()
    }
    assert min(map(len, ours.values())) >= 3
    for table in TABLES:
        assert ours[table] == theirs[table], table


def test_a_point_given_twice_is_kept_once_and_the_last_step_is_shown(tracker: Tracker, study: StudyRun) -> None:
    run_id, _ = tracker._writer.begin(study.experiment_id, 1, {names.RUN_NAME: "odd"})
    points = [
        Metric("loss", 3.0, 5, 2),
        Metric("loss", 9.0, 9, 1),
        Metric("loss", 3.0, 5, 2),
        Metric("loss", 4.0, 5, 2),
    ]
    tracker._writer.complete(run_id, writers.Results(state="FINISHED", ended=7, tags={}, metrics=points))
    assert tracker._client.get_run(run_id).data.metrics == {"loss": 4.0}
    history = tracker._client.get_metric_history(run_id, "loss")
    assert sorted((point.step, point.timestamp, point.value) for point in history) == [
        (1, 9, 9.0),
        (2, 5, 3.0),
        (2, 5, 4.0),
    ]


def test_nothing_is_written_below_an_experiment_that_was_deleted(tracker: Tracker, study: StudyRun) -> None:
    tracker._client.delete_experiment(study.experiment_id)
    before = len(rows(tracker.uri, "runs"))
    with pytest.raises(StoreError, match="must be in the 'active' state"):
        tracker.record(study, trial=0, status="complete", outcome=outcome(), started=STARTED, ended=ENDED)
    assert len(rows(tracker.uri, "runs")) == before


def test_a_run_deleted_on_the_way_is_not_completed(tracker: Tracker, study: StudyRun) -> None:
    def delete(run_id: str) -> None:
        tracker._client.delete_run(run_id)

    given: dict[str, Any] = {"outcome": outcome(), "started": STARTED, "ended": ENDED, "on_created": delete}
    with pytest.raises(StoreError, match="must be in the 'active' state"):
        tracker.record(study, trial=0, status="complete", **given)
    assert rows(tracker.uri, "params") == []
    assert {row["status"] for row in rows(tracker.uri, "runs")} == {"RUNNING"}


def test_a_failure_leaves_nothing_of_the_transaction(
    tracker: Tracker, study: StudyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(sqlite, "_insert_inputs", fail)
    with pytest.raises(StoreError, match="no space left"):
        tracker.record(study, trial=0, status="complete", outcome=outcome(), started=STARTED, ended=ENDED)
    assert rows(tracker.uri, "params") == rows(tracker.uri, "metrics") == []
    assert {row["status"] for row in rows(tracker.uri, "runs")} == {"RUNNING"}


def test_tables_of_another_mlflow_are_left_to_its_client(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(writers.choose(tracker._client, tracker.uri), SqliteWriter)
    monkeypatch.setitem(sqlite._COLUMNS, "SqlParam", "key value run_uuid a_column_of_tomorrow")
    assert isinstance(writers.choose(tracker._client, tracker.uri), ClientWriter)


def test_a_store_that_is_no_sqlite_file_is_left_to_the_client(tracker: Tracker, tmp_path: Path) -> None:
    assert isinstance(writers.choose(tracker._client, "http://localhost:5000"), ClientWriter)
    assert isinstance(writers.choose(tracker._client, "sqlite:///:memory:"), ClientWriter)
