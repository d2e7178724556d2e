"""Training a finished trial longer."""

import dataclasses
from pathlib import Path
from typing import Any

import optuna
import pytest

from knobwise.sweeps.engine.driver import extension
from knobwise.sweeps.engine.driver.extension import Extension
from knobwise.sweeps.engine.errors import BadInput
from tests.sweeps.fakes import SWEEP, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    study = bench.study()
    study.enqueue_trial({"lr": 0.01, "epochs": 300})
    study.enqueue_trial({"lr": 0.9, "epochs": 300})  # diverges
    bench.run(3, study=study)
    return bench


def extend(bench: Bench, trial: int, epochs: int) -> optuna.Study:
    study = bench.study()
    extension.ask(study, SWEEP, Extension(study.study_name, trial, epochs))
    return study


def test_it_is_a_new_trial_that_trains_what_is_missing(bench: Bench) -> None:
    study = extend(bench, 1, 9000)  # beyond the space, whose runs have 4000 at most
    found, _ = bench.run(4, study=study)
    last = found.rows[3]
    assert (last.params, last.epochs, last.epochs_trained) == ({"lr": 0.01, "epochs": 9000}, 9000, 8700)
    assert bench.workers.jobs[-1].checkpoint == b"300"
    assert study.trials[3].user_attrs["extends"] == 1
    assert extension.number_of(study, Extension("", 1, 9000)) == 3
    further, _ = bench.run(6)
    assert further.done == 6  # the sampler goes on beside a trial from outside the space


def test_a_pruned_trial_can_be_trained_on_and_is_not_pruned_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    study = bench.study(pruner="median")
    for lr in (0.03, 0.031, 0.032, 0.033, 0.034, 0.0001):
        study.enqueue_trial({"lr": lr, "epochs": 1000})
    found, _ = bench.run(7, study=study, pruner="median")
    assert (found.rows[6].status, found.rows[6].epochs) == ("pruned", 512)
    again = bench.study(pruner="median")
    extension.ask(again, SWEEP, Extension(again.study_name, 6, 700))
    found, _ = bench.run(8, study=again, pruner="median")
    assert (found.rows[7].status, found.rows[7].epochs) == ("complete", 700)
    assert bench.workers.jobs[-1].checkpoint == b"512"
    assert found.rows[7].epochs_trained == 700 - 512


def test_asking_twice_is_asking_once(bench: Bench) -> None:
    study = extend(bench, 1, 900)
    extend(bench, 1, 900)
    bench.run(4, study=study)
    assert len(extend(bench, 1, 900).trials) == 4


@pytest.mark.parametrize(
    ("trial", "epochs", "said"),
    [
        (7, 900, r"TRIAL must be a complete or pruned trial \(0, 1\), got 7 \(no trial\)"),
        (2, 900, r"got 2 \(diverged\)"),
        (1, 300, "--epochs must be more than the 300 that trial 1 has, got 300"),
    ],
)
def test_what_cannot_be_is_refused(bench: Bench, trial: int, epochs: int, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        extend(bench, trial, epochs)


def test_of_a_list_of_epochs_only_those_listed_can_be_had(tmp_path: Path) -> None:
    def listed(trial: optuna.Trial) -> dict[str, Any]:
        return {"epochs": trial.suggest_categorical("epochs", [100, 200])}

    sweep = dataclasses.replace(SWEEP, space=listed, baseline={"epochs": 100})
    bench = Bench(tmp_path)
    bench.run(1, study=bench.study(sweep=sweep), sweep=sweep)
    study = bench.study(sweep=sweep)
    with pytest.raises(BadInput, match=r"--epochs must be one of 100, 200, which are all .* got 300"):
        extension.ask(study, sweep, Extension(study.study_name, 0, 300))
    extension.ask(study, sweep, Extension(study.study_name, 0, 200))
    found, _ = bench.run(2, study=study, sweep=sweep)
    assert found.rows[1].epochs_trained == 100
