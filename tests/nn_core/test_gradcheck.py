"""The checker checked: it agrees with known derivatives, and does not let small errors pass."""

from collections.abc import Callable

import numpy as np
import pytest

from knobwise.nn_core import variants
from knobwise.nn_core.activations import Activation
from knobwise.nn_core.gradcheck import Array, numerical_gradient, relative_error
from knobwise.nn_core.losses import Loss
from tests.conformance.checks.activations import slope_is_the_derivative
from tests.conformance.checks.losses import gradient_is_the_derivative

KNOWN: list[tuple[Callable[[Array], float], Callable[[Array], Array]]] = [
    (lambda x: float(np.sum(x**3)), lambda x: 3 * x**2),
    (lambda x: float(np.sum(np.sin(x) * x)), lambda x: np.cos(x) * x + np.sin(x)),
    (lambda x: float(np.prod(x)), lambda x: np.prod(x) / x),
    (lambda x: 4.0, np.zeros_like),
]


@pytest.mark.parametrize(("f", "derivative"), KNOWN)
def test_known_derivatives(f: Callable[[Array], float], derivative: Callable[[Array], Array]) -> None:
    x = np.random.default_rng(0).normal(0, 2, (3, 4))
    assert relative_error(numerical_gradient(f, x), derivative(x)) < 1e-8


def test_f_may_change_its_argument() -> None:
    x = np.array([1.0, 2.0])

    def spoils(there: Array) -> float:
        total = float(there @ there)
        there[:] = np.nan
        return total

    np.testing.assert_allclose(numerical_gradient(spoils, x), [2, 4], rtol=1e-9)
    np.testing.assert_array_equal(x, [1, 2])


@pytest.mark.parametrize("factor", [1.0005, 0.9995])
@pytest.mark.parametrize("entry", [None, 7])
def test_an_error_of_a_twentieth_of_a_percent_is_detected(factor: float, entry: int | None) -> None:
    """In the whole gradient, or in its largest entry alone."""
    x = np.linspace(-2, 1, 8)
    wrong = np.exp(x)
    wrong[slice(None) if entry is None else entry] *= factor
    error = relative_error(numerical_gradient(lambda x: float(np.exp(x).sum()), x), wrong)
    assert error == pytest.approx(0.0005, rel=0.01)


@pytest.mark.parametrize("name", variants.names("activations"))
def test_a_planted_error_in_any_slope_is_caught(name: str) -> None:
    right: Activation = variants.load("activations", name)

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        right.backward(delta, a, slope)
        delta *= 1.0005

    slope_is_the_derivative(right)
    with pytest.raises(AssertionError, match="central differences"):
        slope_is_the_derivative(right._replace(backward=backward))


@pytest.mark.parametrize("name", variants.names("losses"))
def test_a_planted_error_in_any_loss_is_caught(name: str) -> None:
    right: Loss = variants.load("losses", name)

    def gradient(output: Array, target: Array) -> object:
        total = right.gradient(output, target)
        output *= 0.9995
        return total

    gradient_is_the_derivative(right)
    with pytest.raises(AssertionError, match="central differences"):
        gradient_is_the_derivative(right._replace(gradient=gradient))


def test_relative_error_of_what_is_not_a_number() -> None:
    assert relative_error(np.array([1.0, np.nan]), np.array([1.0, 2.0])) == np.inf
    assert relative_error(np.array([1.0, np.inf]), np.array([1.0, np.inf])) == np.inf


def test_relative_error_of_zeros() -> None:
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.zeros(3), np.array([0, 0, 1e-300])) == 1
