"""`knobwise runs`, `best`, `export` and `clean`, as a user runs them."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from knobwise.experiments import compare
from knobwise.sweeps.engine.cli import completion
from knobwise.sweeps.engine.repair import cleanup
from knobwise.sweeps.engine.search.locks import FileLock
from tests.conftest import RecordedSweep
from tests.system.test_faults import copy_project
from tests.system.test_knobwise_command import knobwise

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


def uri(sweep: RecordedSweep) -> str:
    return f"sqlite:///{sweep.folder.as_posix()}/mlflow.db"


def test_runs_and_best_show_the_record(recorded_sweep: RecordedSweep) -> None:
    table = compare.runs("lr_epochs", uri=uri(recorded_sweep))
    shown = knobwise(recorded_sweep.folder, "runs", "lr_epochs")
    assert (shown.returncode, shown.stderr) == (0, "")
    head, _, *rows = shown.stdout.splitlines()
    assert head.split()[:4] == ["trial", "status", "epochs", "lr"]
    assert len(rows) >= len(table)
    assert rows[0].split()[:4] == ["baseline", "0", "complete", "2000"]
    best = knobwise(recorded_sweep.folder, "best", "lr_epochs", "--n", "2")
    assert max(map(len, (shown.stdout + best.stdout).splitlines())) <= 80
    answer = json.loads(knobwise(recorded_sweep.folder, "best", "lr_epochs", "--json").stdout)
    assert answer["best"][0]["trial"] == recorded_sweep.answer["best"]["number"]
    assert answer["best"][0]["val_mse"] == recorded_sweep.answer["best"]["val_mse"]
    assert sum(row["baseline"] for row in answer["best"]) == 1
    last = json.loads(knobwise(recorded_sweep.folder, "runs", "lr_epochs", "--sort=lr", "--first=1", "--json").stdout)
    assert [row["lr"] for row in last["runs"]] == [table["lr"].min()]
    assert last["runs"][0]["widths"] == [64, 64, 64]


def test_studies_are_completed_from_the_record(
    recorded_sweep: RecordedSweep, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completion.studies("") == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri(recorded_sweep))
    assert completion.studies("") == ["lr_epochs"]


def test_the_machine_is_watched_only_when_that_is_asked_for(recorded_sweep: RecordedSweep) -> None:
    with closing(sqlite3.connect(recorded_sweep.folder / "mlflow.db")) as database:
        assert database.execute("SELECT count(*) FROM metrics WHERE key LIKE 'system/%'").fetchone() == (0,)


def test_export_writes_the_file(recorded_sweep: RecordedSweep, tmp_path: Path) -> None:
    done = knobwise(recorded_sweep.folder, "export", "lr_epochs", str(tmp_path / "c.parquet"), "--curves")
    assert done.stdout == f"The loss curves of lr_epochs are in {tmp_path / 'c.parquet'}\n"
    expected = compare.curves("lr_epochs", uri=uri(recorded_sweep))
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "c.parquet"), expected)
    said = json.loads(knobwise(recorded_sweep.folder, "export", "lr_epochs", str(tmp_path / "r.csv"), "--json").stdout)
    assert said == {"study": "lr_epochs", "what": "runs", "file": str(tmp_path / "r.csv")}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runs", "lr_epoch"], "study must be one of lr_epochs in sqlite:"),
        (["best", "lr_epoch"], "got 'lr_epoch'; did you mean lr_epochs?"),
        (["runs", "lr_epochs", "--sort", "rl"], "--sort must be one of trial, n_samples, "),
        (["best", "lr_epochs", "--by", "lr"], "by must be one of val_mse, "),
        (["best", "lr_epochs", "--n", "0"], "--n must be a whole number >= 1, got 0"),
        (["export", "lr_epochs", "x.xls"], "file must end in .parquet or .csv, got 'x.xls'"),
        (["clean", "all"], "knobwise clean: unknown word 'all'"),
    ],
)
def test_what_cannot_be_is_one_line(words: list[str], said: str, recorded_sweep: RecordedSweep) -> None:
    done = knobwise(recorded_sweep.folder, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_clean_removes_what_is_left_and_nothing_else(recorded_sweep: RecordedSweep, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    copy_project(recorded_sweep.folder, folder)
    address = f"sqlite:///{folder.as_posix()}/mlflow.db"
    before = compare.runs("lr_epochs", uri=address)
    _abandon(address, before["run_id"].to_list()[:1])
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True, timeout=300
    ).stdout.strip()
    scratch = tmp_path / "scratch"
    ours, others = scratch / f"knobwise-{gone}-x", scratch / f"knobwise-{os.getpid()}-y"
    for each in (ours, others):
        each.mkdir(parents=True)
    held, free, foreign = (folder / "mlruns" / f"{name}.study-lock" for name in ("held", "free", "foreign"))
    free.write_text("123\n")
    foreign.write_text("not ours\n")
    lock = FileLock(held)
    assert lock.acquire(wait=False)
    asked = knobwise(folder, "clean", TMPDIR=str(scratch))
    assert (asked.returncode, asked.stderr.count("\n")) == (2, 1)
    assert "Abandoned runs:\n  lr_epochs, trial 99 (run " in asked.stdout
    looked = json.loads(knobwise(folder, "clean", "--json", TMPDIR=str(scratch)).stdout)
    assert (len(looked["runs"]), looked["removed"]) == (1, False)
    assert free.exists()
    done = json.loads(knobwise(folder, "clean", "--json", "--yes", TMPDIR=str(scratch)).stdout)
    lock.release()
    assert done["removed"]
    assert done["runs"] == looked["runs"]
    assert done["files"] == [str(ours)]
    assert "mlruns/free.study-lock" in done["locks"]
    assert [each.exists() for each in (ours, others, held, free, foreign)] == [False, True, True, False, True]
    assert (folder / "mlruns" / "optuna.journal").exists()
    pd.testing.assert_frame_equal(compare.runs("lr_epochs", uri=address), before)
    held.unlink()
    again = knobwise(folder, "clean", TMPDIR=str(tmp_path / "none"))
    assert (again.returncode, again.stdout) == (0, "There is nothing to remove.\n")


def _abandon(address: str, like: list[str]) -> None:
    """Leave an abandoned trial 99 in the study of the runs `like`."""
    from mlflow import MlflowClient

    from knobwise.experiments.record import names

    client = MlflowClient(address)
    run = client.get_run(like[0])
    tags = {**run.data.tags, names.TRIAL: "99", names.RUN_NAME: "trial 99", names.STATUS: names.ABANDONED}
    left = client.create_run(run.info.experiment_id, tags=tags)
    client.set_terminated(left.info.run_id, "KILLED")


def test_clean_in_an_empty_folder_makes_nothing(workdir: Path) -> None:
    found = cleanup.find()
    assert (found.runs, found.locks) == ([], [])
    assert list(workdir.iterdir()) == []


def test_a_lock_whose_file_was_removed_meanwhile_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.lock"
    seen: list[bool] = []
    there = FileLock._is_there

    def remove_once(lock: FileLock, held: int) -> bool:
        if not seen:
            path.unlink()
        seen.append(there(lock, held))
        return seen[-1]

    monkeypatch.setattr(FileLock, "_is_there", remove_once)
    lock = FileLock(path)
    assert lock.acquire(wait=False)
    assert seen == [False, True]
    assert not FileLock(path).acquire(wait=False)
    lock.release()
