"""What every optimizer must do, whatever its formula."""

from collections.abc import Callable, Iterator

import numpy as np

from knobwise.nn_core.optimizers import Array, Optimizer, State, Step

Problem = Callable[[Array], tuple[Array, Array]]
LEARNING_RATES = (1.0, 0.1, 0.01, 0.002)


def parabola(x: Array) -> tuple[Array, Array]:
    """f = 1/2 sum c_i (x_i - 1)^2 with c from 1 to 10; loss and gradient for `(P,)` or `(R, P)`."""
    c = np.linspace(1, 10, x.shape[-1]).astype(x.dtype)
    return 0.5 * np.sum(c * (x - 1) ** 2, axis=-1), c * (x - 1)


def rosenbrock(x: Array) -> tuple[Array, Array]:
    """f = (1 - u)^2 + 100 (v - u^2)^2: a bent, narrow valley. Rosenbrock (1960)."""
    u, v = x[..., 0], x[..., 1]
    fall = v - u * u
    gradient = np.stack([-2 * (1 - u) - 400 * u * fall, 200 * fall], axis=-1)
    return (1 - u) ** 2 + 100 * fall**2, gradient


def steps(
    optimizer: Optimizer, params: Array, state: State, problem: Problem, lr: float, first: int, last: int
) -> Iterator[Array]:
    """Makes steps `first` to `last` in place; yields the loss before each. `work` starts as NaN each time."""
    for number in range(first, last + 1):
        loss, gradient = problem(params)
        loss_given = float(loss) if params.ndim == 1 else loss
        optimizer.update(params, gradient, state, Step(number, lr, loss_given, np.full_like(params, np.nan)))
        yield loss


def walk(optimizer: Optimizer, params: Array, problem: Problem, lr: float, count: int) -> Array:
    """Where `count` steps from `params` lead; not a number where they diverge."""
    point = params.copy()
    with np.errstate(all="ignore"):
        for _ in steps(optimizer, point, optimizer.init(point), problem, lr, 1, count):
            pass
    return point


def lowest(optimizer: Optimizer, start: Array, problem: Problem, enough: float, count: int) -> float:
    """The lowest loss met in `count` steps with any of the learning rates; stops at `enough`."""
    best = np.inf
    for lr in LEARNING_RATES:
        params = start.copy()
        with np.errstate(all="ignore"):  # a learning rate that is too high diverges
            for loss in steps(optimizer, params, optimizer.init(params), problem, lr, 1, count):
                best = min(best, float(loss)) if np.isfinite(loss) else best
                if best <= enough or not np.isfinite(loss):
                    break
        if best <= enough:
            break
    return float(best)


def finds_the_minimum_of_a_parabola(optimizer: Optimizer) -> None:
    loss = lowest(optimizer, np.linspace(-2, 3, 6), parabola, 1e-6, 1500)
    assert loss <= 1e-6, f"after 1,500 steps the loss is still {loss:.1e}"


def follows_the_valley_of_rosenbrock(optimizer: Optimizer) -> None:
    loss = lowest(optimizer, np.array([-1.2, 1.0]), rosenbrock, 0.01, 6000)
    assert loss <= 0.01, f"after 6,000 steps the loss is still {loss:.1e}"


def stacked_equals_each_alone(optimizer: Optimizer) -> None:
    start = np.array([[-1.2, 1.0], [0.5, -0.5], [0.0, 0.0]])
    for problem, lr in ((rosenbrock, 0.001), (rosenbrock, 1.0), (parabola, 0.1)):
        together = walk(optimizer, start, problem, lr, 30)
        for r, alone in enumerate(start):
            np.testing.assert_allclose(together[r], walk(optimizer, alone, problem, lr, 30), rtol=1e-12, atol=1e-12)


def resumes_bit_for_bit(optimizer: Optimizer) -> None:
    """At any step, from copies of the parameters and of the state."""
    start = np.array([-1.2, 1.0])
    for lr in (0.001, 1.0):
        whole = walk(optimizer, start, rosenbrock, lr, 24)
        for cut in (1, 2, 5, 13):
            params = start.copy()
            state = optimizer.init(params)
            with np.errstate(all="ignore"):
                list(steps(optimizer, params, state, rosenbrock, lr, 1, cut))
                params, state = params.copy(), tuple(array.copy() for array in state)
                list(steps(optimizer, params, state, rosenbrock, lr, cut + 1, 24))
            np.testing.assert_array_equal(params, whole)


def state_is_written_in_place(optimizer: Optimizer) -> None:
    for start in (np.linspace(-2, 3, 6), np.linspace(-2, 3, 6).reshape(2, 3)):
        params = start.copy()
        state = optimizer.init(params)
        np.testing.assert_array_equal(params, start)
        assert isinstance(state, tuple)
        assert all(isinstance(array, np.ndarray) and not np.shares_memory(array, params) for array in state)
        before = [array.ctypes.data for array in state]
        list(steps(optimizer, params, state, parabola, 0.01, 1, 5))
        assert [array.ctypes.data for array in state] == before
        assert not np.array_equal(params, start), "it made no step"


def float32_stays_near_float64(optimizer: Optimizer) -> None:
    start = np.linspace(-2, 3, 6)
    single = walk(optimizer, start.astype(np.float32), parabola, 0.01, 10)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, walk(optimizer, start, parabola, 0.01, 10), rtol=1e-4, atol=1e-4)


CHECKS = (
    finds_the_minimum_of_a_parabola,
    follows_the_valley_of_rosenbrock,
    stacked_equals_each_alone,
    resumes_bit_for_bit,
    state_is_written_in_place,
    float32_stays_near_float64,
)
