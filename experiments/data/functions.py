"""A function of your own as a problem: `mine.py:surface?bounds=-1..1,0..5`.

    def surface(x, y):
        return np.sin(x) * y

It is given an array for each input, all of one shape `(m,)`, and returns the m values, elementwise. The inputs are its
parameters without a default, by their names; with `*x` there are as many as bounds: x1, x2, ... Samples are uniform on
the box of the bounds, as `experiments/data/synthetic.py` says.

Options:

    bounds    low..high for each input, with commas between; one pair holds for all inputs
    noise     standard deviation of Gaussian noise on the training and validation targets, >= 0
    sha256    of the file that the function is in; a file that has another is refused

Before the colon stands a file that ends in `.py`, or the name of a module that can be imported; the working directory
is looked into first. The file is run as Python runs it: give only files that you trust.
"""

import hashlib
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.modules import imported
from knobwise.experiments.data.problem import Array, Problem
from knobwise.experiments.data.spec import Spec

OPTIONS = ("bounds", "noise", "sha256")
_PROBED = 100  # points at which the function is asked once more, to see that it answers the same


def load(spec: Spec) -> Problem:
    """The problem of a function; `name` of what is returned has the SHA-256 of its file among the options.

    Raises:
        ValueError: there is no such function, an option is wrong, the file has changed, or the function's values are
            not ones to learn from; one line that says which.
    """
    for option in spec.options:
        if option not in OPTIONS:
            raise ValueError(f"problem {spec.source} takes the options {', '.join(OPTIONS)}, got {option}")
    module, _, name = spec.source.rpartition(":")
    function, file = imported(module, name)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    was = spec.options.get("sha256", digest)
    if was != digest:
        raise ValueError(
            f"the file {file} has changed since the study began: its SHA-256 is {digest} and was {was}; "
            f"put the old file back, or begin another study with --fresh"
        )
    label = f"function {name} of {module}"
    pairs = _bounds(spec)
    inputs = _inputs(label, function, len(pairs))
    if len(pairs) not in (1, len(inputs)):
        raise ValueError(
            f"bounds must be one pair low..high for each of {', '.join(inputs)}, or one for all, got {len(pairs)} pairs"
        )
    checked = _checked(label, function, inputs)
    problem = synthetic.regression(
        str(spec.having({"sha256": digest})),
        checked,
        pairs if len(pairs) == len(inputs) else pairs * len(inputs),
        inputs=inputs,
        output=next((free for free in ("y", "z", "value") if free not in inputs), f"{name}({', '.join(inputs)})"),
        noise=_number("noise", spec.options.get("noise", "0"), "a number"),
        about=label,
    )
    test = problem.test()
    _fit_to_learn(label, checked, inputs, test.X, test.y[:, 0])
    return problem._replace(test=lambda: test)  # the function may be slow, and the test part is the same each time


def _bounds(spec: Spec) -> list[tuple[float, float]]:
    """The pairs in the text of the option `bounds`.

    >>> _bounds(Spec("mine.py:f", {"bounds": "-1..1,0..1e3"}))
    [(-1.0, 1.0), (0.0, 1000.0)]
    """
    if "bounds" not in spec.options:
        raise ValueError(f"bounds must be given for {spec.source}: low..high for each input, such as -1..1,0..5")
    pairs = []
    for text in spec.options["bounds"].split(","):
        low, _, high = text.partition("..")
        pair = (
            _number("bounds", low, "low..high in numbers", text),
            _number("bounds", high, "low..high in numbers", text),
        )
        if not pair[0] < pair[1]:
            raise ValueError(f"bounds must be low..high with low < high, got {text!r}")
        if not math.isfinite(pair[1] - pair[0]):
            raise ValueError(f"bounds must be low..high with low < high, and high - low finite, got {text!r}")
        pairs.append(pair)
    return pairs


