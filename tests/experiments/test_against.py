"""The comparison of a network with the reference models: by rows, with an interval, in sentences."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from knobwise.experiments.problems import load
from knobwise.experiments.record import names
from knobwise.experiments.references.against import Scored, against, dumps, loads, sentences
from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.sections import references

LINEAR = Scored("linear", "Ridge", {"test_mse": 1.0})


@pytest.mark.parametrize(("mine", "its", "verdict"), [(0.1, 1.0, "better"), (1.0, 0.1, "worse")])
def test_the_smaller_error_wins_row_by_row(mine: float, its: float, verdict: str) -> None:
    problem = load("diabetes")
    true = problem.test().y
    noise = np.random.default_rng(0).normal(size=true.shape)
    scored = against(LINEAR, problem, 3, true + mine * noise, true + its * noise)
    assert (scored.verdict, scored.trial) == (verdict, 3)
    assert scored.difference == pytest.approx((mine**2 - its**2) * np.mean(noise**2))
    assert scored.low < scored.difference < scored.high


def test_models_with_equal_errors_are_not_distinguishable() -> None:
    problem = load("diabetes")
    true = problem.test().y
    one, other = np.random.default_rng(1).normal(size=(2, *true.shape))
    assert against(LINEAR, problem, 0, true + one, true + other).verdict == "not distinguishable"


def test_sentences_begin_where_the_network_is_worse() -> None:
    scored = [
        LINEAR._replace(trial=2, difference=-2.0, low=-3.0, high=-1.0, verdict="better", name="constant"),
        LINEAR._replace(trial=2, difference=-0.5, low=-2.0, high=1.0, verdict="not distinguishable", name="boosted"),
        LINEAR._replace(trial=2, difference=1.0, low=0.5, high=1.5, verdict="worse"),
        LINEAR._replace(name="never compared"),
    ]
    assert sentences(scored) == [
        "The linear model wins: on the test rows the squared error of trial 2 is higher by 1 (0.5 to 1.5).",
        "Trial 2 is not distinguishable from the boosted model on the test rows: "
        "its squared error is lower by 0.5 (-1 to 2).",
        "Trial 2 beats the constant model on the test rows: its squared error is lower by 2 (1 to 3).",
    ]


def test_round_trip_through_a_tag() -> None:
    assert loads(dumps([LINEAR])) == [LINEAR]
    assert loads("") == []


def test_the_report_says_who_wins_and_shows_every_model() -> None:
    scored = [
        LINEAR._replace(trial=2, difference=1.0, low=0.5, high=1.5, verdict="worse"),
        Scored("boosted", "Trees, not <converged>", {"test_mse": 0.25, "test_accuracy": 0.5}),
    ]
    page = str(references.content(cast(Facts, SimpleNamespace(tags={names.REFERENCES: dumps(scored)}))))
    assert "The linear model wins" in page
    assert all(each in page for each in ("test accuracy", "0.25", "Trees, not &lt;converged&gt;"))
    assert references.content(cast(Facts, SimpleNamespace(tags={}))) is None


def test_a_verdict_recorded_by_an_earlier_version_is_read() -> None:
    recorded = dumps([LINEAR._replace(verdict="cannot be told")])
    assert [each.verdict for each in loads(recorded)] == ["not distinguishable"]
