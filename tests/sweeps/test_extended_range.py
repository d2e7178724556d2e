"""The edge of the range: where the best lies at one, what is said, and how a study goes on beyond it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import optuna
import pytest

from knobwise.experiments import problems, ranges
from knobwise.experiments.ranges import Edge
from knobwise.sweeps import lr_epochs, samples, tables, widths
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search import extended_range, samplers
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import distributions, edges
from knobwise.sweeps.engine.space.adapt import Adapted
from knobwise.sweeps.engine.space.widened import further, widened
from knobwise.sweeps.engine.study_attrs import WIDENED
from knobwise.sweeps.engine.sweep import Sweep
from tests.sweeps.fakes import SWEEP, Bench, table_problem

ARTICLE = problems.load("article")
DEEP = {"depth": 4, "width_1": 20, "width_2": 20, "width_3": 20, "width_4": 20}


def found(sweep: Sweep, **params: Any) -> dict[str, tuple[bool, float | None]]:
    """By knob that lies at an edge: whether it is the upper one, and how far the range can be extended."""
    return {edge.knob: (edge.upper, edge.beyond) for edge in edges.of(sweep, {**sweep.baseline, **params}, ARTICLE)}


def test_the_best_of_lr_epochs_lies_at_the_edge_of_its_epochs() -> None:
    assert found(lr_epochs.SWEEP, epochs=6798) == {"epochs": (True, 16_000)}
    assert found(lr_epochs.SWEEP, epochs=4503) == {}
    assert found(lr_epochs.SWEEP, lr=0.00011) == {"lr": (False, 5e-5)}


def test_a_whole_number_on_a_linear_scale_goes_on_by_half_its_range() -> None:
    assert edges.of(widths.SWEEP, {**DEEP, "lr": 0.002}, ARTICLE)[0] == Edge(
        knob="depth", value=4, low=1, high=4, upper=True, beyond=6
    )


def test_an_end_beyond_which_nothing_can_run_is_no_edge() -> None:
    assert "dropout" not in found(tables.SWEEP, dropout=0.0)
    assert found(tables.SWEEP, dropout=0.49)["dropout"] == (True, 0.75)
    shallow = {name: value for name, value in widths.SWEEP.baseline.items() if name not in ("width_2", "width_3")}
    assert "depth" not in {edge.knob for edge in edges.of(widths.SWEEP, {**shallow, "depth": 1}, ARTICLE)}


def test_all_the_rows_of_a_table_are_no_edge() -> None:
    sweep = dataclasses.replace(samples.SWEEP, space=Adapted(samples.SWEEP.space, most=1150))
    params = {"n_samples": 1150, "lr": 0.001, "epochs": 2000}
    assert edges.of(sweep, params, table_problem(1150, 0)) == []
    drawn = dataclasses.replace(SWEEP, space=lambda trial: {"n_samples": trial.suggest_int("n_samples", 50, 1000)})
    assert edges.of(drawn, {"n_samples": 1000}, table_problem(1000, 0)) == []
    assert edges.of(drawn, {"n_samples": 1000}, table_problem(1100, 0))[0].beyond == 1100


def test_the_end_of_a_list_of_numbers_is_an_edge_that_a_study_keeps() -> None:
    params = {"n_samples": 10_000, "lr": 0.001, "epochs": 4000}
    of_grid = edges.of(samples.SWEEP, params, ARTICLE)
    assert [(edge.knob, edge.listed, edge.beyond) for edge in of_grid] == [
        ("n_samples", True, None),
        ("epochs", True, None),
    ]
    assert ranges.sentence(of_grid) == (
        "The best lies at the edge of what was searched, at the upper end of n_samples (10000 of 100 to 10000) and at "
        "the upper end of epochs (4000 of 500 to 4000): better settings may lie beyond it, and another study (--fresh) "
        "can, with a longer list of n_samples and epochs in the sweep."
    )


@pytest.mark.parametrize(("value", "edge"), [(0, []), (100, [False]), (400, []), (200, [])])
def test_a_batch_of_all_samples_is_the_largest(value: int, edge: list[bool]) -> None:
    def space(trial: optuna.Trial) -> dict[str, Any]:
        return {"batch_size": trial.suggest_categorical("batch_size", [0, 100, 200, 400])}

    sweep = dataclasses.replace(SWEEP, space=space, fixed=dataclasses.replace(SWEEP.fixed, n_samples=1000))
    assert [each.upper for each in edges.of(sweep, {"batch_size": value}, ARTICLE)] == edge


def test_edges_are_kept_as_text() -> None:
    edge = Edge(knob="epochs", value=6798, low=500, high=8000, upper=True, beyond=16_000)
    assert ranges.loads(ranges.dumps([edge])) == [edge]
    assert ranges.loads('[{"knob": "a", "value": 1, "low": 0, "high": 1, "upper": true, "later": 3}]')[0].knob == "a"
    assert ranges.loads("") == []
    assert ranges.sentence([]) == ""


def test_a_wider_space_asks_for_the_layers_of_a_deeper_network() -> None:
    depth = optuna.distributions.IntDistribution(1, 4)
    wider = widened(widths.SWEEP, further([], "depth", depth, 6, upper=True))
    study = optuna.create_study()
    study.enqueue_trial({"depth": 6})
    trial = study.ask()
    assert len(wider.config(trial).widths) == 6
    twice = further(further([], "lr", lr(0.1), 0.2, upper=True), "lr", lr(0.2), 0.4, upper=True)
    assert distributions.describe(widened(widths.SWEEP, twice).space)["lr"] == [
        optuna.distributions.distribution_to_json(lr(0.4))
    ]


def lr(high: float) -> optuna.distributions.FloatDistribution:
    return optuna.distributions.FloatDistribution(3e-4, high, log=True)


def options(trials: int) -> Options:
    return Options(trials=trials, problem="article", sampler="tpe", pruner="none", name="formula")


@pytest.mark.parametrize("sampler", ["tpe", "random", "forest"])
def test_a_study_goes_on_beyond_its_range_and_keeps_its_trials(sampler: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    study = bench.study(sampler=sampler)
    study.enqueue_trial({"lr": 0.03, "epochs": 3990})  # the formula falls with the epochs
    before, _ = bench.run(16, study=study)
    extended = extended_range.extended(SWEEP, study, options(30))
    assert extended.starts == [{"lr": 0.03, "epochs": 4975}]
    assert extended.note == "The range was extended: epochs up to 5950 (it was 4000)."
    study.set_user_attr(WIDENED, extended.growths)
    study.enqueue_trial(extended.starts[0])

    again = bench.study(sampler=sampler)  # as resumed: it begins as it was begun, and has the wider range
    again.sampler = samplers.make(sampler, 0, 16)
    sweep = extended_range.space_of(SWEEP, again)
    after, _ = bench.run(40, study=again, sweep=sweep)
    assert after.rows[:16] == before.rows
    assert after.rows[16].params == extended.starts[0]
    assert after.best is not None
    assert after.best.params["epochs"] > 4000
    assert max(row.params["epochs"] for row in after.rows[17:]) > 4000, "the sampler searches there too"
    assert max(row.params["epochs"] for row in after.rows) <= 5950


def test_nothing_is_extended_where_the_best_lies_inside(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    study = bench.study()
    bench.run(1, study=study)  # the baseline: 2,000 of 100 to 4,000 epochs
    extended = extended_range.extended(SWEEP, study, options(1))
    assert (extended.growths, extended.starts) == ([], [])
    assert "trial 0, lies at no edge" in extended.note


def test_extending_needs_a_best_trial_and_trials_to_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    study = bench.study()
    with pytest.raises(BadInput, match="must go with a study that has a complete trial, got 'formula', which has none"):
        extended_range.extended(SWEEP, study, options(9))
    study.enqueue_trial({"lr": 0.03, "epochs": 4000})
    bench.run(2, study=study)
    with pytest.raises(BadInput, match="--trials must be more than the 2 that the study has"):
        extended_range.extended(SWEEP, study, options(2))
    json.dumps(extended_range.extended(SWEEP, study, options(3)).growths)