def _number(option: str, text: str, what: str, whole: str = "") -> float:
    """`text`, a part of the option's `whole`, as a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{option} must be {what}, got {whole or text!r}")
    return value


def _inputs(label: str, function: Callable[..., Any], bounds: int) -> tuple[str, ...]:
    """The names of the function's inputs: its parameters without a default."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have none
        raise ValueError(
            f"{label} must name its inputs, as def f(x, y) does, got one that Python cannot tell"
        ) from None
    needed = [each for each in parameters if each.default is each.empty]
    names: list[str] = []
    for each in needed:
        if each.kind is each.KEYWORD_ONLY:
            raise ValueError(f"{label} must take its inputs by position, got {each.name} by keyword alone")
        if each.kind is each.VAR_POSITIONAL:
            names += [f"{each.name}{i}" for i in range(1, bounds - len(names) + 1)]
        elif each.kind is not each.VAR_KEYWORD:
            names.append(each.name)
    if not names:
        raise ValueError(f"{label} must have an input, as def f(x) has, got a function of none")
    return tuple(names)


def _checked(label: str, function: Callable[..., Any], inputs: tuple[str, ...]) -> Callable[..., Array]:
    """The function, with its values checked at each call: float64 `(m,)`, all finite."""

    def checked(*columns: Array) -> Array:
        points = [np.array(column) for column in columns]  # its own: it may work in place
        values = _numbers(label, _called(label, function, points, inputs), columns[0].shape)
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise ValueError(
                f"{label} must return finite numbers, got {bad.size:,} of {values.size:,} that are not, "
                f"the first {values.flat[bad[0]]} at {_place(columns, inputs, bad[0])}"
            )
        return values

    return checked


def _called(label: str, function: Callable[..., Any], points: list[Array], inputs: tuple[str, ...]) -> Any:
    """What the function returns; where it raises, the point at which it does is looked for by halving."""
    kept = [column.copy() for column in points]
    raised = _raised(function, points)
    if not isinstance(raised, Exception):
        return raised
    while kept[0].size > 1:
        half = kept[0].size // 2
        for part in (slice(None, half), slice(half, None)):
            error = _raised(function, [column[part].copy() for column in kept])
            if isinstance(error, Exception):
                raised, kept = error, [column[part] for column in kept]
                break
        else:
            break  # each half can be computed
    if kept[0].size > 1 or not isinstance(_raised(function, [column[0] for column in kept]), Exception):
        raise ValueError(
            f"{label} must take arrays and work elementwise, as NumPy's functions do: "
            f"for {points[0].size:,} points at once it raised {_named(raised)}"
        )
    raise ValueError(f"{label} must have a value everywhere, at {_place(kept, inputs, 0)} it raised {_named(raised)}")


def _raised(function: Callable[..., Any], points: list[Array]) -> Any:
    """What the function returns, or the exception that it raises."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is told with its place
            return function(*points)
    except Exception as error:  # noqa: BLE001  the function is the user's: whatever it raises is told in one line
        return error


def _numbers(label: str, returned: Any, shape: tuple[int, ...]) -> Array:
    try:
        values = np.asarray(returned)
    except ValueError:  # lists of lists of several lengths
        values = np.asarray(None)
    if values.dtype.kind not in "biuf":
        got = f"an array of {values.dtype}" if isinstance(returned, np.ndarray) else f"{type(returned).__name__}"
        raise ValueError(f"{label} must return an array of numbers, got {got}")
    if values.shape != shape:
        raise ValueError(f"{label} must return the shape of each input, {shape} here, got {values.shape}")
    return values.astype(np.float64)


def _fit_to_learn(label: str, checked: Callable[..., Array], inputs: tuple[str, ...], X: Array, values: Array) -> None:
    """Refuse a constant function, and one whose value at a point is not the point's own."""
    if np.ptp(values) == 0:
        raise ValueError(f"{label} must not be constant, it is {values[0]:g} at all of {values.size:,} points")
    rows = np.linspace(0, len(X) - 1, _PROBED).astype(int)
    again = checked(*X[rows].T)
    other = np.flatnonzero(~np.isclose(again, values[rows], rtol=1e-6, atol=1e-9 * float(np.ptp(values))))
    if other.size:
        row = rows[other[0]]
        raise ValueError(
            f"{label} must give a point the same value each time, whatever the other points are, "
            f"got {values[row]:g} and then {again[other[0]]:g} at {_place(list(X.T), inputs, row)}"
        )


def _place(columns: Sequence[Array], inputs: tuple[str, ...], row: int) -> str:
    """The point in words: `x=1, y=0.5`."""
    return ", ".join(f"{name}={column.flat[row]:g}" for name, column in zip(inputs, columns, strict=True))


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
