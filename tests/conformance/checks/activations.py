"""What every activation must do, whatever its formula."""

import numpy as np

from knobwise.nn_core.activations import Activation, Array
from knobwise.nn_core.gradcheck import numerical_gradient, relative_error

K, M, R = 5, 7, 3


def run(activation: Activation, z: Array, delta: Array) -> tuple[Array, Array]:
    """The activations of `z`, and dL/dz where dL/da is `delta`, in arrays of their own."""
    a, back = z.copy(), delta.copy()
    slope = np.full(z.shape, np.nan, z.dtype) if activation.needs_slope else None
    activation.forward(a, slope)
    values = a.copy()
    activation.backward(back, a, slope)
    return values, back


def slope_is_the_derivative(activation: Activation) -> None:
    random = np.random.default_rng(1)
    for scale in (0.3, 3.0):
        z, weights = random.normal(0, scale, (K, M)), random.normal(size=(K, M))

        def weighted(x: Array, weights: Array = weights) -> float:
            activation.forward(x, None)
            return float(np.sum(weights * x))

        error = relative_error(run(activation, z, weights)[1], numerical_gradient(weighted, z))
        assert error < 1e-6, f"the slope differs from central differences by {error:.1e}"


def float32_agrees_with_float64(activation: Activation) -> None:
    random = np.random.default_rng(2)
    z, delta = (random.normal(0, 2, (K, 257)).astype(np.float32) for _ in range(2))
    for single, double in zip(
        run(activation, z, delta), run(activation, z.astype(np.float64), delta.astype(np.float64)), strict=True
    ):
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-5)


def works_in_place(activation: Activation) -> None:
    """Through a view whose rows end with one of another array, as the network's do."""
    random = np.random.default_rng(3)
    z, delta = random.normal(size=(R, K, M)), random.normal(size=(R, K, M))
    values, back = run(activation, z, delta)
    buffer = np.ones((R, K + 1, M))
    a, d = buffer[:, :K, :], delta.copy()
    a[...] = z
    slope = np.full(z.shape, np.nan) if activation.needs_slope else None
    activation.forward(a, slope)
    np.testing.assert_allclose(a, values, rtol=1e-14, atol=1e-14)
    activation.backward(d, a, slope)
    np.testing.assert_allclose(d, back, rtol=1e-14, atol=1e-14)
    assert (buffer[:, K, :] == 1).all(), "it wrote outside the view it was given"


def values_need_no_slope(activation: Activation) -> None:
    z = np.random.default_rng(4).normal(0, 2, (K, M))
    alone, slope = z.copy(), np.full(z.shape, np.nan)
    activation.forward(alone, None)
    activation.forward(z, slope)
    np.testing.assert_array_equal(alone, z)
    if not activation.needs_slope:
        assert np.isnan(slope).all(), "it writes to a slope that it says it does not need"


def stacked_equals_each_alone(activation: Activation) -> None:
    random = np.random.default_rng(5)
    z, delta = random.normal(size=(R, K, M)), random.normal(size=(R, K, M))
    together = run(activation, z, delta)
    for r in range(R):
        for stacked, alone in zip(together, run(activation, z[r], delta[r]), strict=True):
            np.testing.assert_allclose(stacked[r], alone, rtol=1e-12, atol=1e-12)


def finite_at_extremes(activation: Activation) -> None:
    for dtype in (np.float32, np.float64):
        z = np.repeat(np.array([[-1e4], [-100.0], [-20.0], [0.0], [20.0], [100.0], [1e4]], dtype), M, axis=1)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            for result in run(activation, z, np.ones_like(z)):
                assert np.isfinite(result).all(), "not finite for inputs up to 1e4"


CHECKS = (
    slope_is_the_derivative,
    float32_agrees_with_float64,
    works_in_place,
    values_need_no_slope,
    stacked_equals_each_alone,
    finite_at_extremes,
)
