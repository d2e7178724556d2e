"""Properties of single activations: known values, kinks, and values that are not numbers."""

from math import erf, sqrt

import numpy as np
import pytest

from knobwise.nn_core import variants
from knobwise.nn_core.activations import Array
from tests.conformance.checks.activations import run

KNOWN = {
    "identity": ([-1.5, 2.0], [-1.5, 2.0]),
    "relu": ([-1.5, -0.0, 0.0, 2.0], [0.0, 0.0, 0.0, 2.0]),
    "leaky_relu": ([-2.0, 0.0, 2.0], [-0.02, 0.0, 2.0]),
    "sigmoid": ([0.0, np.log(3.0), -np.log(3.0)], [0.5, 0.75, 0.25]),
    "tanh": ([0.0, np.log(3.0)], [0.0, 0.8]),
    "silu": ([0.0, np.log(3.0)], [0.0, 0.75 * np.log(3.0)]),
    "gelu": ([0.0, 1.0, -1.0], [0.0, 0.8411919906, -0.1588080094]),
}


def values(name: str, z: list[float] | Array) -> Array:
    a = np.array(z)
    variants.load("activations", name).forward(a, None)
    return a


@pytest.mark.parametrize("name", KNOWN)
def test_known_values(name: str) -> None:
    z, expected = KNOWN[name]
    np.testing.assert_allclose(values(name, z), expected, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu_equals_the_articles_bit_for_bit(dtype: type) -> None:
    z: Array = np.random.default_rng(0).normal(size=(6, 50)).astype(dtype)
    z[:, :5] = [-0.0, 0.0, np.finfo(dtype).tiny, -np.finfo(dtype).tiny, np.inf]
    delta: Array = np.random.default_rng(1).normal(size=z.shape).astype(dtype)
    a, back = run(variants.load("activations", "relu"), z, delta)
    np.testing.assert_array_equal(a, np.maximum(z, 0))
    np.testing.assert_array_equal(back, delta * (z > 0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_leaky_relu_does_not_change_delta_above_zero(dtype: type) -> None:
    z: Array = np.random.default_rng(0).normal(size=(6, 50)).astype(dtype)
    delta: Array = np.random.default_rng(1).normal(size=z.shape).astype(dtype)
    _, back = run(variants.load("activations", "leaky_relu", leak=0.25), z, delta)
    np.testing.assert_array_equal(back, delta * np.where(z > 0, 1, 0.25).astype(dtype))


def test_gelu_is_near_the_exact_form() -> None:
    z = np.linspace(-6, 6, 2001)
    exact = np.array([x * 0.5 * (1 + erf(x / sqrt(2))) for x in z])
    assert np.abs(values("gelu", z) - exact).max() < 5e-4


def test_softmax_makes_probabilities_of_the_classes_of_each_sample() -> None:
    z = np.random.default_rng(0).normal(0, 5, (3, 4, 7))
    p = values("softmax", z)
    np.testing.assert_allclose(p.sum(axis=-2), 1, rtol=1e-12)
    np.testing.assert_allclose(p, np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(values("softmax", z + 1000), p, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu_of_the_bits_equals_relu_of_the_floats(dtype: type) -> None:
    relu = variants.load("activations", "relu")
    z: Array = np.random.default_rng(0).normal(size=(6, 50)).astype(dtype)
    delta: Array = np.random.default_rng(1).normal(size=z.shape).astype(dtype)
    expected, expected_back = run(relu, z, delta)
    bits, delta_bits = (array.view(f"i{array.itemsize}") for array in (z, delta))
    relu.forward(bits, None)
    assert np.array_equal(z, expected)
    relu.backward(delta_bits, bits, None)
    assert np.array_equal(delta, expected_back)
