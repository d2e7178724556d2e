"""Properties of single losses: values worked by hand."""

from math import exp, log

import numpy as np
import pytest

from knobwise.nn_core import variants
from tests.conformance.checks.losses import run

KNOWN = {
    # two outputs (rows) of two samples (columns): summed over samples, averaged over outputs where the loss is
    "mse": ([[3.0, 0.0], [1.0, 2.0]], [[1.0, 0.0], [1.0, 1.0]], (4 + 0 + 0 + 1) / 2, [[2.0, 0.0], [0.0, 1.0]]),
    "half_mse": ([[3.0, 0.0], [1.0, 2.0]], [[1.0, 0.0], [1.0, 1.0]], (4 + 1) / 2, [[2.0, 0.0], [0.0, 1.0]]),
    "huber": ([[3.0, 0.0], [1.0, 0.5]], [[0.0, 4.0], [1.0, 0.0]], (2.5 + 3.5 + 0.125) / 2, [[0.5, -0.5], [0.0, 0.25]]),
    "cross_entropy": (
        [[log(3.0), 0.0], [0.0, 0.0]],
        [[1.0, 0.5], [0.0, 0.5]],
        log(4 / 3) + log(2),
        [[-0.25, 0], [0.25, 0]],
    ),
    "binary_cross_entropy": ([[log(3.0), 0.0]], [[1.0, 0.0]], log(4 / 3) + log(2), [[-0.25, 0.5]]),
}


def test_every_loss_has_a_worked_value() -> None:
    assert sorted(KNOWN) == variants.names("losses")


@pytest.mark.parametrize("name", KNOWN)
def test_worked_by_hand(name: str) -> None:
    output, target, expected, gradient = KNOWN[name]
    total, computed = run(variants.load("losses", name), np.array(output), np.array(target))
    assert total == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(computed, gradient, atol=1e-12)


def test_huber_is_linear_beyond_delta() -> None:
    total, gradient = run(variants.load("losses", "huber", delta=3.0), np.array([[10.0]]), np.array([[0.0]]))
    assert total == 3 * (10 - 1.5)
    assert gradient == 3


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy"])
def test_a_confident_mistake_costs_its_logit(name: str) -> None:
    output, target = np.array([[-1e4], [0.0]]), np.array([[1.0], [0.0]])
    k = 1 if name == "cross_entropy" else 2
    expected = 1e4 if k == 1 else (1e4 + log(2)) / 2
    total, gradient = run(variants.load("losses", name), output, target)
    assert total == pytest.approx(expected, rel=1e-12)
    assert gradient[0, 0] == pytest.approx(-1 / k)


def test_a_confident_correct_answer_costs_almost_nothing() -> None:
    total, _ = run(variants.load("losses", "binary_cross_entropy"), np.array([[20.0]]), np.array([[1.0]]))
    assert total == pytest.approx(exp(-20), rel=1e-6)


def test_units_and_links() -> None:
    losses = {name: variants.load("losses", name) for name in variants.names("losses")}
    assert {name for name, loss in losses.items() if loss.unit != 1} == {"half_mse"}
    assert losses["cross_entropy"].link == "softmax"
    assert losses["binary_cross_entropy"].link == "sigmoid"
