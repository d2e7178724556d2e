"""Every knob is checked, with one line that names it, what it must be, and its value."""

import json
from typing import Any

import pytest

from knobwise.experiments.config import RunConfig


@pytest.mark.parametrize(
    ("knob", "value", "accepted"),
    [
        ("n_samples", 1, "a whole number >= 2"),
        ("n_samples", 10.0, "a whole number >= 2"),
        ("n_samples", True, "a whole number >= 2"),
        ("epochs", 0, "a whole number >= 1"),
        ("lr", 0, "a number > 0"),
        ("lr", -1, "a number > 0"),
        ("lr", float("nan"), "a number > 0"),
        ("lr", float("inf"), "a number > 0"),
        ("lr", "fast", "a number > 0"),
        ("widths", (64, 0), "whole numbers >= 1"),
        ("widths", 64, "whole numbers >= 1"),
        ("widths", (64.0,), "whole numbers >= 1"),
        ("activation", "rleu", "one of "),
        ("loss", "mae2", "one of "),
        ("initializer", "", "one of "),
        ("optimizer", "sdg", "one of "),
        ("schedule", None, "one of "),
        ("batch_size", -1, "a whole number >= 0"),
        ("batch_size", 2000, "at most n_samples = 1000"),
        ("weight_decay", -0.1, "a number >= 0"),
        ("dropout", 1.0, "a number >= 0 and < 1"),
        ("clip_norm", -2, "a number >= 0"),
        ("patience", 1.5, "a whole number >= 0"),
        ("dtype", "float16", "float32 or float64"),
        ("seed", -1, "a whole number >= 0"),
        ("seed", 2**31, "at most 2147483647"),
    ],
)
def test_out_of_range_is_named(knob: str, value: Any, accepted: str) -> None:
    with pytest.raises(ValueError, match="must be") as error:
        RunConfig(**{knob: value})
    message = str(error.value)
    assert message.startswith(f"{knob} must be {accepted}")
    assert message.endswith(f"got {value!r}")
    assert "\n" not in message


def test_round_trip_through_json() -> None:
    config = RunConfig(lr=0.02, widths=(8, 4), seed=3)
    assert RunConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config


def test_unknown_knob_is_named() -> None:
    with pytest.raises(ValueError, match="a run has no knob 'learning_rate'; the knobs are n_samples, epochs, lr"):
        RunConfig.from_dict({"learning_rate": 0.1})


@pytest.mark.parametrize("knob", ["batch_size", "dropout", "clip_norm"])
def test_a_line_search_needs_all_samples_and_the_plain_gradient(knob: str) -> None:
    assert RunConfig(optimizer="lbfgs", lr=1.0).optimizer == "lbfgs"
    values: dict[str, Any] = {knob: 10 if knob == "batch_size" else 0.5}
    with pytest.raises(ValueError, match=f"{knob} must be 0 for the optimizer lbfgs, got {values[knob]}"):
        RunConfig(optimizer="lbfgs", **values)
