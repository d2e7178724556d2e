"""Problems with unlimited data: a formula, and any number of samples drawn from it.

    train(n, seed)    n samples drawn by `seed`; a larger n contains the smaller's samples
    val(seed)         2,000 samples of another stream of the same seed
    test()            the same for every seed: a grid for two inputs, else 10,000 samples

Every stream of random numbers has its own generator, so that noise does not change the draw of the inputs: the first
100 of 1,000 samples equal a draw of 100, with their noise, and the inputs are the same with and without noise.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Array, Part, Problem

SIDE = 100
"""Points along each side of the test grid of a surface, ends included."""
VAL_ROWS = 2_000
TEST_ROWS = 10_000

# Streams of a seed. Training draws by the seed alone, as the article does; 2 is the order of a run's batches.
_VAL, _TRAIN_NOISE, _VAL_NOISE, _TEST, _TEST_NOISE = 1, 3, 4, 5, 6


def regression(
    name: str,
    function: Callable[..., Array],
    bounds: Sequence[tuple[float, float]],
    *,
    inputs: tuple[str, ...],
    output: str = "y",
    noise: float = 0.0,
    title: str = "",
    about: str = "",
) -> Problem:
    """Regression of y = function(x1, ..., xd) + noise on samples that are uniform on a box.

    Args:
        name: of the problem, for `load`.
        function: d arrays `(m,)`, one an input, to `(m,)`.
        bounds: the lowest and highest value of each input.
        inputs: names of the d inputs.
        output: name of y.
        noise: standard deviation of the Gaussian noise on the targets of the training and the validation part, >= 0,
            in units of y. The test part has the true values.
        title: of the problem, for people.
        about: its source.

    Raises:
        ValueError: `noise` is not a number >= 0.

    >>> plane = regression("plane", lambda x, y: x + y, [(0, 1), (0, 1)], inputs=("x", "y"), noise=0.1)
    >>> plane.train(100, 0).X.shape, plane.train(100, 0).y.shape, plane.test().X.shape, plane.grid
    ((100, 2), (100, 1), (10000, 2), (100, 100))
    >>> bool((plane.train(100, 0).y == plane.train(1000, 0).y[:100]).all())
    True
    """
    check_noise(noise)
    lows, highs = np.array(bounds, np.float64).T
    surface = len(inputs) == 2

    def part(X: Array, errors: Array | float = 0.0) -> Part:
        return Part(X, (function(*X.T) + errors)[:, None])

    def drawn(rows: int, inputs_from: Sequence[int], noise_from: Sequence[int]) -> Part:
        X = np.random.default_rng(inputs_from).uniform(lows, highs, (rows, len(inputs)))
        return part(X, noise * np.random.default_rng(noise_from).standard_normal(rows))

    def test() -> Part:
        if surface:
            return part(grid(bounds[0], bounds[1]))
        return part(np.random.default_rng([0, _TEST]).uniform(lows, highs, (TEST_ROWS, len(inputs))))

    return Problem(
        name=name,
        inputs=inputs,
        outputs=(output,),
        train=lambda n, seed: drawn(n, [seed], [seed, _TRAIN_NOISE]),
        val=lambda seed: drawn(VAL_ROWS, [seed, _VAL], [seed, _VAL_NOISE]),
        test=test,
        grid=(SIDE, SIDE) if surface else None,
        surface=function if surface else None,
        title=title,
        about=about,
    )


def curves(
    name: str,
    curve: Callable[[NDArray[np.int64], Array], Array],
    *,
    classes: tuple[str, ...],
    noise: float = 0.0,
    title: str = "",
    about: str = "",
) -> Problem:
    """Classification of points in the plane; the samples of each class scatter about a curve.

    A sample is curve(class, t) + noise (e1, e2), with t uniform on [0, 1) and e Gaussian; noise changes the
    inputs and not the label, in all three parts. Sample i has class i mod k, so that the classes are balanced.

    Args:
        name: of the problem, for `load`.
        curve: codes of classes `(m,)` and places on the curve `(m,)` to points `(m, 2)`.
        classes: names of the k >= 2 classes, sorted.
        noise: standard deviation of both coordinates about the curve, >= 0.
        title: of the problem, for people.
        about: its source.

    Raises:
        ValueError: `noise` is not a number >= 0.
    """
    check_noise(noise)
    k = len(classes)

    def drawn(rows: int, places_from: Sequence[int], noise_from: Sequence[int]) -> Part:
        codes = np.arange(rows) % k
        points = curve(codes, np.random.default_rng(places_from).random(rows))
        X = points + noise * np.random.default_rng(noise_from).standard_normal((rows, 2))
        return Part(X, np.eye(k)[codes] if k > 2 else codes[:, None].astype(np.float64))

    return Problem(
        name=name,
        inputs=("x", "y"),
        outputs=classes if k > 2 else classes[1:],
        train=lambda n, seed: drawn(n, [seed], [seed, _TRAIN_NOISE]),
        val=lambda seed: drawn(VAL_ROWS, [seed, _VAL], [seed, _VAL_NOISE]),
        test=lambda: drawn(TEST_ROWS, [0, _TEST], [0, _TEST_NOISE]),
        title=title,
        classes=classes,
        target="class",
        about=about,
    )


def grid(across: tuple[float, float], up: tuple[float, float]) -> Array:
    """The points `(10000, 2)` of a 100 x 100 grid on a rectangle, its edges included; the first input varies fastest.

    >>> grid((0, 1), (5, 6))[[0, 1, -1]].round(4)
    array([[0.    , 5.    ], [0.0101, 5.    ], [1.    , 6.    ]])
    """
    x, y = np.meshgrid(np.linspace(*across, SIDE), np.linspace(*up, SIDE))
    return np.column_stack([x.ravel(), y.ravel()])


def check_noise(noise: float) -> None:
    """Refuse an invalid standard deviation.

    >>> check_noise(-1)
    Traceback (most recent call last):
    ValueError: noise must be >= 0, got -1
    """
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise must be {'>= 0' if noise < 0 else 'a finite number >= 0'}, got {noise:g}")


def check_count(name: str, value: int, least: int, most: int) -> None:
    """Refuse a count that is out of its range.

    >>> check_count("inputs", 4, 5, 1000)
    Traceback (most recent call last):
    ValueError: inputs must be 5 to 1000, got 4
    """
    if not least <= value <= most:
        raise ValueError(f"{name} must be {least} to {most}, got {value}")
