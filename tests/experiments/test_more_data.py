"""What more data bought: the best for each number of samples, and the gain split along trials that match."""

from typing import Any

import pandas as pd
import pytest

from knobwise.experiments.compare import more_data
from knobwise.sweeps import lr_epochs, samples
from knobwise.sweeps.engine.results import samples_table
from knobwise.sweeps.engine.results.results import Results, Row


def error(n: int, lr: float, epochs: int) -> float:
    """A test MSE that is a product: of the data, the rate and the steps, so that each part of a gain is known."""
    return 1000 / n * {0.001: 2.0, 0.002: 1.0}[lr] * 1000 / epochs


def table(*cells: tuple[int, float, int], batch: int = 0, **other: Any) -> pd.DataFrame:
    rows = [
        {"trial": at, "status": "complete", "n_samples": n, "lr": lr, "epochs": epochs, "batch_size": batch}
        | {"val_mse": error(n, lr, epochs), "test_mse": error(n, lr, epochs)}
        | other
        for at, (n, lr, epochs) in enumerate(cells)
    ]
    return pd.DataFrame(rows)


FULL = [(n, lr, epochs) for n in (100, 400) for lr in (0.001, 0.002) for epochs in (500, 1000)]


def two(
    found: list[more_data.Setting], small: tuple[int, float, int], large: tuple[int, float, int]
) -> more_data.Split:
    by_setting = {(each.n_samples, each.lr, each.epochs): each for each in found}
    return more_data.split(found, by_setting[small], by_setting[large])


def test_the_gain_of_a_whole_grid_is_split_into_its_causes() -> None:
    found = more_data.settings(table(*FULL))
    parts = two(found, (100, 0.001, 500), (400, 0.002, 1000))
    assert parts == pytest.approx(parts._replace(total=16.0, data=4.0, rate=2.0, steps=2.0))
    assert parts.lacks == ""


def test_the_other_way_round_is_taken_where_the_first_trial_is_missing() -> None:
    cells = [cell for cell in FULL if cell not in [(400, 0.001, 500), (400, 0.002, 500)]]
    parts = two(more_data.settings(table(*cells)), (100, 0.001, 500), (400, 0.002, 1000))
    assert (parts.data, parts.rate, parts.steps) == pytest.approx((4.0, 2.0, 2.0))


def test_what_no_trial_matches_is_not_identified() -> None:
    found = more_data.settings(table((100, 0.001, 500), (400, 0.002, 1000)))
    parts = two(found, (100, 0.001, 500), (400, 0.002, 1000))
    assert (parts.data, parts.rate, parts.steps) == (None, None, None)
    assert parts.lacks == "no complete trial on 400 samples with lr 0.001 and 500 steps"
    assert "the data itself not identified" in more_data.sentences(found)[0]


def test_other_knobs_that_differ_leave_nothing_identified() -> None:
    rows = table(*FULL)
    rows["widths"] = pd.Series([(8,)] * 4 + [(16,)] * 4, dtype=object)
    found = more_data.settings(rows)
    assert two(found, (100, 0.001, 500), (400, 0.002, 1000)).lacks == "the two differ in other knobs too"


def test_batches_of_a_fixed_size_make_more_steps_of_more_data() -> None:
    """At 500 epochs, 400 samples have four times the steps of 100: the match is the trial of 125 epochs."""
    found = more_data.settings(table((100, 0.001, 500), (400, 0.001, 500), (400, 0.001, 125), batch=100))
    assert [each.steps for each in found] == [500, 2000, 500]
    parts = two(found, (100, 0.001, 500), (400, 0.001, 500))
    assert (parts.data, parts.rate, parts.steps) == pytest.approx((1.0, 1.0, 4.0))
    assert "An epoch is 4 steps on 400 samples and 1 on 100" in more_data.sentences(found)[1]
    assert "one step, whatever" in more_data.sentences(more_data.settings(table(*FULL)))[1]


def test_many_numbers_of_samples_are_grouped() -> None:
    cells = [(100 + 97 * at, 0.001, 500) for at in range(30)]
    best = more_data.best_by_size(more_data.settings(table(*cells)))
    assert 2 <= len(best) <= 8
    assert [each.n_samples for each in best.values()] == sorted(each.n_samples for each in best.values())


def test_one_number_of_samples_has_nothing_to_show() -> None:
    assert more_data.settings(table((100, 0.001, 500), (100, 0.002, 500))) == []
    assert more_data.sentences([]) == []
    assert more_data.settings(pd.DataFrame({"trial": [1]})) == []


def test_the_trials_of_a_sweep_are_taken_with_the_rest_of_their_configuration() -> None:
    def row(number: int, n: int) -> Row:
        params = {"n_samples": n, "lr": 0.001, "epochs": 500}
        value = error(n, 0.001, 500)
        return Row(
            number=number, params=params, status="complete", val_mse=value, test_mse=value, test_r2=0.0, epochs=500,
            seconds=1.0, low=None, high=None,
        )  # fmt: skip

    results = Results([row(0, 100), row(1, 1000)])
    found = samples_table.settings(samples.SWEEP, results)
    assert [column.texts[-1] for column in samples_table.columns(found)][:5] == ["1000", "1", "0.001", "500", "500"]
    assert samples_table.sentences(found)[0].endswith(
        "The factors of it: the data itself 10 times, a re-tuned rate 1 times, more steps 1 times."
    )
    assert samples_table.settings(lr_epochs.SWEEP, Results([])) == []
