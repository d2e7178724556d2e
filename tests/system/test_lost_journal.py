"""A search that was lost while the record has its runs: nothing is set aside or doubled, and it can be made again."""

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from mlflow import MlflowClient

from knobwise.experiments.record import names
from knobwise.sweeps import commands
from knobwise.sweeps.engine.search.storage import open_storage
from tests.sweeps.ends import trials_of
from tests.system.test_faults import copy_project, sweep
from tests.system.test_sweep_command import answer as answered
from tests.system.test_sweep_command import refused

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy

LOST = (
    "error: study 'tiny' must be resumed with its search, got mlruns/optuna.journal without it, and 3 finished trials "
    "in the record: "
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep of three tiny runs, each on two seeds, of which some were confirmed."""
    folder = tmp_path_factory.mktemp("swept")
    code, _, err = sweep(folder, "--seeds", "2", "--confirm", "2")
    assert code == 0, err
    return folder


@pytest.fixture
def folder(swept: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the working directory."""
    copy = tmp_path_factory.mktemp("l") / "copy"
    copy_project(swept, copy)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(copy)
    return copy


def states(folder: Path) -> list[tuple[str, str, str | None]]:
    """Name, state and status of every run of the record."""
    runs = MlflowClient(f"sqlite:///{folder}/mlflow.db").search_runs(["1"])
    return sorted((str(run.info.run_name), run.info.status, run.data.tags.get(names.STATUS)) for run in runs)


def doctor(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    commands.main(["doctor", "--json", *words])
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_the_search_is_made_again_and_resumed_without_a_run_twice(
    how: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = folder / "mlruns" / "optuna.journal"
    before, runs = trials_of(folder), states(folder)
    journal.unlink() if how == "removed" else journal.write_bytes(b"")
    line = refused(sweep(folder, "--seeds", "2", "--trials", "4"), 2)
    assert line.startswith(f"{LOST}`knobwise doctor --repair` makes it again from them; or begin another study")
    assert states(folder) == runs
    assert doctor(capsys, "--repair")["repaired"] == ["tiny: made the search again from the record, 3 trials"]
    assert doctor(capsys)["healthy"]
    for was, now in zip(before, trials_of(folder), strict=True):
        assert (now.number, now.state, now.params, now.distributions) == (
            was.number,
            was.state,
            was.params,
            was.distributions,
        )
        assert now.values == pytest.approx(was.values)
        assert now.user_attrs["run_id"] == was.user_attrs["run_id"]
        assert now.user_attrs["result"] == was.user_attrs["result"]
    counts = answered(sweep(folder, "--seeds", "2", "--trials", "4", "--confirm", "2"))["trials"]
    assert counts["complete"] == 4
    assert doctor(capsys)["healthy"]
    names_of_runs = [name for name, *_ in states(folder)]
    assert len(names_of_runs) == len(set(names_of_runs))


def test_a_damaged_journal_is_named_by_its_line_and_the_way_out_that_it_names_works(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = folder / "mlruns" / "optuna.journal"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([*lines[:7], "{\n", *lines[8:]]))
    said = doctor(capsys, "--repair")["search"]["about"]
    assert said.startswith("cannot read the journal mlruns/optuna.journal: line 8 is damaged (it is no JSON: ")
    assert "restore the file from a backup, or move it away, and `knobwise doctor --repair` makes the searches" in said
    journal.rename(folder / "mlruns" / "damaged.journal")
    doctor(capsys, "--repair")
    assert doctor(capsys)["healthy"]


def test_a_fresh_study_gets_a_key_of_its_own(folder: Path) -> None:
    (folder / "mlruns" / "optuna.journal").unlink()
    runs = states(folder)
    said = answered(sweep(folder, "--seeds", "2", "--fresh", "--trials", "1"))
    assert said["study"] == "tiny-2"
    assert [each for each in runs if each not in states(folder)] == []


def test_another_storage_is_refused_with_the_place_of_the_search(folder: Path) -> None:
    line = refused(sweep(folder, "--seeds", "2", "--storage", "other.journal"), 2)
    assert "its search is in mlruns/optuna.journal, give that with --storage" in line


def test_runs_that_do_not_tell_their_parameters_are_named_and_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    [run, *_] = client.search_runs(["1"], f"tags.`{names.KIND}` = 'trial'")
    client.delete_tag(run.info.run_id, names.SEARCHED)
    (folder / "mlruns" / "optuna.journal").unlink()
    assert refused(sweep(folder, "--seeds", "2"), 2).startswith(f"{LOST}restore it from a backup; or begin another")
    [problem] = doctor(capsys, "--repair")["wrong"]
    assert "restore that from a backup, or take --fresh" in problem["what"]


def test_a_trial_that_the_record_lacks_waits_in_the_queue(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    for run in client.search_runs(["1"], f"tags.`{names.TRIAL}` = '0'"):
        client.delete_run(run.info.run_id)
    (folder / "mlruns" / "optuna.journal").unlink()
    doctor(capsys, "--repair")
    study = optuna.load_study(study_name="tiny", storage=open_storage(""))
    assert [trial.state.name for trial in study.trials] == ["WAITING", "COMPLETE", "COMPLETE"]
    assert study.trials[0].system_attrs["fixed_params"] == {"lr": 0.001}
