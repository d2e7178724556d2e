"""`knobwise replay`: what a replay says of a recorded sweep is what the sweep does with the pruner."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from knobwise.sweeps import commands
from tests.conftest import user_environment

SCRIPT = '''"""Small runs with rungs, at rates that overtake each other."""

import sys

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main


def drawn(trial):
    return {
        "lr": trial.suggest_float("lr", 1e-3, 0.3, log=True),
        "epochs": trial.suggest_int("epochs", 520, 2600, log=True),
    }


def listed(trial):
    return {
        "lr": trial.suggest_categorical("lr", [0.003, 0.01, 0.03]),
        "epochs": trial.suggest_categorical("epochs", [520, 1100, 2100]),
    }


SWEEP = Sweep(
    name="small",
    question="Does a replay know what pruning does?",
    knobs=("lr", "epochs"),
    space=listed if "grid" in sys.argv else drawn,
    baseline={"lr": 0.01, "epochs": 1100},
    fixed=RunConfig(n_samples=60, widths=(6,), schedule="constant"),
    trials=14,
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))
'''
PATIENCE = 300  # seconds after which a process counts as stuck


class Case(NamedTuple):
    """Attributes: the options of a sweep besides its pruner."""

    sampler: str = "random"
    seeds: int = 1


def swept(folder: Path, case: Case, pruner: str) -> dict[int, tuple[str, int]]:
    """Run the sweep; how each trial ended: its status and its last epoch."""
    folder.mkdir(exist_ok=True)
    (folder / "small.py").write_text(SCRIPT)
    options = ["--jobs", "1", "--confirm", "0", "--sampler", case.sampler, "--seeds", str(case.seeds)]
    done = subprocess.run(
        [sys.executable, "small.py", *options, "--pruner", pruner, "--json", "--quiet"],
        cwd=folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return ends(folder)


def ends(folder: Path) -> dict[int, tuple[str, int]]:
    from tests.sweeps.ends import trials_of

    facts = {trial.number: trial.user_attrs["result"] for trial in trials_of(folder)}
    return {number: (fact["status"], fact["epochs"]) for number, fact in facts.items()}


def trained(folder: Path) -> int:
    """The epochs that all trials of a sweep have trained."""
    from tests.sweeps.ends import trials_of

    return sum(trial.user_attrs["result"]["epochs_trained"] for trial in trials_of(folder))


def replayed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert commands.main(["replay", "small", "--json", *words]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case(), id="random"),
        pytest.param(Case("grid", seeds=2), id="epochs taken over, two seeds", marks=pytest.mark.drill),
    ],
)
def test_a_replay_stops_the_trials_that_the_pruner_stops(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of ASHA, which goes by the errors at the rungs alone; the median waits for complete trials to be recorded."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    whole, of_asha = (swept(tmp_path / name, case, name) for name in ("none", "asha"))
    monkeypatch.chdir(tmp_path / "none")
    answer = replayed(capsys)
    assert answer["compared_by"] == "val_mse"
    by_name = {each["pruner"]: each for each in answer["replays"]}
    assert list(by_name) == ["median", "asha", "hyperband"]
    pruned = {trial: end for trial, (status, end) in of_asha.items() if status == "pruned"}
    assert pruned, "the sweep has trials that ASHA stops"
    assert {each["trial"]: each["epoch"] for each in by_name["asha"]["stopped"]} == pruned
    assert by_name["asha"]["epochs"]["before"] == trained(tmp_path / "none")
    assert by_name["asha"]["epochs"]["after"] == trained(tmp_path / "asha")
    kept = {trial: end for trial, (status, end) in of_asha.items() if status == "complete"}
    assert kept == {trial: end for trial, (_, end) in whole.items() if trial in kept}

    monkeypatch.chdir(tmp_path / "asha")  # a study that was pruned
    answer = replayed(capsys, "--pruner", "asha")
    assert answer["pruned_before"] == len(by_name["asha"]["stopped"])
    assert answer["replays"][0]["stopped"] == by_name["asha"]["stopped"], "the same pruner decides the same"
    assert commands.main(["replay", "small", "--pruner", "median"]) == 0
    assert "The study was pruned when it ran" in " ".join(capsys.readouterr().out.split())


def test_what_cannot_be_replayed_is_refused_in_one_line(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["replay", "nothing"]) == 2
    line = capsys.readouterr().err
    assert line.startswith("error: there is no study 'nothing'")
    assert line.count("\n") == 1
    assert commands.main(["replay", "nothing", "--pruner", "half"]) == 2
    assert capsys.readouterr().err == "error: --pruner must be one of asha, median, hyperband, got 'half'\n"
