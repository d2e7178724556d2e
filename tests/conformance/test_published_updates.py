"""Twenty steps of each optimizer against its published update, written out slowly."""

from typing import Any

import numpy as np
import pytest

from knobwise.nn_core import variants
from knobwise.nn_core.optimizers import Array, Step
from tests.conformance.published import PUBLISHED

OPTIONS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in PUBLISHED),
    ("momentum", {"momentum": 0.5}),
    ("nesterov", {"momentum": 0.5}),
    ("rmsprop", {"alpha": 0.5, "eps": 0.1}),
    ("adam", {"beta1": 0.5, "beta2": 0.9, "eps": 0.1}),
    ("adamw", {"beta1": 0.0, "beta2": 0.5}),
    ("lbfgs", {"history": 5}),
]


def bowl(x: Array) -> tuple[float, Array]:
    """f = 1/2 sum c_i x_i^2 with c from 1 to 3: so that L-BFGS takes every step in full."""
    c = np.linspace(1, 3, len(x))
    return 0.5 * float(c @ x**2), c * x


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_twenty_steps(name: str, options: dict[str, Any]) -> None:
    """With a learning rate that changes at every step, except for L-BFGS, whose steps are taken in full."""
    optimizer, published = variants.load("optimizers", name, **options), PUBLISHED[name](**options)
    params = np.linspace(-2, 3, 12)
    expected = params.copy()
    state = optimizer.init(params)
    for number in range(1, 21):
        lr = 1.0 if name == "lbfgs" else 0.05 / number
        loss, gradient = bowl(params)
        optimizer.update(params, gradient, state, Step(number, lr, loss, np.empty_like(params)))
        expected = published(number, expected, bowl(expected)[1], lr)
        np.testing.assert_allclose(params, expected, rtol=1e-12, atol=1e-12)
