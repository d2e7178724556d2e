"""Confirmation on fresh seeds: who is run again, what is kept where, and that no death loses or repeats a run."""

import math
import time
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, cast

import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record.recorded import RecordedRun
from knobwise.sweeps.engine.driver import confirm
from knobwise.sweeps.engine.driver.confirm import Confirmation, End, Stage
from knobwise.sweeps.engine.driver.progress import Silent
from knobwise.sweeps.engine.recording.recorder import Recorder
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.study_attrs import OBJECTIVES, RESULT, RUN_ID
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, JobError, Work
from knobwise.sweeps.engine.workers.pool import Workers
from tests.sweeps.fakes import SWEEP, AtOnce, error_of, formula

SPACE = {"lr": FloatDistribution(1e-4, 1.0, log=True), "epochs": IntDistribution(100, 4000)}
RATES = [0.001, 0.03, 0.02, 0.1, 0.3, 0.4]  # trial 1 is the best, then 2, 3, 4, 5, and the baseline last but 5


def done(future_of: Any) -> "Future[Any]":
    future: Future[Any] = Future()
    future.set_result(future_of)
    return future


@dataclass
class Book:
    """A recorder in memory. `dies_at` is the number of the write during which its driver dies."""

    runs: list[RecordedRun] = field(default_factory=list)
    added: dict[str, dict[str, float]] = field(default_factory=dict)
    dies_at: int = -1
    writes: int = 0

    def record_confirmation(
        self, *, trial: int, parent: str, index: int, outcome: Outcome, started: float, ended: float
    ) -> "Future[str]":
        assert started <= ended
        status = "diverged" if outcome.status == "diverged" else "complete"
        run = RecordedRun(f"fresh-{len(self.runs)}", trial, index, status, "FINISHED", outcome.metrics, False, parent)
        dying = self.writes == self.dies_at
        self.runs.append(replace(run, status="", mlflow_status="RUNNING", metrics={}) if dying else run)
        self._written()
        return done(run.run_id)

    def confirmations(self) -> "Future[list[RecordedRun]]":
        return done(list(self.runs))

    def abandon(self, run_id: str) -> "Future[None]":
        at = next(at for at, run in enumerate(self.runs) if run.run_id == run_id)
        self.runs[at] = replace(self.runs[at], status="abandoned", mlflow_status="KILLED")
        return done(None)

    def add(self, run_id: str, metrics: dict[str, float]) -> "Future[None]":
        self._written()
        self.added[run_id] = metrics
        return done(None)

    def _written(self) -> None:
        self.writes += 1
        if self.writes == self.dies_at + 1:
            raise KeyboardInterrupt


@dataclass
class Bench:
    """A searched study, and what confirms it again and again."""

    study: optuna.Study
    book: Book = field(default_factory=Book)
    workers: AtOnce = field(default_factory=AtOnce)
    interrupts: Interrupts = field(default_factory=Interrupts)

    def confirm(self, fresh: int = 3, *, work: Work = formula, seconds: float = math.inf, seeds: int = 1) -> End:
        deadline = time.monotonic() + seconds
        stage = Stage(sweep=SWEEP, problem="article", seeds=seeds, fresh=fresh, deadline=deadline)
        recorder, workers = cast(Recorder, self.book), cast(Workers, self.workers)
        return Confirmation(stage, self.study, work, workers, recorder, Silent(), self.interrupts).run()

    @property
    def found(self) -> results.Results:
        return results.of(self.study)

    def finished(self) -> list[tuple[int, int | None]]:
        return [(run.trial, run.replicate) for run in self.book.runs if run.mlflow_status == "FINISHED"]


def searched(rates: list[float] = RATES, **facts: Any) -> optuna.Study:
    study = optuna.create_study()
    for number, lr in enumerate(rates):
        params = {"lr": lr, "epochs": 2000}
        config = SWEEP.config(cast(optuna.Trial, optuna.trial.FixedTrial(params)))
        value = error_of(config, 2000)
        attrs = {RUN_ID: f"run-{number}", RESULT: {"status": "complete", "val_mse": value, **facts}}
        study.add_trial(
            create_trial(
                state=TrialState.COMPLETE, value=value, params=params, distributions=dict(SPACE), user_attrs=attrs
            )
        )
    return study


