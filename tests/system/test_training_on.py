"""Runs that go on from others, as a user meets them: a grid that shares its beginnings, and `knobwise extend`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from knobwise.experiments import compare, problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.run import run
from tests.conftest import user_environment

SCRIPT = '''"""Four learning rates with six lengths each."""

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main


def space(trial):
    return {
        "lr": trial.suggest_categorical("lr", [0.0001, 0.0003, 0.001, 0.003]),
        "epochs": trial.suggest_int("epochs", 20, 120, step=20),
    }


SWEEP = Sweep(
    name="lengths",
    question="How long?",
    knobs=("lr", "epochs"),
    space=space,
    baseline={"lr": 0.001, "epochs": 60},
    fixed=RunConfig(n_samples=100, widths=(8,)),
    trials=24,
    sampler="grid",
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))
'''
LONGEST = 4 * 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grid")
    (folder / "lengths.py").write_text(SCRIPT)
    code, out, err = command(folder, "lengths.py", "--jobs", "2", "--json", "--quiet", "--confirm", "0")
    assert code == 0, err
    assert json.loads(out)["trials"]["complete"] == 24
    return folder


def command(folder: Path, *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def extend(folder: Path, *words: str) -> tuple[int, str, str]:
    return command(
        folder, "-c", "import sys; from knobwise.sweeps.commands import main; sys.exit(main())", "extend", *words
    )


def test_a_grid_trains_little_more_than_its_longest_runs(folder: Path) -> None:
    runs = compare.runs("lengths", uri=f"sqlite:///{folder}/mlflow.db")
    assert sorted(runs["epochs"]) == sorted([20, 40, 60, 80, 100, 120] * 4)
    taken_over = runs["epochs_taken_over"].fillna(0).sum()
    assert runs["epochs_done"].sum() - taken_over <= 1.05 * LONGEST


def test_what_was_trained_on_is_what_one_go_gives(folder: Path) -> None:
    runs = compare.runs("lengths", uri=f"sqlite:///{folder}/mlflow.db")
    last = runs[(runs["lr"] == 0.001) & (runs["epochs"] == 120)].iloc[0]
    whole = run(problems.load("article"), RunConfig(n_samples=100, widths=(8,), lr=0.001, epochs=120), pictures=False)
    assert last["val_mse"] == pytest.approx(whole.metrics["val_mse"], rel=1e-5)  # BLAS may take another kernel there


def test_a_finished_trial_is_trained_longer_on_demand(folder: Path) -> None:
    uri = f"sqlite:///{folder}/mlflow.db"
    before = compare.runs("lengths", uri=uri)
    first = before[(before["lr"] == 0.001) & (before["epochs"] == 60)].iloc[0]
    number = str(first["trial"])
    code, _, err = extend(folder, "lengths", number, "--epochs", "200", "--script", "lengths.py", "--quiet")
    assert (code, err) == (0, "")
    after = compare.runs("lengths", uri=uri)
    new = after.iloc[-1]
    assert (len(after), new["epochs"], new["lr"], new["epochs_taken_over"]) == (25, 200, 0.001, 120)
    assert new["train_seconds"] > first["train_seconds"]
    code, _, err = extend(folder, "lengths", number, "--epochs", "30", "--script", "lengths.py")
    assert (code, err) == (2, f"error: --epochs must be more than the 60 that trial {number} has, got 30\n")
    code, _, err = extend(folder, "lengths", "77", "--epochs", "30", "--script", "lengths.py")
    assert (code, "got 77 (no trial)" in err, err.count("\n")) == (2, True, 1)
    code, _, err = extend(folder, "lengths", number, "--epochs", "300")
    assert (code, "--script must name the file of 'lengths'" in err) == (2, True)
    code, _, err = extend(folder, "length", number, "--epochs", "300")
    assert (code, err) == (2, "error: study must be one of lengths, got 'length'; did you mean lengths?\n")
