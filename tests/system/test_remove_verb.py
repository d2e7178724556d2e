"""`knobwise remove`: all of one study, for good, and nothing else."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from mlflow import MlflowClient

from knobwise.experiments import compare
from knobwise.experiments.model.champion import champion_of, promote
from knobwise.experiments.record.tracker import Tracker
from knobwise.sweeps import commands
from knobwise.sweeps.engine.cli import completion
from knobwise.sweeps.engine.search import studies
from knobwise.sweeps.engine.search.storage import lock_folder, open_storage
from knobwise.sweeps.engine.study_attrs import NAME
from tests.experiments.trained import recorded

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


@pytest.fixture
def folder(workdir: Path) -> Path:
    """A folder with two studies, `gone` and `kept`: each with its search, two trials and a champion."""
    tracker, storage = Tracker(), open_storage("")
    for key in ("gone", "kept"):
        place = tracker.open_study(sweep="lr_epochs", name=key, study=key, problem="article", about={})
        best = recorded(tracker, place, 0)
        recorded(tracker, place, 1, lr=0.002)
        assert promote(tracker.uri, key, best).moved
        optuna.create_study(study_name=key, storage=storage).set_user_attr(NAME, key)
    return workdir


def runs_of(folder: Path, key: str) -> int:
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        query = "SELECT count(*) FROM tags WHERE key = 'knobwise.study' AND value = ?"
        return int(database.execute(query, [key]).fetchone()[0])


def files_in(folder: Path) -> set[str]:
    return {path.name for path in (folder / "mlruns" / "1").iterdir()} | {
        path.name for path in (folder / "mlruns" / "1" / "models").iterdir()
    }


def test_all_of_one_study_is_removed_and_nothing_of_another(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_in(folder)
    assert commands.main(["remove", "gone", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] is False
    assert files_in(folder) == before
    assert commands.main(["remove", "gone", "--yes", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts == {
        "study": "gone",
        "search": True,
        "runs": 3,
        "models": 1,
        "registered": 1,
        "left": [],
        "removed": True,
    }
    assert completion.studies("") == ["kept"]
    assert (runs_of(folder, "gone"), runs_of(folder, "kept")) == (0, 3)
    assert len(before) - len(files_in(folder)) == 3, "two trials with files, and a model"
    assert not (folder / "mlruns" / "gone.study-lock").exists()
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    assert [model.name for model in client.search_registered_models()] == ["kept"]
    assert champion_of(client, "kept") is not None
    assert len(compare.runs("kept")) == 2
    assert commands.main(["remove", "gone", "--yes"]) == 2
    assert capsys.readouterr().err == "error: study must be one of kept, got 'gone'\n"


@pytest.mark.parametrize("deleted", ["run", "experiment"])
def test_what_was_deleted_in_mlflow_is_removed_too(deleted: str, folder: Path) -> None:
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    runs = client.search_runs(["1"], "tags.`knobwise.study` = 'gone'")
    if deleted == "run":
        client.delete_run(runs[0].info.run_id)
    else:
        client.delete_experiment("1")
    assert commands.main(["remove", "gone", "--yes"]) == 0
    assert (runs_of(folder, "gone"), runs_of(folder, "kept")) == (0, 3)


def test_a_study_that_is_run_and_an_answer_that_is_missing_remove_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with studies.alone(lock_folder(""), "gone"):
        assert commands.main(["remove", "gone", "--yes"]) == 1
    assert "study 'gone' is being run by process " in capsys.readouterr().err
    assert commands.main(["remove", "gone"]) == 2  # stdin is no terminal
    assert "--yes must be given" in capsys.readouterr().err
    assert commands.main(["remove", "it's", "--yes"]) == 2
    assert runs_of(folder, "gone") == 3
    assert completion.studies("") == ["kept", "gone"]


def test_a_copy_of_a_folder_removes_none_of_the_firsts_files(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path_factory.mktemp("other") / "copy"
    shutil.copytree(folder, copy)
    before = files_in(folder)
    monkeypatch.chdir(copy)
    assert commands.main(["remove", "gone", "--yes"]) == 0
    assert (runs_of(copy, "gone"), runs_of(folder, "gone")) == (0, 3)
    assert files_in(folder) == before
