"""The report of studies that are in a store: read from it, kept in it, refused where they cannot be understood."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from knobwise.experiments import report
from knobwise.experiments.config import RunConfig
from knobwise.experiments.record import names
from knobwise.experiments.record.errors import OtherSchema, UnknownStudy
from knobwise.experiments.record.tracker import StudyRun, Tracker
from tests.experiments.outcomes import outcome
from tests.experiments.pages import said

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


def recorded(tracker: Tracker, study: StudyRun, val_mses: list[float]) -> None:
    for number, val_mse in enumerate(val_mses):
        tags = {names.BASELINE: "true"} if number == 0 else {}
        made = outcome(val_mse=val_mse, lr=0.001 * (number + 1))
        tracker.record(study, trial=number, status="complete", outcome=made, started=1.0, ended=2.0, tags=tags)


def test_a_recorded_study_is_read_with_its_curves_and_kept_with_its_report(tracker: Tracker, study: StudyRun) -> None:
    recorded(tracker, study, [8.0, 2.0])
    config = RunConfig(lr=1.0)
    error = "OSError: postgresql://ann:s3cret@db/x is full"
    tracker.record_failure(study, trial=2, config=config, error=error, started=1.0, ended=2.0)
    html = report.write("lr_epochs", tracker.uri)
    text = said(html)
    assert "4 times lower than the baseline’s, 2 instead of 8." in text
    assert "Validation loss by epoch of 2 trials" in html
    assert "failed: OSError: postgresql://***@db/x is full" in text
    assert "s3cret" not in html
    tracker.attach(study.run_id, {report.FILE: html.encode()})
    folder = MlflowClient(tracker.uri).get_run(study.run_id).info.artifact_uri
    assert Path(folder.removeprefix("file://")).joinpath("report.html").read_text(encoding="utf-8") == html


def test_the_parent_runs_tags_say_what_is_in_question(tracker: Tracker) -> None:
    about = {"question": "Which?", "knobs": "epochs, lr", "storage": "mysql://ann:s3cret@db/x"}
    study = tracker.open_study(sweep="s", name="s", study="s", problem="article", about=about)
    for number, (lr, epochs) in enumerate([(0.1, 40), (0.2, 50), (0.3, 70)]):
        made = outcome(lr=lr, epochs_done=epochs, val_mse=1.0 + number)
        tracker.record(study, trial=number, status="complete", outcome=made, started=1.0, ended=2.0)
    html = report.write("s", tracker.uri)
    assert "<h1>Which?</h1>" in html
    assert "Map of 3 trials over epochs (across) and lr (up)" in html
    assert "s3cret" not in html


def test_no_such_study_and_one_of_another_schema_are_refused(
    workdir: Path, tracker: Tracker, study: StudyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownStudy, match="got 'lr_epoch'"):
        report.write("lr_epoch", tracker.uri)
    assert "No trial of this study is over yet." in said(report.write("lr_epochs", tracker.uri))
    monkeypatch.setattr(names, "SCHEMA_VERSION", "7")
    with pytest.raises(OtherSchema, match=r"knobwise\.schema"):
        report.write("lr_epochs", tracker.uri)
    (workdir / "empty").mkdir()
    with pytest.raises(UnknownStudy, match="nothing has been recorded there; "):
        report.write("lr_epochs", f"sqlite:///{workdir}/empty/mlflow.db")
    assert list((workdir / "empty").iterdir()) == []
