"""Properties of single optimizers: memory, a step worked by hand, and the line search of L-BFGS."""

import tracemalloc

import numpy as np
import pytest

from knobwise.nn_core import variants
from knobwise.nn_core.optimizers import Array, Optimizer, Step
from tests.conformance.checks.optimizers import Problem, parabola, rosenbrock, steps

FIRST_ORDER = ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"]


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_a_step_allocates_no_array(name: str) -> None:
    optimizer: Optimizer = variants.load("optimizers", name)
    params, gradient = np.zeros(100_000, np.float32), np.ones(100_000, np.float32)
    state, step = optimizer.init(params), Step(1, 0.1, 1.0, np.empty_like(params))
    tracemalloc.start()
    optimizer.update(params, gradient, state, step)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000, f"{peak} bytes for parameters of 400,000"


def test_the_first_step_of_adam_is_the_learning_rate() -> None:
    """Worked by hand: m' = g and v' = g^2, so the step is lr g / |g|, however large the gradient."""
    for g in (1e-3, 1.0, -1e3):
        params = np.array([5.0])
        optimizer = variants.load("optimizers", "adam")
        optimizer.update(params, np.array([g]), optimizer.init(params), Step(1, 0.1, 0.0, np.empty(1)))
        assert params[0] == pytest.approx(5 - 0.1 * np.sign(g), abs=1e-5)


def test_only_lbfgs_needs_the_full_batch() -> None:
    full = [name for name in variants.names("optimizers") if variants.load("optimizers", name).full_batch]
    assert full == ["lbfgs"]


def test_weight_decay_is_decoupled_in_adamw_alone() -> None:
    assert [name for name in variants.names("optimizers") if variants.load("optimizers", name).decoupled] == ["adamw"]


def losses_of(problem: Problem, start: Array, count: int, lr: float = 1.0) -> list[float]:
    optimizer: Optimizer = variants.load("optimizers", "lbfgs")
    params = start.copy()
    return [float(loss) for loss in steps(optimizer, params, optimizer.init(params), problem, lr, 1, count)]


def test_lbfgs_solves_rosenbrock_in_a_few_dozen_evaluations() -> None:
    assert min(losses_of(rosenbrock, np.array([-1.2, 1.0]), 60)) < 1e-15


def test_lbfgs_solves_a_parabola_of_ten_dimensions() -> None:
    assert min(losses_of(parabola, np.linspace(-2, 3, 10), 30)) < 1e-15


def accepted(problem: Problem, start: Array, count: int) -> list[tuple[float, float]]:
    """The loss at every point that L-BFGS accepted, and the fraction of the predicted decrease that it reached."""
    optimizer: Optimizer = variants.load("optimizers", "lbfgs")
    params = start.copy()
    state = optimizer.init(params)
    point, slope, *_ = state
    found: list[tuple[float, float]] = []
    for number in range(1, count + 1):
        loss, gradient = problem(params)
        before, trial, promised = point.copy(), params.copy(), float(slope @ (params - point))
        if np.array_equal(trial, before):
            break  # at the minimum, to the last bit
        assert promised <= 0, "the direction does not lead down"
        optimizer.update(params, gradient.copy(), state, Step(number, 1.0, float(loss), np.empty_like(params)))
        if not np.array_equal(point, before):
            np.testing.assert_array_equal(point, trial)
            found.append((float(loss), (float(loss) - found[-1][0]) / promised if found else 1.0))
        else:
            # a trial that failed: the next one is nearer, on the same line
            assert np.linalg.norm(params - point) < np.linalg.norm(trial - point)
    return found


def test_every_point_that_lbfgs_accepts_satisfies_armijo() -> None:
    """And some trials fail on the way, or this would show nothing."""
    points = accepted(rosenbrock, np.array([-1.2, 1.0]), 40)
    assert 20 < len(points) < 40
    assert all(share >= 1e-4 for _, share in points)


def test_lbfgs_descends_where_the_curvature_is_negative() -> None:
    """sum cos x_i from near its top: pairs with s.y < 0 are left out, so that directions still descend."""

    def hills(x: Array) -> tuple[Array, Array]:
        return np.asarray(np.cos(x).sum()), -np.sin(x)

    points = accepted(hills, np.array([0.1, -0.2, 0.3]), 25)
    assert points[-1][0] == pytest.approx(-3, abs=1e-9)


def test_lbfgs_recovers_from_a_loss_that_is_not_a_number() -> None:
    """A barrier: beyond x = 1 the loss is not a number, the minimum is just before it."""

    def barrier(x: Array) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):
            return np.asarray((-0.05 * np.log(1 - x) - x).sum()), 0.05 / (1 - x) - 1

    losses = losses_of(barrier, np.array([0.5]), 60)
    assert any(np.isnan(losses))
    assert min(x for x in losses if np.isfinite(x)) == pytest.approx(float(barrier(np.array([0.95]))[0]), abs=1e-12)


def test_lbfgs_stays_at_the_minimum() -> None:
    losses = losses_of(parabola, np.linspace(-2, 3, 6), 300)
    assert max(losses[-100:]) < 1e-12
    at_rest = losses_of(parabola, np.ones(6), 5)
    assert at_rest == [0.0] * 5
