"""A project's folder that was moved or copied: nothing is written to the old place, and `knobwise move` corrects it."""

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import mlflow
import pytest

from knobwise.experiments.record import relocation
from knobwise.experiments.record.stores import sqlite_address
from knobwise.sweeps import commands
from knobwise.sweeps.engine.search import studies
from knobwise.sweeps.engine.search.storage import lock_folder
from tests.system.test_faults import sweep

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep of three tiny runs, with a champion."""
    folder = tmp_path_factory.mktemp("swept")
    code, _, err = sweep(folder)
    assert code == 0, err
    return folder


@pytest.fixture(params=["old is gone", "old is there"])
def moved(
    swept: Path,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Path, Path]:
    """Its folder in another place, which is the working directory; the old one is a copy, or gone."""
    old, new = tmp_path_factory.mktemp("o") / "old", tmp_path_factory.mktemp("n") / "new?"
    shutil.copytree(swept, old)
    uri = sqlite_address(old / "mlflow.db")
    found = relocation.find(uri)
    assert found is not None
    relocation.move(uri, found)
    (shutil.move if request.param == "old is gone" else shutil.copytree)(old, new)
    (new / "new.csv").write_text("X,Y\n0.5,0.5\n")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(new)
    return old, new


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What a verb says as JSON."""
    capsys.readouterr()
    commands.main([*words, "--json"])
    return dict(json.loads(capsys.readouterr().out))


def test_a_moved_folder_is_told_of_and_left_alone_until_its_paths_are_corrected(
    moved: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = moved
    before = sorted(old.rglob("*"))
    line = (
        f"the project's folder was moved or copied from {old} to {new}, and paths in its record lead to the old place"
    )
    for words in (["predict", "tiny", "new.csv"], ["report", "tiny"], ["retrain", "tiny"]):
        assert commands.main(words) == 1
        err = capsys.readouterr().err
        assert (line in err, err.count("\n")) == (True, 1), err
    assert line in sweep(new, "--trials", "4")[2]
    [problem] = answer(capsys, "doctor")["wrong"]
    assert (problem["what"].startswith(line), problem["repairable"]) == (True, True)
    assert sorted(old.rglob("*")) == before

    facts = answer(capsys, "move")
    assert (facts["old"], facts["new"]) == ([str(old)], str(new))
    assert facts["changed"] == {"experiments": 2, "runs": 4, "logged_models": 1, "model_versions": 1}
    assert answer(capsys, "predict", "tiny", "new.csv")["champion"] == 1
    assert commands.main(["report", "tiny"]) == 0
    assert mlflow.pyfunc.load_model("models:/tiny@champion").metadata.artifact_path.startswith(
        f"{new.as_uri()}/mlruns/"
    )
    assert sweep(new, "--trials", "4")[0] == 0
    assert answer(capsys, "doctor")["healthy"]
    assert answer(capsys, "move")["changed"] == {}
    assert sorted(old.rglob("*")) == before


def test_the_doctor_repairs_it_too_but_not_while_a_study_is_run(
    moved: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, _ = moved
    with studies.alone(lock_folder(""), "tiny"):
        assert commands.main(["move"]) == 1
        assert "study 'tiny' is being run by process " in capsys.readouterr().err
    assert answer(capsys, "doctor", "--repair")["repaired"] == [f"corrected 8 paths of the record, which led to {old}"]
    assert answer(capsys, "doctor")["healthy"]


def test_every_column_of_mlflow_that_holds_a_place_is_corrected() -> None:
    importlib.import_module("mlflow.store.model_registry.dbmodels.models")
    importlib.import_module("mlflow.store.tracking.dbmodels.models")
    from mlflow.store.db.base_sql_model import Base

    places = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith(("_location", "_uri"))
    }
    assert places == {(table, column) for table, (_, column, which) in relocation.COLUMNS.items() if not which}
