"""What goes wrong from outside: each is one line on stderr with its exit code, and nothing finished is lost."""

import ctypes
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from knobwise.experiments.record import relocation
from knobwise.experiments.record.stores import sqlite_address
from tests.conftest import user_environment
from tests.sweeps.ends import difference, end_of, what_is_left
from tests.system.drill import Drill
from tests.system.test_sweep_command import answer, refused

SCRIPT = '''"""Three tiny runs, some of which cannot be."""

import os

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main

if os.environ.get("BROKEN_WORKERS") and __name__ != "__main__":
    raise SystemExit(3)
ASKED = {key: float(value) for key, value in (pair.split("=") for pair in os.environ.get("ASKED", "").split())}


def space(trial):
    found = {"lr": trial.suggest_float("lr", 1e-4, 1e-3, log=True)}
    if trial.number == 1 and "lr" in ASKED:
        found["lr"] = ASKED["lr"]
    if trial.number == 2 and "batch_size" in ASKED:
        found["batch_size"] = int(ASKED["batch_size"])
    if "n_samples" in ASKED:
        found["n_samples"] = int(ASKED["n_samples"])
    return found


SWEEP = Sweep(
    name="tiny",
    question="Does it run?",
    knobs=("lr",),
    space=space,
    baseline={"lr": 0.001},
    fixed=RunConfig(n_samples=100, widths=(8,), epochs=20),
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))
'''
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


def sweep(folder: Path, *options: str, before: Callable[[], None] | None = None, **more: str) -> tuple[int, str, str]:
    """Run it: the same three trials each time, unless told otherwise."""
    (folder / "tiny.py").write_text(SCRIPT)
    (folder / "tmp").mkdir(exist_ok=True)
    given = ["--trials", "3", "--jobs", "1", "--sampler", "random", "--confirm", "0", "--quiet", "--json", *options]
    done = subprocess.run(
        [sys.executable, "-B", "tiny.py", *given],
        cwd=folder,
        env={**user_environment(), "TMPDIR": str(folder / "tmp"), **more},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=before,
    )
    return done.returncode, done.stdout, done.stderr


def copy_project(project: Path, copy: Path) -> None:
    """Copy a project's folder, and correct the paths in its record."""
    shutil.copytree(project, copy)
    uri = sqlite_address(copy / "mlflow.db")
    moved = relocation.find(uri)
    assert moved is not None
    relocation.move(uri, moved)


def obey_permissions() -> None:
    """Take from root, under which tests may run, the right to write what is read-only."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished sweep, made as if nothing had happened. Copy it; do not write to it."""
    folder = tmp_path_factory.mktemp("whole")
    assert answer(sweep(folder))["trials"]["complete"] == 3
    assert not what_is_left(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of that folder, with its paths corrected.

    Its name is short: in it lie sockets, whose paths may have 107 characters.
    """
    copy = tmp_path_factory.mktemp("c") / "copy"
    copy_project(whole, copy)
    return copy


def test_a_rate_that_diverges_and_a_batch_larger_than_the_data_end_their_trials_only(folder: Path) -> None:
    code, out, err = sweep(folder, "--fresh", ASKED="lr=1e6 batch_size=200")
    assert err.splitlines()[0] == "trial 2 failed: batch_size must be at most n_samples = 100, got 200"
    assert answer((code, out, ""))["trials"] == {"complete": 2, "pruned": 0, "diverged": 1, "failed": 1}


def test_a_baseline_that_is_no_run_is_bad_input(tmp_path: Path) -> None:
    line = refused(sweep(tmp_path, ASKED="n_samples=0"), 2)
    assert line == "error: the baseline of tiny is no run: n_samples must be a whole number >= 2, got 0\n"


def test_workers_that_cannot_start_end_the_sweep_which_then_can_be_resumed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("b")  # a short name, for the sockets in it
    line = refused(sweep(folder, BROKEN_WORKERS="yes"), 1)
    assert line.startswith("error: workers cannot start: a worker process ended with exit code ")
    assert answer(sweep(folder))["trials"]["complete"] == 3


def test_a_matplotlib_backend_that_does_not_exist_is_ignored(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("p")
    assert answer(sweep(folder, "--trials", "1", MPLBACKEND="nonsense"))["trials"]["complete"] == 1


@pytest.mark.parametrize(
    ("read_only", "said"),
    [
        ("mlruns/optuna.journal", "cannot use the journal mlruns/optuna.journal: Permission denied"),
        ("mlruns/optuna.journal.lock", "cannot use the journal mlruns/optuna.journal: Permission denied"),
        ("mlflow.db", "attempt to write a readonly database"),
    ],
)
def test_what_is_read_only_is_told_of_and_left_alone(read_only: str, said: str, folder: Path) -> None:
    shutil.copy(folder / "mlflow.db", folder / "before")
    journal = (folder / "mlruns" / "optuna.journal").read_bytes()
    (folder / read_only).chmod((folder / read_only).stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        line = refused(sweep(folder, "--trials", "4", before=obey_permissions), 1)
    finally:
        (folder / read_only).chmod(0o755)
    assert said in line
    assert (folder / "mlflow.db").read_bytes() == (folder / "before").read_bytes()
    assert (folder / "mlruns" / "optuna.journal").read_bytes().startswith(journal)


@pytest.mark.drill
def test_a_disk_that_fills_in_the_middle_loses_nothing_that_is_finished(folder: Path, whole: Path) -> None:
    most = (folder / "mlflow.db").stat().st_size + 4096

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    line = refused(sweep(folder, "--trials", "8", before=limit), 1)
    assert "mlflow.db" in line
    assert answer(sweep(folder, "--trials", "8"))["trials"]["complete"] == 8
    end = end_of(folder)
    assert end.trials[:3] == end_of(whole).trials
    assert {count for name, count in end.states.items() if name.startswith("trial")} == {1}
    assert len([name for name in end.states if name.startswith("trial") and name.endswith("FINISHED")]) == 8


def test_a_journal_cut_in_the_middle_of_a_line_is_made_whole_from_the_record(folder: Path, whole: Path) -> None:
    journal = folder / "mlruns" / "optuna.journal"
    journal.write_bytes(journal.read_bytes()[:-30])
    before = end_of(whole)
    assert answer(sweep(folder))["trials"]["complete"] == 3
    after = end_of(folder)
    assert (after.trials, after.states) == (before.trials, before.states)


def test_another_store_is_refused_before_anything_runs(folder: Path) -> None:
    line = refused(sweep(folder, "--trials", "4", MLFLOW_TRACKING_URI="sqlite:///other.db"), 2)
    assert line.startswith("error: study 'tiny' must be resumed in the store that has its record, sqlite:///")
    assert f"got sqlite:///{folder}/other.db, which does not have it" in line
    assert not (folder / "other.db").exists()
    shutil.copy(folder / "mlflow.db", folder / "other.db")
    moved = sweep(folder, MLFLOW_TRACKING_URI="sqlite:///other.db")
    assert answer(moved)["trials"]["complete"] == 3


@pytest.mark.drill
def test_a_sweep_under_kills_comes_to_the_end_of_one_left_alone() -> None:
    drill = Drill("local", "random", seed=1)
    for victim in ("driver", "worker"):
        found = drill.round(victim, jobs=2)
        assert found.kills > 0
        assert found.wrong == []


def test_ends_that_differ_are_told_apart(whole: Path) -> None:
    end = end_of(whole)
    assert difference(end, end) == []
    assert difference(end, end._replace(states={**end.states, "study": 2})) == ["states.study is 2, not there"]
