"""Sweeps as a user runs them: exit codes, one line for each refusal, going on, interrupts, killed processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest

from knobwise.experiments import compare
from knobwise.sweeps.engine.search.storage import open_to_read
from tests.conftest import ROOT, user_environment

SCRIPT = '''"""A sweep of tiny runs, as a user would write one."""

import os

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main

MOST = int(os.environ.get("MOST_EPOCHS", "40"))


def space(trial):
    return {
        "lr": trial.suggest_float("lr", 1e-4, 1e-3, log=True),
        "epochs": trial.suggest_int("epochs", MOST // 2, MOST),
    }


SWEEP = Sweep(
    name="tiny",
    question="Does it run?",
    knobs=("lr", "epochs"),
    space=space,
    baseline={"lr": 0.001, "epochs": MOST // 2},
    fixed=RunConfig(n_samples=100, widths=(8,)),
    trials=6,
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))
'''
LONG = {"MOST_EPOCHS": "12000"}  # half a second a trial
ENDLESS = {"MOST_EPOCHS": "100000000"}  # hours a trial
PATIENCE = 300  # seconds after which a process counts as stuck; nothing is asserted of the time that it takes


def start(folder: Path, *options: str, **environment: str) -> "subprocess.Popen[str]":
    (folder / "tiny.py").write_text(SCRIPT)
    brief = [] if "--confirm" in options else ["--confirm", "0"]
    return subprocess.Popen(
        [sys.executable, "tiny.py", "--jobs", "2", *brief, *options],
        cwd=folder,
        env={**user_environment(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sweep(folder: Path, *options: str, **environment: str) -> tuple[int, str, str]:
    process = start(folder, *options, **environment)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def answer(result: tuple[int, str, str], code: int = 0) -> dict[str, Any]:
    """The one line on stdout, as the contract has it."""
    returned, out, err = result
    assert returned == code, err
    assert "Traceback" not in err
    assert out.count("\n") == 1
    facts = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert set(facts) == {"study", "trials", "best", "baseline", "wall_s", "tracking_uri", "experiment_id", "run_id"}
    assert set(facts["trials"]) == {"complete", "pruned", "diverged", "failed"}
    for trial in (facts["best"], facts["baseline"]):
        assert trial is None or set(trial) == {"number", "params", "val_mse", "test_mse", "test_r2"}
    return dict(facts)


def refused(result: tuple[int, str, str], code: int) -> str:
    """The one line on stderr."""
    returned, out, err = result
    assert returned == code, err
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.startswith("error: ")
    return err


def wait_for_trials(folder: Path, count: int) -> None:
    """Wait until so many trials are over."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        storage = open_to_read(str(folder / "mlruns" / "optuna.journal"))
        studies = storage.get_all_studies() if storage else []
        if studies and storage:
            trials = storage.get_all_trials(studies[0]._study_id, deepcopy=False)
            if sum(trial.state.is_finished() for trial in trials) >= count:
                return
        time.sleep(0.1)
    pytest.fail(f"{count} trials were not over in time")


