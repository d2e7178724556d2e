"""Accuracy against cost: a study with two objectives."""

from pathlib import Path

import pytest

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.cli import sweep_options
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search import studies
from knobwise.sweeps.engine.workers.jobs import Job
from tests.sweeps.fakes import SWEEP, Bench, formula


def priced(job: Job) -> Outcome:
    outcome = formula(job)
    outcome.metrics["flops"] = 1e6 * outcome.epochs_done
    return outcome


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc"])
def test_both_are_told_to_optuna_and_the_front_is_kept(tmp_path: Path, sampler: str) -> None:
    bench = Bench(tmp_path)
    study = bench.study(sampler=sampler, cost="flops")
    study.enqueue_trial({"lr": 0.9, "epochs": 500})  # diverges
    found, _ = bench.run(14, study=study, work=priced)
    assert [len(study.directions), study.trials[0].values] == [2, [found.rows[0].val_mse, found.rows[0].flops]]
    assert found.rows[1].status == "diverged"
    best = {trial.number for trial in study.best_trials}
    points = {row.number: (row.val_mse or 0.0, row.flops) for row in found.rows if row.status == "complete"}
    for number, (error, cost) in points.items():
        beaten = any(e <= error and c <= cost and (e, c) != (error, cost) for e, c in points.values())
        assert (number in best) is not beaten


def test_going_on_with_another_objective_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(1, study=bench.study())
    with pytest.raises(BadInput, match="objective 'val_mse' then and 'val_mse and flops' now"):
        bench.study(cost="flops")
    assert studies.objectives(sweep_options.parse(SWEEP, ["--cost", "flops"], "x")) == ["val_mse", "flops"]


def test_a_pruner_cannot_weigh_two_objectives() -> None:
    with pytest.raises(BadInput, match="--cost flops must go with --pruner none, got --pruner asha"):
        sweep_options.parse(SWEEP, ["--cost", "flops", "--pruner", "asha"], "x")
