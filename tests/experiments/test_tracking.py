"""Outcomes into MLflow."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from knobwise.experiments.config import RunConfig
from knobwise.experiments.record import names
from knobwise.experiments.record.entries import POINTS
from knobwise.experiments.record.stores import StoreError, tracking_uri
from knobwise.experiments.record.tracker import StudyRun, Tracker
from tests.experiments.conftest import open_study
from tests.experiments.outcomes import PICTURES, facts, outcome

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy

STARTED, ENDED = 1_700_000_000.25, 1_700_000_004.75


def record(tracker: Tracker, study: StudyRun, trial: int = 0, **others: object) -> str:
    given = {"status": "complete", "outcome": outcome(), "started": STARTED, "ended": ENDED, **others}
    return tracker.record(study, trial=trial, **given)  # type: ignore[arg-type]


def read(run_id: str) -> Run:
    return MlflowClient(tracking_uri()).get_run(run_id)


def history(run_id: str, metric: str) -> list[tuple[int, float, int]]:
    points = MlflowClient(tracking_uri()).get_metric_history(run_id, metric)
    return sorted((point.step, point.value, point.timestamp) for point in points)


def test_a_trial_is_a_child_with_every_knob_and_metric(tracker: Tracker, study: StudyRun) -> None:
    done = outcome(lr=1e-5, widths=(32, 8), seed=7)
    run = read(record(tracker, study, 3, outcome=done, tags={"more": "said"}, metrics={"val_mse_std": 0.25}))
    assert run.data.params == {
        name: "[32, 8]" if name == "widths" else str(value) for name, value in done.config.as_dict().items()
    }
    single = {name: value for name, value in run.data.metrics.items() if name not in names.CURVES}
    assert single == {**done.metrics, "epochs_done": 40.0, "val_mse_std": 0.25}
    tags = run.data.tags
    assert tags[names.PARENT] == study.run_id
    assert (tags[names.NAME], tags[names.STUDY], tags[names.KIND]) == ("lr_epochs", "lr_epochs", "trial")
    assert (tags[names.TRIAL], tags[names.STATUS], tags[names.PROBLEM]) == ("3", "complete", "article")
    assert tags["more"] == "said"
    assert "numpy==" in tags[names.PACKAGES]
    assert run.info.run_name == "trial 3"
    assert (run.info.start_time, run.info.end_time) == (1_700_000_000_250, 1_700_000_004_750)
    assert run.info.status == "FINISHED"


@pytest.mark.parametrize(
    ("status", "shown"),
    [("complete", "FINISHED"), ("pruned", "FINISHED"), ("diverged", "FINISHED"), ("failed", "FAILED")],
)
def test_what_came_of_it_is_a_tag(tracker: Tracker, study: StudyRun, status: str, shown: str) -> None:
    run = read(record(tracker, study, status=status))
    assert (run.data.tags[names.STATUS], run.info.status) == (status, shown)


def test_a_status_of_another_name_is_refused(tracker: Tracker, study: StudyRun) -> None:
    with pytest.raises(ValueError, match=r"^status must be one of complete, pruned, diverged, failed, got 'paused'$"):
        record(tracker, study, status="paused")
    assert tracker.recorded(study) == []


def test_curves_are_thinned_but_keep_their_ends(tracker: Tracker, study: StudyRun) -> None:
    run_id = record(tracker, study, outcome=outcome(epochs_done=1000))
    train, val = history(run_id, "train_loss"), history(run_id, "val_loss")
    assert len(train) == len(val) == POINTS <= 200
    assert [point[:2] for point in (train[0], train[-1])] == [(1, 1.0), (1000, 1.0 / 1000)]
    assert [point[:2] for point in (val[0], val[-1])] == [(2, 0.75), (1000, 1.5 / 1000)]
    assert all(value == 1.0 / epoch for epoch, value, _ in train), "a point is at its own epoch"
    times = [time for _, _, time in train]
    assert times == sorted(times)
    assert times[-1] == 1_700_000_004_750
    short = record(tracker, study, 1, outcome=outcome(epochs_done=4))
    assert [point[:2] for point in history(short, "val_loss")] == [(2, 0.75), (4, 0.375)]


def test_the_whole_curves_are_a_file(tracker: Tracker, study: StudyRun, tmp_path: Path) -> None:
    run_id = record(tracker, study, outcome=outcome("diverged", epochs_done=500), status="diverged")
    lines = (artifacts(run_id) / "curves.csv").read_text().splitlines()
    assert lines[:3] == ["epoch,train_loss,val_loss", "1,1.0,", "2,0.5,0.75"]
    assert lines[-1] == "500,inf,nan"
    assert len(lines) == 501


def test_a_loss_that_is_not_finite_is_in_the_file_alone(tracker: Tracker, study: StudyRun) -> None:
    run_id = record(tracker, study, outcome=outcome("diverged", epochs_done=1000), status="diverged")
    train, val = history(run_id, "train_loss"), history(run_id, "val_loss")
    assert (train[-1][:2], val[-1][:2]) == ((999, 1.0 / 999), (998, 1.5 / 998))
    assert len(train) == len(val) == POINTS
    nothing = outcome("diverged", epochs_done=1)
    assert history(record(tracker, study, 1, outcome=nothing, status="diverged"), "train_loss") == []


def test_files(tracker: Tracker, study: StudyRun) -> None:
    done = outcome(lr=0.25)
    folder = artifacts(record(tracker, study, outcome=done))
    assert {path: (folder / path).read_bytes() for path in PICTURES} == PICTURES
    assert (folder / "checkpoint.npz").read_bytes() == done.checkpoint
    kept = json.loads((folder / "config.json").read_text())
    assert kept["problem"] == "article"
    assert RunConfig.from_dict(kept["config"]) == done.config
    assert folder.is_relative_to(Path.cwd() / "mlruns")


def test_data_sets_are_inputs_with_their_whole_digest(tracker: Tracker, study: StudyRun) -> None:
    run = read(record(tracker, study))
    assert run.inputs is not None
    inputs = {tag.value: given for given in run.inputs.dataset_inputs for tag in given.tags if "context" in tag.key}
    assert set(inputs) == {"train", "val", "test"}
    for part, given in inputs.items():
        assert given.dataset.name == f"article-{part}"
        assert {tag.key: tag.value for tag in given.tags}[names.SHA256] == facts(part).sha256
        assert json.loads(given.dataset.profile or "")["sha256"] == facts(part).sha256
        assert facts(part).sha256.startswith(given.dataset.digest)
        columns = json.loads(given.dataset.schema or "")["mlflow_colspec"]
        assert [column["name"] for column in columns] == ["X", "Y", "Z"]


def test_replicates_are_grandchildren(tracker: Tracker, study: StudyRun) -> None:
    trial = record(tracker, study, 5)
    replicates = [record(tracker, study, 5, replicate=number, parent=trial) for number in (0, 1)]
    assert [read(run_id).data.tags[names.PARENT] for run_id in replicates] == [trial, trial]
    assert read(replicates[1]).data.tags[names.KIND] == "replicate"
    assert read(replicates[1]).info.run_name == "trial 5, replicate 1"
    other = open_study(tracker, "another")
    record(tracker, other, 5, replicate=0, parent=record(tracker, other, 5))
    found = [(run.run_id, run.trial, run.replicate) for run in tracker.recorded(study)]
    assert found == [(trial, 5, None), (replicates[0], 5, 0), (replicates[1], 5, 1)]


def test_the_baseline_says_so(tracker: Tracker, study: StudyRun) -> None:
    run = read(record(tracker, study, tags={names.BASELINE: "true"}))
    assert run.data.tags[names.BASELINE] == "true"
    assert run.info.run_name == "trial 0 (baseline)"
    named = read(record(tracker, study, 1, tags={names.RUN_NAME: "train longer"}))
    assert named.info.run_name == "train longer"


def test_a_trial_that_raised(tracker: Tracker, study: StudyRun) -> None:
    error = "OSError: postgresql://ann:secret@db/x is gone" + "!" * 9000
    run_id = tracker.record_failure(
        study, trial=2, config=RunConfig(lr=0.5), error=error, started=STARTED, ended=ENDED, tags={"more": "said"}
    )
    run = read(run_id)
    assert (run.info.status, run.data.tags[names.STATUS], run.data.tags[names.TRIAL]) == ("FAILED", "failed", "2")
    assert run.data.tags["more"] == "said"
    assert run.data.params["lr"] == "0.5"
    assert run.data.tags[names.ERROR].startswith("OSError: postgresql://***@db/x is gone")
    assert len(run.data.tags[names.ERROR]) == 8000
    assert run.data.tags[names.ERROR].endswith("!…")


def test_a_driver_that_dies_leaves_a_run_without_a_status(tracker: Tracker, study: StudyRun) -> None:
    seen: list[str] = []

    def die(run_id: str) -> None:
        assert read(run_id).data.params == {}
        seen.append(run_id)
        raise KeyboardInterrupt

    whole = record(tracker, study, 0)
    with pytest.raises(KeyboardInterrupt):
        record(tracker, study, 1, on_created=die)
    runs = tracker.recorded(study)
    assert [(run.run_id, run.trial, run.status, run.mlflow_status, run.deleted) for run in runs] == [
        (whole, 0, "complete", "FINISHED", False),
        (seen[0], 1, "", "RUNNING", False),
    ]
    assert runs[0].metrics["val_mse"] == 2.0
    tracker.abandon(seen[0])
    MlflowClient(tracker.uri).delete_run(whole)
    assert [(run.status, run.mlflow_status, run.deleted) for run in tracker.recorded(study)] == [
        ("complete", "FINISHED", True),
        ("abandoned", "KILLED", False),
    ]


def test_a_study_is_opened_again(tracker: Tracker, study: StudyRun) -> None:
    first = read(study.run_id)
    assert (first.info.status, first.info.run_name, first.data.tags[names.KIND]) == ("RUNNING", "lr_epochs", "study")
    tracker.close_study(study, interrupted=True)
    assert read(study.run_id).info.status == "KILLED"
    again = tracker.open_study(
        sweep="lr_epochs", name="lr_epochs", study="lr_epochs", problem="article", about={"sampler": "random"}
    )
    assert again == study
    assert read(study.run_id).info.status == "RUNNING"
    assert read(study.run_id).data.tags[names.ABOUT + "sampler"] == "random"
    tracker.close_study(study, interrupted=False)
    assert read(study.run_id).info.status == "FINISHED"
    assert read(study.run_id).info.start_time == first.info.start_time


def test_another_key_is_another_study(tracker: Tracker, study: StudyRun) -> None:
    second = open_study(tracker, "lr_epochs-2")
    assert second.run_id != study.run_id
    assert second.experiment_id == study.experiment_id
    assert (second.study, second.name) == ("lr_epochs-2", "lr_epochs")
    elsewhere = open_study(tracker, "lr_epochs", sweep="widths")
    assert elsewhere.experiment_id != study.experiment_id


def test_a_quote_in_a_name_is_just_a_quote(tracker: Tracker) -> None:
    odd = open_study(tracker, 'it\'s "odd"', name='it\'s "odd"')
    assert open_study(tracker, 'it\'s "odd"', name='it\'s "odd"') == odd


def test_what_was_found_is_on_the_parent(tracker: Tracker, study: StudyRun) -> None:
    for best in (2.0, 1.0):
        tracker.summarise(
            study,
            description="## Asked\n\nWhich **lr**?" + "?" * 9000,
            metrics={"best_val_mse": best},
            tags={"knobwise.best": "4"},
            pictures={"pictures/best.png": b"png"},
        )
    run = read(study.run_id)
    assert run.data.tags["mlflow.note.content"].startswith("## Asked\n\nWhich **lr**?")
    assert run.data.tags["knobwise.best"] == "4"
    assert run.data.metrics == {"best_val_mse": 1.0}
    assert (artifacts(study.run_id) / "pictures" / "best.png").read_bytes() == b"png"


def test_a_study_deleted_in_mlflow_is_said_so(tracker: Tracker, study: StudyRun) -> None:
    client = MlflowClient(tracker.uri)
    client.delete_run(study.run_id)
    with pytest.raises(StoreError, match=f"'lr_epochs' was deleted in MLflow: restore it there .run {study.run_id}"):
        open_study(tracker, "lr_epochs")
    client.restore_run(study.run_id)
    assert open_study(tracker, "lr_epochs") == study


def test_an_experiment_deleted_in_mlflow_is_said_so(tracker: Tracker, study: StudyRun) -> None:
    client = MlflowClient(tracker.uri)
    client.delete_experiment(study.experiment_id)
    with pytest.raises(StoreError, match=f"mlflow experiments restore -x {study.experiment_id}`, or remove it"):
        open_study(tracker, "lr_epochs")
    client.restore_experiment(study.experiment_id)
    assert open_study(tracker, "lr_epochs").experiment_id == study.experiment_id


@pytest.mark.parametrize(
    ("write", "failed"),
    [
        (record, "cannot record trial 0 of 'lr_epochs' in"),
        (lambda tracker, study: tracker.close_study(study, interrupted=False), "cannot close the study 'lr_epochs' in"),
        (lambda tracker, study: tracker.abandon("0" * 32), "cannot close run 0000"),
    ],
)
def test_a_store_lost_on_the_way_is_one_line(
    tracker: Tracker, store: Path, write: Callable[[Tracker, StudyRun], object], failed: str
) -> None:
    lost = StudyRun("77", "f" * 32, "lr_epochs", "lr_epochs")
    with pytest.raises(StoreError, match=failed) as raised:
        write(tracker, lost)
    assert "\n" not in str(raised.value)
    assert raised.value.__cause__ is None


def artifacts(run_id: str) -> Path:
    return Path(read(run_id).info.artifact_uri.removeprefix("file://"))
