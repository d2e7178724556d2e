"""The driver, on an objective that is a formula: counts, pruning, failures, interrupts, and resuming."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.driver.driver import FAILURES_IN_A_ROW
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.space import distributions
from knobwise.sweeps.engine.space.grid import untried
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.workers.jobs import Job
from knobwise.sweeps.engine.workers.pool import LOSSES
from tests.sweeps.fakes import SWEEP, Bench, error_of, formula


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_trial_0_is_the_baseline_and_as_many_trials_end_as_were_asked_for(bench: Bench) -> None:
    found, ending = bench.run(7)
    assert ending == "done"
    assert [row.number for row in found.rows] == list(range(7))
    assert found.rows[0].params == dict(SWEEP.baseline)
    assert sum(found.counts.values()) == 7
    assert found.best is not None
    assert found.best.val_mse == min(row.val_mse for row in found.rows if row.val_mse is not None)


def test_resuming_adds_what_is_missing_and_equals_one_session(bench: Bench, tmp_path: Path) -> None:
    bench.run(4)
    assert len(bench.workers.jobs) == 4
    parts, _ = bench.run(9)
    assert len(bench.workers.jobs) == 9
    (tmp_path / "whole").mkdir()
    whole, _ = Bench(tmp_path / "whole").run(9)
    assert parts.rows == whole.rows


def test_resuming_a_study_that_is_done_does_nothing(bench: Bench) -> None:
    bench.run(3)
    bench.run(3)
    assert len(bench.workers.jobs) == 3


def test_a_diverged_trial_is_recorded_counted_and_told_as_pruned(bench: Bench) -> None:
    study = bench.study()
    study.enqueue_trial({"lr": 0.9, "epochs": 500})
    found, _ = bench.run(3, study=study)
    assert found.rows[1].status == "diverged"
    assert found.counts["diverged"] == 1
    assert found.done == 3
    assert bench.book.results[1].status == "diverged"
    assert study.trials[1].state == TrialState.PRUNED
    assert study.trials[1].value is None


def test_a_value_that_is_not_finite_counts_as_diverged(bench: Bench) -> None:
    def infinite(job: Job) -> Outcome:
        outcome = formula(job)
        return dataclasses.replace(outcome, metrics={**outcome.metrics, "val_mse": math.inf})

    found, _ = bench.run(2, work=infinite)
    assert found.counts["diverged"] == 2
    assert found.best is None


def test_a_run_continues_from_rung_to_rung_with_its_checkpoint(bench: Bench) -> None:
    bench.run(1, pruner="median")
    steps = [(job.checkpoint, job.until) for job in bench.workers.jobs]
    assert steps == [(b"", 512), (b"512", 1024), (b"1024", None)]


def test_the_pruner_stops_what_is_behind_at_a_rung_and_it_is_recorded_as_far_as_it_came(bench: Bench) -> None:
    study = bench.study(pruner="median")
    for lr in (0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.0001):  # the median needs five that are complete
        study.enqueue_trial({"lr": lr, "epochs": 1000})
    found, _ = bench.run(8, study=study, pruner="median")
    last = found.rows[7]
    assert last.status == "pruned"
    assert last.epochs == rungs.FIRST
    assert bench.book.results[7].outcome.epochs_done == rungs.FIRST
    assert study.trials[7].intermediate_values == {
        rungs.FIRST: pytest.approx(error_of(bench.book.results[7].outcome.config, rungs.FIRST))
    }


def test_the_baseline_is_never_pruned(bench: Bench) -> None:
    class PrunesAll(optuna.pruners.BasePruner):
        def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
            return True

    study = bench.study(pruner="median")
    study.pruner = PrunesAll()
    found, _ = bench.run(3, study=study, pruner="median")
    assert [row.status for row in found.rows] == ["complete", "pruned", "pruned"]


def test_replicates_are_judged_by_their_mean(bench: Bench) -> None:
    found, _ = bench.run(1, seeds=3)
    configs = [job.config for job in bench.workers.jobs]
    assert [config.seed for config in configs] == [0, 1, 2]
    row = found.rows[0]
    values = [error_of(config, 2000) for config in configs]
    mean = sum(values) / 3
    half = 4.302653 * 0.01 / math.sqrt(3)  # Student's t for 95% and 2 degrees of freedom; the values lie 0.01 apart
    assert (row.low, row.val_mse, row.high) == pytest.approx((mean - half, mean, mean + half))
    assert len(bench.book.results[0].replicates) == 3


def test_a_trial_diverges_where_one_of_its_replicates_does(bench: Bench) -> None:
    def sometimes(job: Job) -> Outcome:
        outcome = formula(job)
        return dataclasses.replace(outcome, status="diverged") if job.config.seed == 1 else outcome

    found, _ = bench.run(1, seeds=2, work=sometimes)
    assert found.rows[0].status == "diverged"


def test_a_trial_that_raises_is_recorded_as_failed_and_another_takes_its_place(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    def raises_once(job: Job) -> Outcome:
        if len(bench.workers.jobs) == 2:
            raise RuntimeError("no luck")
        return formula(job)

    found, ending = bench.run(4, work=raises_once)
    assert (found.counts["failed"], found.done, ending) == (1, 4, "done")
    assert bench.book.errors == ["RuntimeError: no luck"]
    assert capsys.readouterr().err == "trial 1 failed: RuntimeError: no luck\n"


def test_a_sweep_whose_trials_all_fail_gives_up(bench: Bench) -> None:
    def raises(job: Job) -> Outcome:
        raise RuntimeError("never")

    with pytest.raises(Unfinished, match="5 trials in a row failed, the last with RuntimeError: never"):
        bench.run(20, work=raises)
    assert len(bench.book.errors) >= FAILURES_IN_A_ROW


def test_a_run_whose_worker_dies_continues_from_its_last_checkpoint(bench: Bench) -> None:
    def dies_once(job: Job) -> Outcome:
        if job.until == 1024 and sum(each.until == 1024 for each in bench.workers.jobs) == 1:
            raise ConnectionError
        return formula(job)

    found, _ = bench.run(1, pruner="median", work=dies_once)
    assert found.rows[0].status == "complete"
    assert [job.checkpoint for job in bench.workers.jobs] == [b"", b"512", b"512", b"1024"]


def test_a_run_under_which_workers_keep_dying_fails(bench: Bench) -> None:
    def deadly(job: Job) -> Outcome:
        if job.config.lr == 0.001:
            raise ConnectionError
        return formula(job)

    found, _ = bench.run(2, work=deadly)
    assert found.rows[0].status == "failed"
    assert found.done == 2
    assert sum(job.config.lr == 0.001 for job in bench.workers.jobs) == LOSSES + 1
    assert bench.book.errors == ["3 workers died under it"]


def test_after_its_time_no_trial_begins(bench: Bench) -> None:
    found, ending = bench.run(5, seconds=-1.0)
    assert (found.rows, ending) == ([], "timeout")


def test_an_interrupted_run_is_resumed_under_its_own_number(bench: Bench, tmp_path: Path) -> None:
    def interrupts(job: Job) -> Outcome:
        if len(bench.workers.jobs) == 9:  # in the middle of the second trial's rungs
            bench.interrupts.signal = 2
        return formula(job)

    found, ending = bench.run(4, pruner="median", work=interrupts)
    assert ending == "interrupted"
    done = len(found.rows)
    assert 1 <= done < 4
    bench.interrupts.signal = 0
    parts, ending = bench.run(4, pruner="median")
    assert ending == "done"
    (tmp_path / "whole").mkdir()
    whole, _ = Bench(tmp_path / "whole").run(4, pruner="median")
    assert parts.rows == whole.rows
    assert Counter(run.trial for run in bench.book.runs.values()) == {0: 1, 1: 1, 2: 1, 3: 1}


def test_a_dead_drivers_trials_are_told_from_the_record_or_run_again(bench: Bench) -> None:
    bench.run(2)
    study = bench.study()
    told, lost = study.ask(), study.ask()
    for trial in (told, lost):
        SWEEP.space(trial)
    # One died between the record and Optuna, the other while the record was written.
    bench.book._keep(told.number, "complete", "FINISHED", {"val_mse": 0.125, "test_mse": 0.25, "epochs_done": 700.0})
    bench.book.begin(lost.number)
    before = len(bench.workers.jobs)
    found, _ = bench.run(5)
    assert [row.number for row in found.rows] == [0, 1, 2, 3, 4]
    assert (found.rows[2].val_mse, found.rows[2].epochs) == (0.125, 700)
    assert len(bench.workers.jobs) == before + 2
    assert found.rows[3].params == lost.params
    assert all(len(bench.book.finished(number)) == 1 for number in range(5))
    assert all(run.mlflow_status != "RUNNING" for run in bench.book.runs.values())


def test_no_more_are_resumed_than_are_asked_for(bench: Bench) -> None:
    bench.run(2)
    study = bench.study()
    for trial in [study.ask() for _ in range(3)]:
        SWEEP.space(trial)
    found, ending = bench.run(3)
    assert (found.done, ending) == (3, "done")
    found, _ = bench.run(5)
    assert [row.number for row in found.rows] == [0, 1, 2, 3, 4]
    assert all(len(bench.book.finished(number)) == 1 for number in range(5))


def test_runs_of_trials_that_the_search_has_lost_are_abandoned(bench: Bench) -> None:
    bench.run(2)
    bench.book._keep(2, "complete", "FINISHED", {"val_mse": 9.0})  # its trial was in a part of the journal now gone
    found, _ = bench.run(3)
    assert len(bench.book.finished(2)) == 1
    assert bench.book.finished(2)[0].metrics["val_mse"] == found.rows[2].val_mse


def test_a_grid_is_walked_once_and_never_repeats_the_baseline(bench: Bench) -> None:
    def points(study: optuna.Study) -> Iterator[dict[str, Any]]:
        grid = [dict(point.params) for point in distributions.grid(SWEEP.space, 0)][:5]
        return untried(iter([grid[0], dict(SWEEP.baseline), *grid[1:]]), study)

    found, ending = bench.run(4, points=points)
    assert (found.done, ending) == (4, "done")
    found, ending = bench.run(100, points=points)
    assert (found.done, ending) == (6, "no more points")
    assert len({tuple(row.params.items()) for row in found.rows}) == 6
