"""`knobwise doctor`: each way in which search and record can disagree is named, repaired, and named no more."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import optuna
import pytest
from mlflow import MlflowClient
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments.record import names
from knobwise.sweeps import commands
from knobwise.sweeps.engine.search.locks import FileLock
from knobwise.sweeps.engine.search.storage import open_storage
from tests.system.test_faults import copy_project, sweep

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep of three tiny runs, that nothing is wrong with."""
    folder = tmp_path_factory.mktemp("swept")
    code, _, err = sweep(folder)
    assert code == 0, err
    return folder


@pytest.fixture
def folder(swept: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to do harm in, which is also the working directory; with a short name, for the sockets in it."""
    copy = tmp_path_factory.mktemp("a") / "work"
    copy_project(swept, copy)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(copy / "tmp"))
    monkeypatch.chdir(copy)
    return copy


class Stores:
    """Both stores of the study in the working directory, written past all of Knobwise's care."""

    def __init__(self) -> None:
        self.client = MlflowClient(f"sqlite:///{Path.cwd()}/mlflow.db")
        self.study = optuna.load_study(study_name="tiny", storage=open_storage(""))

    def runs(self, kind: str = "trial") -> dict[int, Any]:
        found = self.client.search_runs(["1"], f"tags.`{names.KIND}` = '{kind}'")
        return {int(run.data.tags.get(names.TRIAL, -1)): run for run in found}

    def trial(self, number: int) -> FrozenTrial:
        study = optuna.load_study(study_name="tiny", storage=open_storage(""))
        return study.get_trials()[number]

    def another_run(
        self, trial: int, state: str = "FINISHED", like: int = 0, tags: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """A run of `trial` with the metrics of another."""
        model = self.runs()[like]
        said = {**model.data.tags, names.TRIAL: str(trial), names.RUN_NAME: f"trial {trial}", **tags}
        if state == "RUNNING":
            said.pop(names.STATUS)
        run_id: str = self.client.create_run("1", tags=said).info.run_id
        for name, value in model.data.metrics.items():
            self.client.log_metric(run_id, name, value)
        if state == "FINISHED":
            shutil.copytree(model.info.artifact_uri, self.client.get_run(run_id).info.artifact_uri)
        if state != "RUNNING":
            self.client.set_terminated(run_id, state)
        return run_id

    def state(self, run_id: str) -> tuple[str, str | None]:
        run = self.client.get_run(run_id)
        return run.info.status, run.data.tags.get(names.STATUS)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What the doctor says as JSON; its exit code must fit."""
    capsys.readouterr()
    code = commands.main(["doctor", *words, "--json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == (0 if answer["healthy"] else 1)
    return answer


def wrong(answer: dict[str, Any]) -> list[tuple[str, list[int], bool]]:
    return [(problem["what"], problem["trials"], problem["repairable"]) for problem in answer["wrong"]]


def test_a_study_in_order_is_called_so_and_nothing_is_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert commands.main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "agreement     the 3 finished trials of 1 study have a run each, and nothing is left over\n" in shown
    assert "WRONG" not in shown
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert said(capsys, "--repair")["repaired"] == []


def test_what_a_killed_driver_left_is_put_back_and_the_next_sweep_runs_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stores = Stores()
    asked = stores.study.ask()
    asked.suggest_float("lr", 1e-4, 1e-3, log=True)
    half = stores.another_run(3, "RUNNING")
    fresh = stores.another_run(0, "RUNNING", tags={names.KIND: "confirmation", names.REPLICATE: "7"})
    [parent] = stores.runs("study").values()
    stores.client.update_run(parent.info.run_id, status="RUNNING")
    assert wrong(said(capsys)) == [
        ("1 trial (3) is RUNNING in the search, but no driver runs the study", [3], True),
        ("2 runs are RUNNING in the record, but no driver runs the study: trial 3; trial 0", [0, 3], True),
        ("the study's run is RUNNING in the record, but no driver runs the study", [], True),
    ]
    assert commands.main(["doctor"]) == 1
    assert "\n              `knobwise doctor --repair` repairs what can be repaired.\n" in capsys.readouterr().out
    assert commands.main(["clean", "--yes"]) == 0
    assert "Not removed, but repaired by `knobwise doctor --repair`:\n  tiny: 1 trial (3) is" in capsys.readouterr().out
    repaired = said(capsys, "--repair")
    assert repaired["healthy"]
    assert repaired["repaired"] == [
        "tiny: put trial 3 back into the queue",
        "tiny: marked 2 runs as abandoned",
        "tiny: marked the study's run as KILLED, as after an interrupt",
    ]
    assert [stores.state(run) for run in (half, fresh)] == [("KILLED", "abandoned")] * 2
    assert stores.trial(3).state == TrialState.WAITING
    assert said(capsys)["healthy"]
    code, _, err = sweep(folder, "--trials", "5")
    assert code == 0, err
    assert stores.trial(3).state == TrialState.COMPLETE
    assert stores.trial(3).params == asked.params
    assert said(capsys)["healthy"]


def test_a_trial_whose_run_is_finished_ends_with_its_result(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stores = Stores()
    stores.study.ask().suggest_float("lr", 1e-4, 1e-3, log=True)
    run = stores.another_run(3, like=1)
    assert wrong(said(capsys)) == [("1 trial (3) is RUNNING in the search, but no driver runs the study", [3], True)]
    repaired = said(capsys, "--repair")
    assert (repaired["healthy"], repaired["repaired"]) == (True, ["tiny: ended trial 3 with the result in the record"])
    assert stores.trial(3).value == stores.trial(1).value
    assert stores.trial(3).user_attrs["run_id"] == run


def no_such_trial(stores: Stores) -> None:
    stores.another_run(9)


def one_that_is_yet_to_run(stores: Stores) -> None:
    stores.study.enqueue_trial({"lr": 0.0005})
    stores.another_run(3)


def two_runs(stores: Stores) -> None:
    stores.another_run(1, like=1)


@pytest.mark.parametrize(
    ("harm", "what", "trials"),
    [
        (no_such_trial, "1 finished run (trial 9) is of no trial that is over in the search", [9]),
        (one_that_is_yet_to_run, "1 finished run (trial 3) is of no trial that is over in the search", [3]),
        (two_runs, "1 trial (1) is in the record by several finished runs", [1]),
    ],
)
def test_a_surplus_run_is_abandoned(
    harm: Callable[[Stores], None], what: str, trials: list[int], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stores = Stores()
    kept = {run.info.run_id for run in stores.runs().values()}
    harm(stores)
    assert wrong(said(capsys)) == [(what, trials, True)]
    repaired = said(capsys, "--repair")
    assert (repaired["healthy"], repaired["repaired"]) == (True, ["tiny: marked 1 run as abandoned"])
    assert {stores.state(run)[0] for run in kept} == {"FINISHED"}
    assert said(capsys)["healthy"]


def deleted(stores: Stores) -> str:
    run_id: str = stores.runs()[2].info.run_id
    stores.client.delete_run(run_id)
    return f"1 trial (2) is over in the search, but deleted in MLflow: restore there {run_id}"


def killed(stores: Stores) -> str:
    stores.client.set_terminated(stores.runs()[2].info.run_id, "KILLED")
    return (
        "1 trial (2) is over in the search, but without a finished run in the record: restore the record from a backup"
    )


def another_result(stores: Stores) -> str:
    stores.client.log_metric(stores.runs()[2].info.run_id, "val_mse", 1e-3)
    return "1 trial (2) is in the search with another result than in the record"


def none_named(stores: Stores) -> str:
    first = stores.runs()[2].info.run_id
    stores.another_run(2, like=2)
    stores.another_run(2, like=2)
    stores.client.delete_run(first)
    return (
        "1 trial (2) is in the record by several finished runs, none of which the search names: "
        "delete the wrong ones in MLflow"
    )


@pytest.mark.parametrize("harm", [deleted, killed, another_result, none_named])
def test_what_cannot_be_put_right_is_named_and_left(
    harm: Callable[[Stores], str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    what = harm(Stores())
    assert wrong(said(capsys)) == [(what, [2], False)]
    repaired = said(capsys, "--repair")
    assert (wrong(repaired), repaired["repaired"]) == ([(what, [2], False)], [])


def test_half_a_line_is_cut_off_and_files_of_the_dead_are_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = folder / "mlruns" / "optuna.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole.splitlines()[-1][:20])
    run = [sys.executable, "-c", "import os; print(os.getpid())"]
    gone = subprocess.run(run, capture_output=True, text=True, check=True, timeout=300).stdout.strip()
    scratch = [folder / "tmp" / f"knobwise-{pid}-x" for pid in (gone, os.getpid())]
    for each in scratch:
        each.mkdir()
    found = said(capsys)
    what = "the journal mlruns/optuna.journal ends in half a line, of a write that was cut short"
    assert (wrong(found), found["files"]) == ([(what, [], True)], [str(scratch[0])])
    assert commands.main(["clean", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["for_doctor"] == [what]
    repaired = said(capsys, "--repair")
    assert repaired["repaired"] == [
        "cut half a line off the end of mlruns/optuna.journal",
        f"removed 1 file of processes that are gone: {scratch[0]}",
    ]
    assert repaired["healthy"]
    assert journal.read_bytes() == whole
    assert [each.exists() for each in scratch] == [False, True]


def test_a_study_that_is_being_run_is_not_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stores = Stores()
    stores.study.ask().suggest_float("lr", 1e-4, 1e-3, log=True)
    half = stores.another_run(3, "RUNNING")
    lock = FileLock(folder / "mlruns" / "tiny.study-lock")
    assert lock.acquire(wait=False)
    (folder / "mlruns" / "tiny.study-lock").write_text("4242\n")
    try:
        answer = said(capsys, "--repair")
    finally:
        lock.release()
    assert (answer["wrong"], answer["repaired"]) == ([], [])
    assert answer["notes"] == ["tiny: process 4242 is running it, so it was not checked"]
    assert stores.trial(3).state == TrialState.RUNNING
    assert stores.client.get_run(half).info.status == "RUNNING"


def test_a_study_that_only_one_store_has_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, journal = folder / "mlflow.db", folder / "mlruns" / "optuna.journal"
    Stores().study.set_user_attr("knobwise.tracking_uri", "sqlite:////gone/mlflow.db")
    record.rename(folder / "away.db")
    [(what, trials, repairable)] = wrong(said(capsys, "--repair"))
    assert what.startswith("3 trials (0, 1, 2) of the search, and no run of the study in the record: restore")
    assert (trials, repairable) == ([0, 1, 2], False)
    (folder / "away.db").rename(record)
    journal.rename(folder / "away.journal")
    [(what, trials, repairable)] = wrong(said(capsys))
    assert what == "it is in the record, but not in the search mlruns/optuna.journal, which can be made again"
    assert (trials, repairable) == ([0, 1, 2], True)
    elsewhere = said(capsys, "--storage", "away.journal")
    assert elsewhere["healthy"]


def test_a_record_in_another_place_is_not_missed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = Stores()
    stores.study.set_user_attr("knobwise.tracking_uri", "http://ann:secret@records.example")
    [parent] = stores.runs("study").values()
    (folder / "mlflow.db").unlink()
    answer = said(capsys)
    assert answer["healthy"]
    assert answer["notes"] == ["tiny: its record is in http://***@records.example, so it was not checked"]
    assert parent.info.run_id
