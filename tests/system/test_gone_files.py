"""What a user removed under the record: a champion that cannot be used counts as none, and lost files are named."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from knobwise.experiments.record import names
from knobwise.sweeps import commands
from tests.system.test_faults import copy_project, sweep

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


@pytest.fixture
def folder(swept: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the working directory."""
    copy = tmp_path_factory.mktemp("g") / "copy"
    copy_project(swept, copy)
    (copy / "new.csv").write_text("X,Y\n0.5,0.5\n")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(copy)
    return copy


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What a verb says as JSON."""
    capsys.readouterr()
    commands.main([*words, "--json"])
    return dict(json.loads(capsys.readouterr().out))


def purge(client: MlflowClient, run_id: str) -> None:
    """Delete a run, and remove it as `mlflow gc` does."""
    place = Path(client.get_run(run_id).info.artifact_uri)
    client.delete_run(run_id)
    client._tracking_client.store._hard_delete_run(run_id)
    shutil.rmtree(place.parent)


def test_a_champion_whose_run_was_purged_counts_as_none_and_the_next_sweep_registers_another(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    champion = client.get_model_version_by_alias("tiny", names.CHAMPION)
    trial = int(champion.tags[names.TRIAL])
    purge(client, champion.run_id or "")
    what = [problem["what"] for problem in answer(capsys, "doctor")["wrong"]]
    assert f"the champion, version 1, cannot be used: its run {champion.run_id} is gone" in what[-1]
    predicted = answer(capsys, "predict", "tiny", "new.csv")
    assert (predicted["champion"], predicted["trial"] == trial) == (None, False)

    code, _, err = sweep(folder, "--trials", "3")
    assert code == 0, err
    assert f"Left out: trial {trial}, no longer in the record" in err
    assert f"The last one, version 1, cannot be used: its run {champion.run_id} is gone." in err
    predicted = answer(capsys, "predict", "tiny", "new.csv")
    assert (predicted["champion"], predicted["trial"] == trial) == (2, False)
    doctor = answer(capsys, "doctor")
    assert doctor["healthy"]
    assert doctor["notes"] == [f"tiny: trial {trial} left out: removed from the record for good"]
    code, _, err = sweep(folder, "--trials", "3")
    assert (code, "Left out" in err, "Champion stays" in err) == (0, False, True)


def test_a_champion_whose_files_are_gone_is_named_and_the_next_sweep_registers_another(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(folder / "mlruns" / "1" / "models")
    [problem] = answer(capsys, "doctor")["wrong"]
    assert problem["what"].startswith("the champion, version 1, cannot be used: the files of its model are gone; ")
    assert answer(capsys, "predict", "tiny", "new.csv")["champion"] is None
    code, _, err = sweep(folder, "--trials", "3")
    assert (code, "version 2 " in err, "the files of its model are gone." in err) == (0, True, True)
    assert answer(capsys, "predict", "tiny", "new.csv")["champion"] == 2
    assert answer(capsys, "doctor")["healthy"]


def test_the_doctor_names_the_trials_whose_files_are_gone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    champion = client.get_model_version_by_alias("tiny", names.CHAMPION)
    [*others] = client.search_runs(["1"], f"tags.`{names.KIND}` = 'trial' and attributes.run_id != '{champion.run_id}'")
    for run in others:
        (Path(run.info.artifact_uri) / "checkpoint.npz").unlink()
    numbers = sorted(int(run.data.tags[names.TRIAL]) for run in others)
    [problem] = answer(capsys, "doctor")["wrong"]
    assert problem["trials"] == numbers
    assert "in the record without checkpoint.npz, which is gone: restore" in problem["what"]
