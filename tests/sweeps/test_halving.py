"""ASHA: which trials go on, against the algorithm written down once more and against Optuna's own."""

import dataclasses
import json
from pathlib import Path
from typing import NamedTuple

import optuna
import pytest

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.search import pruners
from knobwise.sweeps.engine.search.halving import Halving
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.workers.jobs import Job
from tests.sweeps.fakes import Bench, formula

TABLE = Path(__file__).parent / "data" / "lr_epochs_rungs.json"


class Curve(NamedTuple):
    """Attributes: a trial's learning rate and epochs, and its validation MSE by rung."""

    lr: float
    epochs: int
    at: dict[int, float]


def recorded() -> list[Curve]:
    """Trials of two random searches over `lr_epochs`, trained to their ends; those that diverged are left out."""
    rows = json.loads(TABLE.read_text())
    return [Curve(lr, epochs, {int(rung): value for rung, value in at.items()}) for lr, epochs, at in rows]


def only(curve: Curve) -> Curve:
    """With the rungs that the engine has."""
    lowest = {rung: value for rung, value in curve.at.items() if rung >= rungs.FIRST}
    return curve._replace(at=lowest)


def reference(curves: list[Curve], factor: int) -> list[int]:
    """How far each trial goes, one after another: the last rung that it comes to, or its last epoch.

    Li et al. 2020, Algorithm 2, by stopping: at rung k, with the trials recorded there, top_k has the best
    |rung k| / eta of them; go on if the trial is in it. With fewer than eta there, top_k is the best one.
    """
    came_to: dict[int, list[float]] = {}
    ends = []
    for curve in curves:
        end = curve.epochs
        for rung, value in sorted(curve.at.items()):
            recorded_at_rung = came_to.setdefault(rung, [])
            recorded_at_rung.append(value)
            top_k = sorted(recorded_at_rung)[: max(len(recorded_at_rung) // factor, 1)]
            if value not in top_k:
                end = rung
                break
        ends.append(end)
    return ends


def by(pruner: optuna.pruners.BasePruner, curves: list[Curve]) -> list[int]:
    """The same as a pruner decides."""
    study = optuna.create_study(pruner=pruner)
    ends = []
    for curve in curves:
        trial, end = study.ask(), curve.epochs
        for rung, value in sorted(curve.at.items()):
            trial.report(value, rung)
            if trial.should_prune():
                end = rung
                break
        study.tell(trial, 0.0)
        ends.append(end)
    return ends


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_which_trials_go_on_equals_the_reference_and_optunas(factor: int) -> None:
    curves = recorded()
    expected = reference(curves, factor)
    assert by(Halving(factor), curves) == expected
    first = min(min(curve.at) for curve in curves)
    if factor == rungs.FACTOR:  # Optuna's own has its rungs at powers of the same factor
        optunas = optuna.pruners.SuccessiveHalvingPruner(min_resource=first, reduction_factor=factor)
        assert by(optunas, curves) == expected
    assert len(set(expected)) > 3, "the table has trials that end at several rungs"


def test_the_sweep_sends_the_same_trials_on(tmp_path: Path) -> None:
    """The driver, one trial at a time, with rungs and pruner as `--pruner asha` has them."""
    curves = [only(curve) for curve in recorded()]
    by_setting = {(round(curve.lr, 12), curve.epochs): curve for curve in curves}

    def looked_up(job: Job) -> Outcome:
        outcome = formula(job)
        at = by_setting[round(job.config.lr, 12), job.config.epochs].at
        value = at.get(outcome.epochs_done, 0.5)
        return dataclasses.replace(outcome, metrics={**outcome.metrics, "val_mse": value})

    bench = Bench(tmp_path)
    study = bench.study(pruner="asha")
    queued = study.get_trials(deepcopy=False)[0]
    assert queued.system_attrs["fixed_params"], "the baseline, which is never pruned, is first"
    baseline = Curve(**queued.system_attrs["fixed_params"], at={512: 1e9, 1024: 1e9})
    by_setting[round(baseline.lr, 12), baseline.epochs] = baseline
    for curve in curves:
        study.enqueue_trial({"lr": curve.lr, "epochs": curve.epochs})
    found, _ = bench.run(len(curves) + 1, study=study, pruner="asha", work=looked_up)
    ends = [bench.book.results[row.number].outcome.epochs_done for row in found.rows]
    assert ends == [2000, *reference([baseline, *curves], rungs.FACTOR)[1:]]
    assert found.counts["pruned"] > len(curves) / 4


def test_a_decision_that_is_made_again_after_a_crash_is_the_same() -> None:
    study = optuna.create_study(pruner=pruners.make("asha", 4000))
    for value in (1.0, 2.0):
        trial = study.ask()
        trial.report(value, rungs.FIRST)
        first, again = trial.should_prune(), trial.should_prune()
        assert first == again == (value == 2.0)


def test_a_value_that_is_no_number_does_not_go_on() -> None:
    study = optuna.create_study(pruner=Halving(2))
    trial = study.ask()
    trial.report(float("nan"), 1)
    assert trial.should_prune()


def test_a_factor_below_two_is_refused() -> None:
    with pytest.raises(ValueError, match="factor must be a whole number >= 2, got 1"):
        Halving(1)
