"""What ends a sweep besides its number of trials."""

from pathlib import Path

import pytest

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.workers.jobs import Job
from tests.sweeps.fakes import SWEEP, Bench, formula


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_no_trial_begins_once_the_epochs_are_spent(bench: Bench) -> None:
    found, ending = bench.run(50, epochs=6000)
    assert ending == "total epochs"
    spent = [row.epochs_trained for row in found.rows]
    assert sum(spent) >= 6000
    assert sum(spent[:-1]) < 6000
    bench.run(50, epochs=6000)  # those of earlier sessions count
    assert len(bench.workers.jobs) == len(found.rows)


def test_what_is_under_way_counts_as_spent(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.workers.slots = 4
    found, _ = bench.run(50, epochs=2000)
    assert len(found.rows) == 1  # the baseline alone has 2000


def test_no_trial_begins_once_the_operations_are_spent(bench: Bench) -> None:
    def counted(job: Job) -> Outcome:
        outcome = formula(job)
        outcome.metrics["flops"] = 1e3 * outcome.epochs_done
        return outcome

    found, ending = bench.run(50, work=counted, flops=5e6)
    assert ending == "total flops"
    spent = [row.flops_trained for row in found.rows]
    assert sum(spent) >= 5e6 > sum(spent[:-1])


def test_a_value_that_is_good_enough_ends_the_sweep(bench: Bench) -> None:
    found, ending = bench.run(200, target=0.5)
    assert ending == "target"
    values = [row.val_mse for row in found.rows if row.val_mse is not None]
    assert min(values) <= 0.5
    assert all(value > 0.5 for value in values[:-2])  # one more had begun already


def test_more_failures_than_were_allowed_end_it_with_a_line(bench: Bench) -> None:
    def every_third(job: Job) -> Outcome:
        if len(bench.workers.jobs) % 3 == 2:
            raise RuntimeError("no luck")
        return formula(job)

    with pytest.raises(Unfinished, match="2 trials failed, the last with RuntimeError: no luck"):
        bench.run(50, work=every_third, failures=2)
    assert len(bench.book.errors) == 2


def test_the_baseline_runs_first_whatever_the_budget(bench: Bench) -> None:
    found, _ = bench.run(50, epochs=1)
    assert [row.params for row in found.rows] == [dict(SWEEP.baseline)]
