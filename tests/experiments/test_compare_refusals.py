"""What `knobwise.experiments.compare` refuses: one line each, that says what there is."""

import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from knobwise.experiments import compare
from knobwise.experiments.compare import (
    CompareError,
    NothingToCompare,
    OtherSchema,
    UnknownColumn,
    UnknownRun,
    UnknownStudy,
)
from knobwise.experiments.record import lookup, names
from knobwise.experiments.record.readers.client import ClientReader
from knobwise.experiments.record.stores import StoreError
from knobwise.experiments.record.tracker import Tracker
from tests.experiments.conftest import add, open_study
from tests.experiments.outcomes import outcome

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy

ASKED: dict[str, Callable[[str], Any]] = {
    "runs": compare.runs,
    "curves": compare.curves,
    "best": compare.best,
    "pivot": lambda study: compare.pivot(study, "lr", "epochs"),
    "importance": compare.importance,
    "between": lambda study: compare.between(study, study),
    "export": lambda study: compare.export(study, "x.csv"),
}
OF_TRIALS = [name for name in ASKED if name not in ("runs", "curves")]


@pytest.mark.parametrize("asked", ASKED)
def test_an_unknown_study_is_one_line_that_lists_those_there_are(asked: str, here: dict[str, str]) -> None:
    with pytest.raises(
        CompareError,
        match=r"(study must be one of|one of the studies) alone, seeded in .* got 'sedeed'; did you mean seeded\?$",
    ):
        ASKED[asked]("sedeed")


@pytest.mark.parametrize("kind", ["study", "experiment", "one study of two"])
def test_a_study_that_was_deleted_in_mlflow_is_restored_by_the_command_in_the_message(
    kind: str, tracker: Tracker
) -> None:
    study = open_study(tracker, "gone", name="gone")
    add(tracker, study, 0, 1.0)
    client = MlflowClient(tracker.uri)
    if kind == "experiment":
        client.delete_experiment(study.experiment_id)
    else:
        client.delete_run(study.run_id)
    if kind == "one study of two":
        add(tracker, open_study(tracker, "stays", name="stays"), 0, 1.0)
    with pytest.raises(UnknownStudy, match=r"got 'gone': (it|its experiment '.*') was deleted in MLflow; `") as refusal:
        compare.best("gone")
    with pytest.raises(UnknownStudy) as never_there:
        compare.runs("other")
    assert "restore" not in str(never_there.value).replace(str(Path.cwd()), "")
    command = str(refusal.value).split("`")[1]
    subprocess.run(shlex.split(f"env {command}"), check=True, capture_output=True, timeout=120)
    assert compare.best("gone")["trial"].to_list() == [0]


@pytest.mark.parametrize("asked", OF_TRIALS)
def test_an_empty_study_and_one_of_failures_are_one_line(asked: str, tracker: Tracker) -> None:
    study = open_study(tracker, "new", name="new")
    with pytest.raises(NothingToCompare, match=r"^the study 'new' has no trial that is over"):
        ASKED[asked]("new")
    tracker.record_failure(study, trial=0, config=outcome().config, error="no", started=1.0, ended=2.0)
    if asked == "export":
        assert compare.export("new", "x.csv").exists()
        with pytest.raises(NothingToCompare, match=r"^the study 'new' has no loss curve"):
            compare.export("new", "y.csv", "curves")
        return
    with pytest.raises(NothingToCompare, match=r"^the study 'new' has no complete trial, only 1 failed$"):
        ASKED[asked]("new")


def test_a_column_that_is_not_there_is_one_line(here: dict[str, str]) -> None:
    for ask, said in (
        (lambda: compare.best("seeded", by="lr"), "by must be one of val_mse, "),
        (lambda: compare.pivot("seeded", "val_mse", "lr"), "rows must be one of n_samples, epochs, lr, "),
        (lambda: compare.pivot("seeded", "lr", "epoch"), "got 'epoch'; did you mean epochs?"),
        (lambda: compare.importance("seeded", "val_mes"), "did you mean val_mse?"),
        (lambda: compare.between("seeded", "alone", "loss"), "value must be one of val_mse, "),
    ):
        with pytest.raises(UnknownColumn) as error:
            ask()
        assert said in str(error.value)
        assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=r"^what must be runs or curves, got 'all'$"):
        compare.export("seeded", "x.csv", "all")  # type: ignore[arg-type]


@pytest.mark.parametrize("through", ["file", "client"])
@pytest.mark.parametrize("of", ["study", "trial"])
@pytest.mark.parametrize("schema", ["0", "2", ""])
def test_runs_under_other_names_are_not_mistaken_for_ours(
    schema: str,
    of: str,
    through: str,
    answers: tuple[Path, dict[str, str]],
    workdir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copy(answers[0] / "mlflow.db", "mlflow.db")
    run_id = answers[1]["study" if of == "study" else "single"]
    with closing(sqlite3.connect("mlflow.db")) as database, database:
        change = (
            "UPDATE tags SET value = ? WHERE key = ? AND run_uuid = ?"
            if schema
            else "DELETE FROM tags WHERE key = ? AND run_uuid = ?"
        )
        database.execute(change, (schema, names.SCHEMA, run_id) if schema else (names.SCHEMA, run_id))
    database.close()
    if through == "client":
        monkeypatch.setattr(lookup, "open_reader", ClientReader)
    for ask in (compare.runs, compare.curves, compare.best, lambda name: compare.between("seeded", name)):
        with pytest.raises(
            OtherSchema, match=rf"^the study 'alone' was recorded with the tag knobwise.schema = '{schema}', and"
        ):
            ask("alone")
    assert len(compare.runs("seeded")) == 3, "others can be read"


def test_a_store_of_another_version_of_mlflow(answers: tuple[Path, dict[str, str]], workdir: Path) -> None:
    shutil.copy(answers[0] / "mlflow.db", "mlflow.db")
    with closing(sqlite3.connect("mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")
    database.close()
    assert len(compare.runs("seeded")) == 3, "the tables that are read are as they were"
    with closing(sqlite3.connect("mlflow.db")) as database, database:
        database.execute("ALTER TABLE latest_metrics RENAME COLUMN is_nan TO is_not_a_number")
    database.close()
    with pytest.raises(
        StoreError, match=r"^cannot open the store sqlite:.*: it was written by another version of MLflow"
    ):
        compare.runs("seeded")


def test_a_retrained_or_foreign_run_is_no_trial(tracker: Tracker) -> None:
    study = open_study(tracker, "lr_epochs")
    add(tracker, study, 0, 1.0)
    client = MlflowClient(tracker.uri)
    foreign = client.create_run(study.experiment_id)
    client.set_terminated(foreign.info.run_id)
    done = replace(outcome(), metrics={"val_mse": 0.1})
    other = tracker.record(study, trial=0, status="complete", outcome=done, started=5.0, ended=6.0)
    client.set_tag(other, names.KIND, "retrain")
    assert compare.runs("lr_epochs")["val_mse"].to_list() == [1.0]
    with pytest.raises(UnknownRun, match=r"^a run id must be of a trial or replicate"):
        compare.between(foreign.info.run_id, "lr_epochs")
