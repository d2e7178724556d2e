"""Properties of single initializers: the variance and the bounds of their papers."""

from math import sqrt

import numpy as np
import pytest

from knobwise.nn_core import variants
from knobwise.nn_core.initializers import Initializer

N_IN, N_OUT = 300, 200
VARIANCE = {
    "uniform": 1 / 3,
    "he_uniform": 2 / N_IN,
    "he_normal": 2 / N_IN,
    "xavier_uniform": 2 / (N_IN + N_OUT),
    "xavier_normal": 2 / (N_IN + N_OUT),
    "orthogonal": 1 / N_IN,
}
BOUND = {"uniform": 1.0, "he_uniform": sqrt(6 / N_IN), "xavier_uniform": sqrt(6 / (N_IN + N_OUT))}


def draw(name: str, n_in: int = N_IN, n_out: int = N_OUT) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    initializer: Initializer = variants.load("initializers", name)
    return initializer.draw(np.random.default_rng(0), n_in, n_out)


@pytest.mark.parametrize("name", VARIANCE)
def test_variance(name: str) -> None:
    """Of 60,000 draws: its own standard error is at most 0.6 %."""
    assert draw(name).var() == pytest.approx(VARIANCE[name], rel=0.03)


@pytest.mark.parametrize("name", BOUND)
def test_uniform_draws_fill_their_bounds(name: str) -> None:
    largest = np.abs(draw(name)).max()
    assert 0.999 * BOUND[name] < largest <= BOUND[name]


@pytest.mark.parametrize("name", ["he_normal", "xavier_normal"])
def test_normal_draws_have_the_tails_of_a_normal(name: str) -> None:
    """Fourth moment over squared variance: 3 for a normal, 1.8 for a uniform."""
    W = draw(name)
    assert np.mean(W**4) / W.var() ** 2 == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(("n_in", "n_out"), [(64, 64), (100, 30), (30, 100), (2, 64), (64, 1)])
def test_orthogonal(n_in: int, n_out: int) -> None:
    W = draw("orthogonal", n_in, n_out)
    product = W.T @ W if n_in >= n_out else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(n_in, n_out)), atol=1e-12)


def test_orthogonal_is_uniform_over_the_orthogonal_matrices() -> None:
    """Without the correction of signs, the diagonal of Q keeps one sign: here its mean is 0 within five errors."""
    initializer: Initializer = variants.load("initializers", "orthogonal")
    random = np.random.default_rng(0)
    diagonal = np.array([np.diagonal(initializer.draw(random, 2, 2)) for _ in range(2000)])
    np.testing.assert_array_less(np.abs(diagonal.mean(axis=0)), 5 * 0.71 / sqrt(2000))
    gained = variants.load("initializers", "orthogonal", gain=2.0).draw(np.random.default_rng(0), 5, 5)
    np.testing.assert_allclose(gained @ gained.T, 4 * np.eye(5), atol=1e-12)


def test_uniform_draws_what_the_article_draws() -> None:
    ours = variants.load("initializers", "uniform").draw(np.random.RandomState(99), 2, 3)
    np.testing.assert_array_equal(ours, np.random.RandomState(99).uniform(-1, 1, (2, 3)))
