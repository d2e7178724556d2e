"""A study's runs as they stand in the record: read from the file itself as MLflow's client gives them."""

import math
from pathlib import Path

import pytest
from mlflow import MlflowClient

from knobwise.experiments.record import artifacts, names, study_runs
from knobwise.experiments.record.readers.client import ClientReader
from knobwise.experiments.record.readers.sqlite import SqliteReader
from knobwise.experiments.record.recorded import StudyRun
from knobwise.experiments.record.tracker import Tracker
from tests.experiments.conftest import open_study
from tests.experiments.outcomes import outcome

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


def record(tracker: Tracker, study: StudyRun, trial: int, **others: object) -> str:
    given = {"status": "complete", "outcome": outcome(), "started": 1.0, "ended": 2.0, **others}
    return tracker.record(study, trial=trial, **given)  # type: ignore[arg-type]


def test_the_file_and_the_client_tell_the_same(tracker: Tracker, study: StudyRun) -> None:
    client = MlflowClient(tracker.uri)
    whole = record(tracker, study, 1, metrics={"odd": math.nan, "huge": math.inf})
    record(tracker, study, 1, replicate=0, parent=whole)
    record(tracker, study, 1, replicate=1, parent=whole)
    client.delete_run(record(tracker, study, 0, status="diverged", outcome=outcome("diverged")))
    with pytest.raises(ZeroDivisionError):
        record(tracker, study, 2, on_created=lambda _: 1 / 0)
    record(tracker, study, 3, replicate=0, parent=whole, tags={names.KIND: "confirmation"})
    other = open_study(tracker, "lr_epochs-2")
    record(tracker, other, 1, replicate=0, parent=record(tracker, other, 1))
    elsewhere = open_study(tracker, "lr_epochs", sweep="widths")
    record(tracker, elsewhere, 1)

    assert isinstance(tracker._reader, SqliteReader)
    direct = tracker.recorded(study)
    through_client = ClientReader(tracker.uri)
    asked = study_runs.trials_and_replicates(study_runs.every_run(through_client, study), study)
    assert [run.place for run in direct] == [(0, -1), (1, -1), (1, 0), (1, 1), (2, -1)]
    assert math.isnan(direct[1].metrics.pop("odd"))
    assert math.isnan(asked[1].metrics.pop("odd"))
    assert direct == asked
    assert [run.deleted for run in direct] == [True, False, False, False, False]
    assert (direct[4].status, direct[4].mlflow_status, direct[4].metrics) == ("", "RUNNING", {})
    assert direct[2].parent == whole
    confirmations = tracker.confirmations(study)
    assert [(run.trial, run.kind) for run in confirmations] == [(3, "confirmation")]
    assert confirmations == study_runs.every_run(through_client, study, "confirmation")


def test_the_file_and_the_client_list_the_same_studies_and_abandoned_runs(tracker: Tracker, study: StudyRun) -> None:
    client = MlflowClient(tracker.uri)
    for _ in range(2):
        tracker.abandon(record(tracker, study, 4))
    client.delete_run(tracker.recorded(study)[0].run_id)
    other = open_study(tracker, "it's another")
    record(tracker, other, 1)
    client.delete_run(other.run_id)
    elsewhere = open_study(tracker, "lr_epochs", sweep="widths")
    tracker.abandon(record(tracker, elsewhere, 0))
    client.delete_experiment(elsewhere.experiment_id)

    direct, through_client = tracker._reader, ClientReader(tracker.uri)
    assert [run.study for run in direct.studies()] == ["lr_epochs"]
    assert direct.studies() == through_client.studies()
    everything = sorted(direct.studies(deleted=True), key=lambda run: run.run_id)
    assert [run.deleted for run in everything].count(True) == 2
    assert everything == sorted(through_client.studies(deleted=True), key=lambda run: run.run_id)
    assert [run.trial for run in study_runs.every_run(direct, other)] == [1]
    assert study_runs.every_run(direct, other) == study_runs.every_run(through_client, other)
    [abandoned] = direct.abandoned()
    assert (abandoned.study, abandoned.name) == ("lr_epochs", "trial 4")
    assert through_client.abandoned() == [abandoned]


def test_files_of_a_run_elsewhere_go_through_mlflow(tmp_path: Path) -> None:
    given: dict[str, bytes] = {}

    class Client:
        def log_artifacts(self, run_id: str, folder: str) -> None:
            given[run_id] = (Path(folder) / "a.txt").read_bytes()

    def write(folder: Path) -> None:
        (folder / "a.txt").write_bytes(b"text")

    artifacts.write(Client(), "r", "mlflow-artifacts:/1/r/artifacts", write)  # type: ignore[arg-type]
    assert given == {"r": b"text"}
    here = tmp_path / "my runs" / "r"
    artifacts.write(Client(), "s", here.as_uri(), write)  # type: ignore[arg-type]
    assert (here / "a.txt").read_bytes() == b"text"
    assert given == {"r": b"text"}, "MLflow is not asked for what lies here"
