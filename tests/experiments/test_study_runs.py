"""A study's runs as they stand in the record: read from the file itself as MLflow's client gives them."""

import math
from pathlib import Path

import pytest
from mlflow import MlflowClient

from knobwise.experiments.record import names, run_files, study_runs
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

    direct = study_runs.recorded(client, tracker.uri, study)
    asked = sorted(study_runs._from_client(client, study), key=lambda run: run.place)
    assert [run.place for run in direct] == [(0, -1), (1, -1), (1, 0), (1, 1), (2, -1)]
    assert math.isnan(direct[1].metrics.pop("odd"))
    assert math.isnan(asked[1].metrics.pop("odd"))
    assert direct == asked
    assert [run.deleted for run in direct] == [True, False, False, False, False]
    assert (direct[4].status, direct[4].mlflow_status, direct[4].metrics) == ("", "RUNNING", {})
    assert direct[2].parent == whole


def test_files_of_a_run_elsewhere_go_through_mlflow(tmp_path: Path) -> None:
    given: dict[str, bytes] = {}

    class Client:
        def log_artifacts(self, run_id: str, folder: str) -> None:
            given[run_id] = (Path(folder) / "a.txt").read_bytes()

    def write(folder: Path) -> None:
        (folder / "a.txt").write_bytes(b"text")

    run_files.write(Client(), "r", "mlflow-artifacts:/1/r/artifacts", write)  # type: ignore[arg-type]
    assert given == {"r": b"text"}
    here = tmp_path / "my runs" / "r"
    run_files.write(Client(), "s", here.as_uri(), write)  # type: ignore[arg-type]
    assert (here / "a.txt").read_bytes() == b"text"
    assert given == {"r": b"text"}, "MLflow is not asked for what lies here"
