"""Runs that differ in epochs alone share their beginning: in one session, across sessions, and with a pruner."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.space import grid
from knobwise.sweeps.engine.trials.prefixes import Prefix, Prefixes, prefix_key
from knobwise.sweeps.engine.workers.jobs import Job
from tests.sweeps.fakes import Bench, formula

RATES, LENGTHS = (0.001, 0.003, 0.01, 0.03), (250, 500, 1000, 2000, 3000, 4000)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def trained(job: Job) -> int:
    """Epochs that a job has to train, as the fake checkpoints tell."""
    return (job.config.epochs if job.until is None else job.until) - int(job.checkpoint or b"0")


POINTS = [{"lr": lr, "epochs": n} for n in LENGTHS[::-1] for lr in RATES]  # the baseline, which goes first, is one


def four_by_six(study: optuna.Study) -> Iterator[dict[str, Any]]:
    return grid.untried(grid.shortest_first(POINTS), study)


def test_a_grid_of_rates_and_epochs_trains_little_more_than_its_longest_runs(bench: Bench) -> None:
    found, _ = bench.run(24, points=four_by_six, lengths=grid.lengths(POINTS))
    assert found.done == 24
    epochs = sum(map(trained, bench.workers.jobs))
    assert epochs == len(RATES) * max(LENGTHS)
    assert epochs == sum(row.epochs_trained for row in found.rows)
    assert {row.epochs for row in found.rows} == set(LENGTHS)


def test_the_grid_is_shared_across_sessions_too(bench: Bench) -> None:
    for trials in (5, 9, 24):
        found, _ = bench.run(trials, points=four_by_six, lengths=grid.lengths(POINTS))
    assert found.done == 24
    assert sum(map(trained, bench.workers.jobs)) <= 1.05 * len(RATES) * max(LENGTHS)


def test_a_checkpoint_that_is_gone_is_trained_again(bench: Bench) -> None:
    bench.run(1)
    bench.book.checkpoints.clear()
    study = bench.study()
    study.enqueue_trial({"lr": 0.001, "epochs": 3000})
    bench.run(2, study=study)
    assert [trained(job) for job in bench.workers.jobs] == [2000, 3000]


def test_snapshots_go_with_the_checkpoint_from_rung_to_rung_and_from_trial_to_trial(bench: Bench) -> None:
    study = bench.study(pruner="median")
    study.enqueue_trial({"lr": 0.001, "epochs": 3000})
    bench.run(2, study=study, pruner="median")
    handed_on = [[*job.snapshots] for job in bench.workers.jobs]
    assert handed_on == [[], [512], [512, 1024], [512, 1024, 2000], [512, 1024, 2000, 2048]]
    study = bench.study()
    study.enqueue_trial({"lr": 0.001, "epochs": 3500})
    bench.run(3, study=study)
    assert [*bench.workers.jobs[-1].snapshots] == [512, 1024, 2000, 2048, 3000], "read from the record"


def test_snapshots_that_were_not_recorded_are_missing_from_then_on(bench: Bench) -> None:
    bench.run(1)
    bench.book.taken.clear()
    study = bench.study()
    study.enqueue_trial({"lr": 0.001, "epochs": 3000})
    bench.run(2, study=study)
    assert [*bench.workers.jobs[-1].snapshots] == []
    assert [*bench.book.results[1].outcome.snapshots] == [3000]


def test_a_broken_file_of_snapshots_does_not_end_the_search(bench: Bench) -> None:
    bench.run(1)
    bench.book.taken = {run_id: data[:40] for run_id, data in bench.book.taken.items()}
    study = bench.study()
    study.enqueue_trial({"lr": 0.001, "epochs": 3000})
    found, _ = bench.run(2, study=study)
    assert found.counts["complete"] == 2
    assert [*bench.book.results[1].outcome.snapshots] == [3000]


def test_each_replicate_continues_from_its_own(bench: Bench) -> None:
    study = bench.study()
    study.enqueue_trial({"lr": 0.001, "epochs": 3000})
    found, _ = bench.run(2, study=study, seeds=2)
    assert [(job.config.seed, trained(job)) for job in bench.workers.jobs] == [
        (0, 2000),
        (1, 2000),
        (0, 1000),
        (1, 1000),
    ]
    assert found.rows[1].epochs_trained == 2000


def test_with_a_pruner_the_rungs_that_were_taken_over_count_as_its_own(bench: Bench) -> None:
    study = bench.study(pruner="median")
    study.enqueue_trial({"lr": 0.001, "epochs": 3000})
    bench.run(2, study=study, pruner="median")
    first, second = study.get_trials()
    assert sorted(first.intermediate_values) == [512, 1024]
    assert second.intermediate_values == {**first.intermediate_values, 2048: second.intermediate_values[2048]}
    assert sum(map(trained, bench.workers.jobs)) == 3000


def test_a_trial_waits_for_a_shorter_one_that_is_under_way(tmp_path: Path) -> None:
    """With two workers both are begun at once; the longer must not train the beginning a second time."""
    bench = Bench(tmp_path)
    bench.workers.slots = 2
    found, _ = bench.run(24, points=four_by_six, lengths=grid.lengths(POINTS))
    assert found.done == 24
    assert sum(map(trained, bench.workers.jobs)) == len(RATES) * max(LENGTHS)


def test_what_was_cut_short_by_divergence_is_nobodys_beginning(bench: Bench) -> None:
    study = bench.study()
    for epochs in (500, 1000):
        study.enqueue_trial({"lr": 0.9, "epochs": epochs})
    bench.run(3, study=study)
    assert [trained(job) for job in bench.workers.jobs] == [2000, 500, 1000]


def test_keys_part_what_must_be_parted() -> None:
    base = RunConfig(epochs=10)
    assert prefix_key(base) == prefix_key(RunConfig(epochs=20))
    for other in (RunConfig(lr=0.1), RunConfig(seed=1), RunConfig(widths=(8,)), RunConfig(dtype="float64")):
        assert prefix_key(other) != prefix_key(base)
    assert prefix_key(RunConfig(schedule="one_cycle")) is None
    assert prefix_key(RunConfig(patience=3)) is None


def test_old_checkpoints_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knobwise.sweeps.engine.trials.prefixes.MOST_BYTES", 100)
    kept = Prefixes()
    for seed in range(5):
        kept.add(RunConfig(seed=seed), Prefix(5, b"x" * 22, seed, {1: np.zeros(1)}))
    assert [kept.longest(RunConfig(seed=seed, epochs=9)) is not None for seed in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert kept.longest(RunConfig(seed=4, epochs=4)) is None


def test_shortest_first_keeps_every_point() -> None:
    points = [{"lr": lr, "epochs": n} for n in (9, 3, 6) for lr in (1, 2)]
    ordered = grid.shortest_first(points)
    assert sorted(map(str, ordered)) == sorted(map(str, points))
    assert [point["epochs"] for point in ordered if point["lr"] == 2] == [3, 6, 9]


def test_a_run_of_no_more_epochs_still_gives_an_outcome(bench: Bench) -> None:
    study = bench.study()
    study.enqueue_trial({"lr": 0.001, "epochs": 2000})  # the baseline's own
    found, _ = bench.run(2, study=study)
    outcomes: list[Outcome] = [formula(job) for job in bench.workers.jobs]
    assert [trained(job) for job in bench.workers.jobs] == [2000, 0]
    assert outcomes[0].metrics == outcomes[1].metrics
    assert found.rows[0].val_mse == found.rows[1].val_mse
