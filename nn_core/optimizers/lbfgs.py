"""L-BFGS: Newton's method with the curvature guessed from the last few steps. For small problems, full batch."""

from typing import Any

import numpy as np

from knobwise.nn_core.optimizers import Array, Optimizer, State, Step

STARTED, LOSS, DESCENT, LENGTH, PAIRS, TRIES = range(6)  # the entries of a row of numbers in the state


def lbfgs(history: int = 10, decrease: float = 1e-4, tries: int = 20) -> Optimizer:
    """x <- x + t d,  d = -H g, where H approximates the inverse of the Hessian.

    H is never formed: the two-loop recursion applies it from the last `history` pairs s = x' - x, y = g' - g. A pair is
    left out where s.y is not positive (negative curvature), so that d is always a descent direction.

    The step length t comes from a backtracking line search, one evaluation an update: the parameters are then a *trial*
    x + t d. At the next update its loss is known. It is accepted by Armijo's condition, f(x + t d) <= f(x) + decrease t
    g.d, up to rounding; otherwise a shorter t on the same line is tried. So the reported loss can rise for one epoch,
    where a trial failed. After `tries` failures the pairs are dropped and the search restarts along the gradient.

    The learning rate is the length t that is tried first: 1 is right. The very first step is scaled by 1 / |g|_1, as in
    PyTorch, and no trial is longer than the parameters themselves (or 1).

    Measured on the article's surface with 1,000 samples and silu, from two starts: after 4,000 epochs of
    [2, 64, 64, 64, 1] a training loss of 5e-5 and 6e-5, where full-batch Adam with cosine annealing (the better of lr
    0.003 and 0.01) has 1.8e-4 and 1.2e-4; after 2,000 of [2, 16, 16, 1], 1.2e-3 and 3.6e-3 against 2.0e-2 and 6.5e-3.
    An epoch costs 1.1 to 1.8 times as much.

    Args:
        history: number of pairs, >= 1. More than 10 rarely help.
        decrease: in (0, 1), the share of the decrease predicted by the slope that a step must reach.
        tries: step lengths tried in one direction, >= 1.

    Nocedal and Wright (2006), "Numerical optimization", algorithms 3.1, 7.4 and 7.5; Liu and Nocedal (1989).
    """

    def init(params: Array) -> State:
        lead, size = params.shape[:-1], params.shape[-1]
        point, gradient, direction = (np.zeros_like(params) for _ in range(3))
        moves, changes = (np.zeros((*lead, history, size), params.dtype) for _ in range(2))
        return point, gradient, direction, moves, changes, np.zeros((*lead, 6))

    def update(params: Array, gradient: Array, state: State, step: Step) -> None:
        if params.ndim == 1:
            advance(params, gradient, state, float(step.loss), step.lr)
            return
        for r, loss in enumerate(np.broadcast_to(step.loss, len(params))):
            advance(params[r], gradient[r], tuple(array[r] for array in state), float(loss), step.lr)

    def advance(params: Array, gradient: Array, state: State, loss: float, lr: float) -> None:
        point, slope, direction, moves, changes, numbers = state
        rounding = 4 * float(np.finfo(params.dtype).eps) * abs(numbers[LOSS])
        predicted = decrease * numbers[LENGTH] * numbers[DESCENT]
        if not numbers[STARTED] or loss <= numbers[LOSS] + predicted + rounding:
            if numbers[STARTED]:
                remember(params - point, gradient - slope, moves, changes, numbers)
            point[:], slope[:] = params, gradient
            numbers[[STARTED, LOSS]] = 1.0, loss
            aim(direction, slope, moves, changes, numbers)
            numbers[[LENGTH, TRIES]] = first_length(point, slope, direction, numbers, lr), 0
        elif numbers[TRIES] < tries:
            numbers[LENGTH] *= shortening(loss, numbers)
            numbers[TRIES] += 1
        else:
            numbers[PAIRS] = 0
            aim(direction, slope, moves, changes, numbers)
            numbers[[LENGTH, TRIES]] = first_length(point, slope, direction, numbers, lr), 0
        np.multiply(direction, numbers[LENGTH], out=params)
        params += point

    return Optimizer(init, update, full_batch=True)


def remember(move: Array, change: Array, moves: Array, changes: Array, numbers: Array) -> None:
    """Replaces the oldest pair by s, y, where s.y is positive beyond rounding."""
    least = np.finfo(move.dtype).eps * np.linalg.norm(move) * np.linalg.norm(change)
    if np.dot(move, change) > least:
        slot = int(numbers[PAIRS]) % len(moves)
        moves[slot], changes[slot] = move, change
        numbers[PAIRS] += 1


def aim(direction: Array, slope: Array, moves: Array, changes: Array, numbers: Array) -> None:
    """Stores -H g in `direction`, by the two-loop recursion, and g.d in `numbers`."""
    count, capacity = int(numbers[PAIRS]), len(moves)
    newest_first = [i % capacity for i in range(count - 1, max(count - capacity, 0) - 1, -1)]
    np.negative(slope, out=direction)
    weights: dict[int, Any] = {}
    for i in newest_first:
        weights[i] = np.dot(moves[i], direction) / np.dot(moves[i], changes[i])
        direction -= weights[i] * changes[i]
    if newest_first:
        s, y = moves[newest_first[0]], changes[newest_first[0]]
        direction *= np.dot(s, y) / np.dot(y, y)  # the scale of the Hessian, as the newest pair has it
    for i in reversed(newest_first):
        direction += (weights[i] - np.dot(changes[i], direction) / np.dot(moves[i], changes[i])) * moves[i]
    numbers[DESCENT] = np.dot(slope, direction)


def first_length(point: Array, slope: Array, direction: Array, numbers: Array, lr: float) -> float:
    """The first step length to try along `direction`."""
    tiny = float(np.finfo(point.dtype).tiny)
    length = lr if numbers[PAIRS] else lr * min(1.0, 1.0 / max(float(np.abs(slope).sum()), tiny))
    longest = max(1.0, float(np.linalg.norm(point))) / max(float(np.linalg.norm(direction)), tiny)
    return min(length, longest)


def shortening(loss: float, numbers: Array) -> float:
    """The factor, in [0.1, 0.5], to the minimum of the parabola through f(x), its slope and the failed f(x + t d)."""
    fall = numbers[LENGTH] * numbers[DESCENT]
    excess = loss - numbers[LOSS] - fall
    if not np.isfinite(excess):
        return 0.1
    return float(min(0.5, max(0.1, -0.5 * fall / excess)))