@pytest.fixture
def bench() -> Bench:
    return Bench(searched())


def test_the_best_three_and_the_baseline_run_again_on_seeds_that_the_search_has_not_used(bench: Bench) -> None:
    assert bench.confirm(2) == "done"
    assert {(job.config.lr, job.config.seed) for job in bench.workers.jobs} == {
        (lr, seed) for lr in (0.03, 0.02, 0.1, 0.001) for seed in (1, 2)
    }
    bench = Bench(searched())
    bench.confirm(2, seeds=5)
    assert {job.config.seed for job in bench.workers.jobs} == {5, 6}


def test_what_is_found_is_kept_in_the_study_and_on_the_trials_own_run(bench: Bench) -> None:
    bench.confirm(3)
    configs = [job.config for job in bench.workers.jobs if job.config.lr == 0.03]
    values = [error_of(config, 2000) for config in configs]
    assert bench.study.user_attrs["knobwise.confirmed.1"] == pytest.approx(
        {"1": values[0], "2": values[1], "3": values[2]}
    )
    # error_of grows by 0.01 with the seed, so three fresh ones are 0.02 higher in the mean than seed 0;
    # Student's t for 95% and 2 degrees of freedom is 4.302653.
    half = 4.302653 * 0.01 / math.sqrt(3)
    assert bench.book.added["run-1"] == pytest.approx(
        {
            "fresh_seeds": 3.0,
            "confirmed_val_mse": values[1],
            "selection_bias": 0.02,
            "confirmed_val_mse_low": values[1] - half,
            "confirmed_val_mse_high": values[1] + half,
        }
    )
    assert bench.found.ranking.best == 1
    assert bench.found.ranking.selection_bias(1) == pytest.approx(0.02)


def test_a_setting_that_was_lucky_once_loses_its_place(bench: Bench) -> None:
    def unlucky(job: Job) -> Outcome:
        outcome = formula(job)
        outcome.metrics["val_mse"] += 1.0 if job.config.lr == 0.03 else 0.0
        return outcome

    assert bench.found.best == bench.found.rows[1]
    bench.confirm(work=unlucky)
    found = bench.found
    assert found.best == found.rows[2]
    assert found.ranking.leader == 1
    assert list(found.ranking.finalists) == [2, 3, 1, 0]


def test_a_candidate_that_diverges_on_a_fresh_seed_loses(bench: Bench) -> None:
    def diverges(job: Job) -> Outcome:
        outcome = formula(job)
        worse = job.config.lr == 0.03 and job.config.seed == 2
        return replace(outcome, status="diverged", metrics={"train_seconds": 0.1}) if worse else outcome

    assert bench.confirm(work=diverges) == "done"
    assert bench.study.user_attrs["knobwise.confirmed.1"]["2"] is None
    assert bench.book.added["run-1"] == {"fresh_seeds": 3.0}
    assert bench.found.best == bench.found.rows[2]
    assert list(bench.found.ranking.finalists)[-1] == 1


def test_the_same_command_again_runs_nothing_again(bench: Bench) -> None:
    bench.confirm()
    jobs = len(bench.workers.jobs)
    assert bench.confirm() == "done"
    assert len(bench.workers.jobs) == jobs
    bench.confirm(5)
    assert len(bench.workers.jobs) == jobs + 4 * 2


def test_a_better_trial_found_later_is_confirmed_and_the_others_are_not_run_again(bench: Bench) -> None:
    bench.confirm()
    jobs = len(bench.workers.jobs)
    params = {"lr": 0.029, "epochs": 4000}
    facts = {"status": "complete", "val_mse": 0.026}
    bench.study.add_trial(
        create_trial(value=0.026, params=params, distributions=dict(SPACE), user_attrs={RUN_ID: "run-6", RESULT: facts})
    )
    assert bench.found.ranking.fresh_seeds == 0, "a leader is not confirmed, so the search decides"
    bench.confirm()
    assert {job.config.lr for job in bench.workers.jobs[jobs:]} == {0.029}
    assert list(bench.found.ranking.finalists) == [6, 1, 2, 3, 0]


