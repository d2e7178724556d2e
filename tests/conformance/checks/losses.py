"""What every loss must do, whatever its formula."""

from typing import Any

import numpy as np

from knobwise.nn_core import variants
from knobwise.nn_core.gradcheck import numerical_gradient, relative_error
from knobwise.nn_core.losses import Array, Loss

M, R = 6, 3


def run(loss: Loss, output: Array, target: Array) -> tuple[Any, Array]:
    """The summed loss and its gradient, in an array of its own."""
    gradient = output.copy()
    return loss.gradient(gradient, target), gradient


def data(loss: Loss, *shape: int, seed: int = 0) -> tuple[Array, Array]:
    """Random outputs, and targets that a prediction through the loss's link could be."""
    random = np.random.default_rng(seed)
    target = random.normal(0, 2, shape)
    variants.load("activations", loss.link).forward(target, None)
    return random.normal(0, 2, shape), target


def gradient_is_the_derivative(loss: Loss) -> None:
    for k in (1, 4):
        output, target = data(loss, k, M)
        numerical = numerical_gradient(lambda x, target=target: float(loss.gradient(x, target)), output)  # type: ignore[misc]
        error = relative_error(run(loss, output, target)[1], numerical)
        assert error < 1e-6, f"the gradient differs from central differences by {error:.1e}"


def chunks_add_up(loss: Loss) -> None:
    output, target = data(loss, 4, M)
    whole, gradient = run(loss, output, target)
    parts = [run(loss, output[:, part], target[:, part]) for part in (slice(0, 1), slice(1, 4), slice(4, M))]
    np.testing.assert_allclose(sum(part[0] for part in parts), whole, rtol=1e-12)
    np.testing.assert_allclose(np.hstack([part[1] for part in parts]), gradient, rtol=1e-12)


def stacked_equals_each_alone(loss: Loss) -> None:
    output, target = data(loss, R, 4, M)
    together, gradient = run(loss, output, target)
    assert np.shape(together) == (R,)
    for r in range(R):
        alone = run(loss, output[r], target[r])
        assert isinstance(alone[0], float)
        np.testing.assert_allclose(together[r], alone[0], rtol=1e-12)
        np.testing.assert_allclose(gradient[r], alone[1], rtol=1e-12, atol=1e-12)


def float32_agrees_with_float64(loss: Loss) -> None:
    output, target = (array.astype(np.float32) for array in data(loss, 4, 257))
    single, double = run(loss, output, target), run(loss, output.astype(np.float64), target.astype(np.float64))
    assert single[1].dtype == np.float32
    np.testing.assert_allclose(single[0], double[0], rtol=1e-5)
    np.testing.assert_allclose(single[1], double[1], rtol=1e-5, atol=1e-5)


def finite_at_extremes(loss: Loss) -> None:
    """Confident predictions, right and wrong, of targets that are 0 and 1."""
    for dtype in (np.float32, np.float64):
        target: Array = np.eye(3, dtype=dtype)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            for output in (1e4 * target, -1e4 * target, 1e4 * (2 * target - 1), 1e4 * (1 - 2 * target), 0 * target):
                total, gradient = run(loss, output, target)
                assert np.isfinite(total), "the loss is not finite for outputs up to 1e4"
                assert np.isfinite(gradient).all(), "the gradient is not finite for outputs up to 1e4"


def target_is_left_alone(loss: Loss) -> None:
    output, target = data(loss, 4, M)
    before = target.copy()
    run(loss, output, target)
    np.testing.assert_array_equal(target, before)


def least_where_the_prediction_is_the_target(loss: Loss) -> None:
    """The link turns the best output into the target itself."""
    assert loss.unit > 0
    output, _ = data(loss, 4, M)
    target = output.copy()
    variants.load("activations", loss.link).forward(target, None)
    best, gradient = run(loss, output, target)
    np.testing.assert_allclose(gradient, 0, atol=1e-12)
    moved = output + np.random.default_rng(1).normal(0, 0.1, output.shape)
    assert run(loss, moved, target)[0] > best


CHECKS = (
    gradient_is_the_derivative,
    chunks_add_up,
    stacked_equals_each_alone,
    float32_agrees_with_float64,
    finite_at_extremes,
    target_is_left_alone,
    least_where_the_prediction_is_the_target,
)