def recorded(folder: Path) -> Counter[tuple[int, str]]:
    """How many runs each trial has in MLflow in each state, read from its database."""
    import sqlite3

    with closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
        rows = database.execute(
            "select cast(t.value as integer), r.status from runs r join tags t on t.run_uuid = r.run_uuid "
            "join tags k on k.run_uuid = r.run_uuid and k.key = 'knobwise.kind' and k.value = 'trial' "
            "where t.key = 'knobwise.trial'"
        ).fetchall()
    return Counter((int(trial), str(status)) for trial, status in rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a sweep of six trials has been run."""
    folder = tmp_path_factory.mktemp("sweep")
    facts = answer(sweep(folder, "--json"))
    assert facts["study"] == "tiny"
    assert sum(facts["trials"].values()) == 6
    assert facts["baseline"]["number"] == 0
    assert facts["baseline"]["params"] == {"lr": 0.001, "epochs": 20}
    assert facts["best"]["val_mse"] <= facts["baseline"]["val_mse"]
    assert (folder / "mlflow.db").exists()
    assert (folder / "mlruns" / "optuna.journal").exists()
    return folder


def test_again_with_more_trials_adds_them_and_fresh_starts_another(folder: Path) -> None:
    before = compare.runs("tiny", uri=f"sqlite:///{folder}/mlflow.db")
    code, out, err = sweep(folder, "--trials", "8")
    assert code == 0, err
    after = compare.runs("tiny", uri=f"sqlite:///{folder}/mlflow.db")
    assert [len(before), len(after)] == [6, 8]
    assert after["run_id"][:6].to_list() == before["run_id"].to_list()
    assert "baseline" in out
    assert "mlflow ui" in out
    assert "kw.best('tiny')" in out
    assert "python tiny.py --trials 16" in out
    assert max(map(len, out.split("\n\n")[0].splitlines())) <= 80
    assert "tiny 7/8: trial" in err

    fresh = answer(sweep(folder, "--fresh", "--trials", "2", "--seeds", "2", "--json", "--quiet"))
    assert fresh["study"] == "tiny-2"
    assert sum(fresh["trials"].values()) == 2
    assert set(compare.runs("tiny", uri=f"sqlite:///{folder}/mlflow.db")["study"]) == {"tiny-2"}
    replicates = compare.runs("tiny", uri=f"sqlite:///{folder}/mlflow.db", replicates=True)
    assert len(replicates) == 2 + 2 * 2
    assert fresh["baseline"]["val_mse"] == pytest.approx(
        replicates.loc[(replicates["trial"] == 0) & replicates["replicate"].notna(), "val_mse"].mean()
    )

    assert "seeds 2 then and 1 now" in refused(sweep(folder), 2)  # the newest is tiny-2
    line = refused(sweep(folder, "--seeds", "2", MOST_EPOCHS="60"), 2)
    assert "space's epochs 20 to 40 then and 30 to 60 now" in line


def test_dry_run_writes_nothing(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "tiny.py").write_text(SCRIPT)
    code, out, _ = sweep(tmp_path, "--dry-run", PYTHONDONTWRITEBYTECODE="1")
    assert code == 0
    assert "lr 0.001, epochs 20" in out
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.py"]

    there = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "tiny.py"}
    code, out, _ = sweep(folder, "--dry-run", "--json", "--trials", "50", "--name", "tiny-2-not-there")
    assert code == 0
    assert json.loads(out)["study"] == "tiny-2-not-there"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "tiny.py"} == there


def test_a_dry_run_names_the_trials_that_the_run_then_makes(tmp_path: Path) -> None:
    for trials in ("3", "5"):  # a new study, then one that is resumed
        options = ["--trials", trials, "--jobs", "1", "--json", "--quiet"]
        code, out, err = sweep(tmp_path, *options, "--dry-run")
        assert code == 0, err
        planned = json.loads(out)["first"]
        answer(sweep(tmp_path, *options))
        storage = open_to_read(str(tmp_path / "mlruns" / "optuna.journal"))
        assert storage is not None
        made = [trial.params for trial in optuna.load_study(study_name="tiny", storage=storage).get_trials()]
        assert planned == made[-len(planned) :]


@pytest.mark.parametrize(
    ("options", "environment", "code", "said"),
    [
        (["--trials", "0"], {}, 2, "--trials must be a whole number >= 1, got 0"),
        (["--trails", "3"], {}, 2, "did you mean --trials?"),
        (["--problem", "moon"], {}, 2, "--problem must be one of article"),
        (["--storage", "pigeon://x"], {}, 2, "--storage must be a URL"),
        (["--storage", "tiny.py/x"], {}, 1, "cannot use the journal tiny.py/x"),
        ([], {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}, 1, "nothing answers there"),
        ([], {"MLFLOW_TRACKING_URI": "sqlite:///tiny.py/x.db"}, 1, "cannot open the store sqlite:///tiny.py/x.db"),
    ],
)
def test_what_cannot_be_is_one_line(
    options: list[str], environment: dict[str, str], code: int, said: str, tmp_path: Path
) -> None:
    assert said in refused(sweep(tmp_path, "--quiet", *options, **environment), code)


def test_a_working_directory_that_cannot_be_written_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "sweeps" / "lr_epochs.py"), "--trials", "1"],
        cwd="/proc",
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "cannot use the journal" in refused((done.returncode, done.stdout, done.stderr), 1)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.drill),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.drill),
    ],
)
def test_an_interrupt_saves_what_is_finished_and_the_sweep_goes_on_later(
    number: int, code: int, tmp_path: Path
) -> None:
    process = start(tmp_path, "--trials", "30", "--json", "--pruner", "median", **LONG)
    wait_for_trials(tmp_path, 1)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert "Interrupted" in err
    facts = answer((process.returncode, out, err), code)
    done = sum(facts["trials"].values())
    assert 1 <= done < 30
    assert sum(state == "FINISHED" for _, state in recorded(tmp_path).elements()) == done
    if number == signal.SIGINT:
        after = answer(sweep(tmp_path, "--trials", str(done + 2), "--json", "--quiet", **LONG))
        assert sum(after["trials"].values()) == done + 2
        assert recorded(tmp_path) == Counter({(trial, "FINISHED"): 1 for trial in range(done + 2)})


def test_a_second_interrupt_leaves_at_once_with_its_workers(tmp_path: Path) -> None:
    process = start(tmp_path, "--trials", "4", "--quiet", **ENDLESS)
    deadline = time.monotonic() + PATIENCE
    while len(psutil.Process(process.pid).children(recursive=True)) < 4:
        assert time.monotonic() < deadline
        time.sleep(0.1)  # two workers, the server that forks them, and its tracker
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    assert process.poll() is None
    while process.poll() is None:  # a second one within half a second of the first, as the process sees it, is the same
        assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        time.sleep(1)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert not psutil.wait_procs(workers, timeout=PATIENCE)[1]


@pytest.mark.drill
def test_killed_workers_and_a_killed_driver_lose_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, "--trials", "6", "--quiet", "--sampler", "random", **LONG)
    wait_for_trials(tmp_path, 1)
    max(psutil.Process(process.pid).children(recursive=True), key=lambda child: child.cpu_times().user).kill()
    wait_for_trials(tmp_path, 3)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert not psutil.wait_procs(workers, timeout=PATIENCE)[1]
    facts = answer(sweep(tmp_path, "--trials", "6", "--json", "--quiet", "--sampler", "random", **LONG))
    assert facts["trials"] == {"complete": 6, "pruned": 0, "diverged": 0, "failed": 0}
    states = recorded(tmp_path)
    assert {trial: states[trial, "FINISHED"] for trial in range(6)} == dict.fromkeys(range(6), 1)
    assert {state for _, state in states} <= {"FINISHED", "KILLED"}


def test_a_second_driver_on_the_same_study_is_refused(tmp_path: Path) -> None:
    first = start(tmp_path, "--trials", "30", "--quiet", **ENDLESS)
    wait_for_trials(tmp_path, 0)
    line = refused(sweep(tmp_path, "--quiet", **ENDLESS), 1)
    assert f"study 'tiny' is being run by process {first.pid}" in line
    os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=PATIENCE)