@pytest.mark.parametrize("dies_at", range(6))
def test_after_a_death_in_any_write_no_finished_run_is_repeated_and_none_is_missing(dies_at: int) -> None:
    bench = Bench(searched(RATES[:2]))  # two candidates, two seeds: four runs and two additions
    bench.book.dies_at = dies_at
    with pytest.raises(KeyboardInterrupt):
        bench.confirm(2)
    bench.book.dies_at = -1
    finished = bench.finished()
    jobs = len(bench.workers.jobs)
    assert bench.confirm(2) == "done"
    assert len(bench.workers.jobs) == jobs + 4 - len(finished)
    assert sorted(bench.finished(), key=str) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert all(run.mlflow_status in ("FINISHED", "KILLED") for run in bench.book.runs)
    assert bench.book.added.keys() == {"run-0", "run-1"}
    assert len(bench.found.ranking.finalists) == 2


def test_runs_of_a_trial_that_the_search_has_lost_are_not_taken_for_another_of_its_number(bench: Bench) -> None:
    stranger = RecordedRun("other", 1, 0, "complete", "FINISHED", {"val_mse": 0.0}, False, "run-of-a-lost-trial")
    deleted = RecordedRun("gone", 2, 0, "complete", "FINISHED", {"val_mse": 0.0}, True, "run-2")
    bench.book.runs = [stranger, deleted]
    bench.confirm(1)
    assert len(bench.workers.jobs) == 4


def test_an_interrupt_finishes_what_runs_and_leaves_the_searchs_result(bench: Bench) -> None:
    def interrupts(job: Job) -> Outcome:
        if len(bench.workers.jobs) == 3:
            bench.interrupts.signal = 2
        return formula(job)

    assert bench.confirm(work=interrupts) == "interrupted"
    assert 3 <= len(bench.finished()) < 12
    assert bench.found.ranking.fresh_seeds == 0
    assert bench.found.best == bench.found.rows[1]
    assert "interrupted" in confirm.note("interrupted", "")[0]
    bench.interrupts.signal = 0
    bench.confirm()
    assert len(bench.workers.jobs) == 12


def test_no_run_begins_after_the_time_is_over(bench: Bench) -> None:
    assert bench.confirm(seconds=-1.0) == "timeout"
    assert not bench.workers.jobs
    assert "--timeout 60" in confirm.note("timeout", "--timeout 60")[0]


def test_a_candidate_whose_runs_raise_is_not_confirmed_and_said_so(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    def raises(job: Job) -> Outcome:
        if job.config.lr == 0.02:
            raise JobError("MemoryError: no\nroom")
        return formula(job)

    assert bench.confirm(work=raises) == "failed"
    assert capsys.readouterr().err == "trial 2 cannot be confirmed: MemoryError: no room\n"
    assert bench.found.ranking.fresh_seeds == 0
    assert "knobwise.confirmed.1" in bench.study.user_attrs


def test_a_run_whose_worker_dies_is_run_again_twice_and_then_given_up(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    deaths = iter([True, True, False])

    def dies(job: Job) -> Outcome:
        if job.config.lr == 0.03 and job.config.seed == 1 and next(deaths):
            raise ConnectionError
        return formula(job)

    assert bench.confirm(1, work=dies) == "done"
    deaths = iter([True] * 3)
    assert Bench(searched()).confirm(1, work=dies) == "failed"
    assert "trial 1 cannot be confirmed" in capsys.readouterr().err


def test_nothing_is_confirmed_where_there_are_not_two_to_choose_from() -> None:
    assert Bench(searched(RATES[:1])).confirm() == "no candidates"
    study = searched()
    study.set_user_attr(OBJECTIVES, ["val_mse", "flops"])
    assert Bench(study).confirm() == "no candidates"


def test_a_trial_that_replicates_distinguish_from_the_best_is_not_confirmed() -> None:
    study = searched(RATES[:4])
    replicates = [[0.5, 0.501, 0.5], [0.06, 0.061, 0.06], [0.06, 0.06, 0.061], [0.2, 0.201, 0.2]]
    for trial, seeds in zip(study.get_trials(deepcopy=False), replicates, strict=True):
        trial.user_attrs[RESULT] |= {"val_mse_seeds": seeds, "val_mse": sum(seeds) / 3}
    found = results.Results([results.row(trial) for trial in study.get_trials(deepcopy=False)])
    assert [row.number for row in found.to_confirm] == [1, 2, 0]
