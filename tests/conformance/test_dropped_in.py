"""A file added to a variant's folder is found and checked without registration; a wrong one is caught."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from knobwise.nn_core import variants
from knobwise.nn_core.variants import Kind
from tests.conformance.checks.suite import CHECKS

NAME = "thrown_away"

ACTIVATION = """
import numpy as np
from knobwise.nn_core.activations import Activation
def thrown_away():
    def forward(z, slope):
        np.arctan(z, out=z)
    def backward(delta, a, slope):
        delta *= SCALE * np.cos(a) ** 2
    return Activation(forward, backward, needs_slope=False)
"""
LOSS = """
import numpy as np
from knobwise.nn_core.losses import Loss, inner
def thrown_away():
    def gradient(output, target):
        output -= target
        total = np.sum(np.log(np.cosh(np.clip(output, -80, 80))), axis=(-2, -1))
        np.tanh(SCALE * output, out=output)
        return float(total) if output.ndim == 2 else total
    return Loss(gradient, link="identity")
"""
INITIALIZER = """
from knobwise.nn_core.initializers import Initializer
def thrown_away():
    return Initializer(lambda random, n_in, n_out: random.laplace(SCALE - 1, 0.1, (n_in, n_out)))
"""
OPTIMIZER = """
import numpy as np
from knobwise.nn_core.optimizers import Optimizer, zeros
def thrown_away():
    def init(params):
        return (zeros(params),)
    def update(params, gradient, state, step):
        state[0][...] += gradient * gradient
        gradient /= np.sqrt(state[0]) + 1e-10
        params -= SCALE * step.lr * gradient * (1 if SCALE == 1 else np.sum(gradient))
    return Optimizer(init, update)
"""
SCHEDULE = """
from knobwise.nn_core.schedules import Schedule
def thrown_away():
    return Schedule(lambda epoch, total: 1 - SCALE * epoch / total, uses_total=True, falls=True)
"""
SOURCES: dict[Kind, str] = {
    "activations": ACTIVATION,
    "losses": LOSS,
    "initializers": INITIALIZER,
    "optimizers": OPTIMIZER,
    "schedules": SCHEDULE,
}
CAUGHT_BY = {
    "activations": "slope_is_the_derivative",
    "losses": "gradient_is_the_derivative",
    "initializers": "centred_and_spread",
    "optimizers": "stacked_equals_each_alone",
    "schedules": "stays_between_0_and_1",
}

Drop = Callable[[Kind, float], None]


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drop]:
    """Puts a variant into the folder of its kind; `scale` 1 makes it right, anything else wrong."""
    added: list[Kind] = []

    def put(kind: Kind, scale: float) -> None:
        package = importlib.import_module(f"knobwise.nn_core.{kind}")
        (tmp_path / f"{NAME}.py").write_text(SOURCES[kind].replace("SCALE", str(scale)))
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        importlib.invalidate_caches()
        added.append(kind)

    yield put
    for kind in added:
        del sys.modules[f"knobwise.nn_core.{kind}.{NAME}"]
        delattr(importlib.import_module(f"knobwise.nn_core.{kind}"), NAME)


def failures(kind: Kind) -> list[str]:
    """The names of the checks that the new variant fails."""
    (newcomer,) = (name for name in variants.names(kind) if name == NAME)
    failed = []
    for check in CHECKS[kind]:
        try:
            check(variants.load(kind, newcomer))
        except AssertionError:
            failed.append(check.__name__)
    return failed


@pytest.mark.parametrize("kind", SOURCES)
def test_a_correct_variant_is_found_and_passes(kind: Kind, drop: Drop) -> None:
    assert NAME not in variants.names(kind)
    drop(kind, 1)
    assert failures(kind) == []


@pytest.mark.parametrize("kind", SOURCES)
def test_a_wrong_variant_is_found_and_caught(kind: Kind, drop: Drop) -> None:
    drop(kind, 1.0005 if kind in ("activations", "losses") else 1.05)
    assert CAUGHT_BY[kind] in failures(kind)
