"""The user's own function as a problem: `mine.py:surface?bounds=-1..1,0..5`.

    def surface(x, y):
        return np.sin(x) * y

It gets an array for each input, all of the same shape `(m,)`, and returns the m values, elementwise. The inputs are its
parameters without a default, by their names; with `*x` there are as many as bounds: x1, x2, ... Samples are uniform
within the bounds (see `experiments/data/synthetic.py`).

Options:

    bounds    low..high for each input, with commas between; one pair holds for all inputs
    noise     standard deviation of Gaussian noise on the training and validation targets, >= 0
    sha256    of the function's file; a file with another one is refused

Before the colon is a file that ends in `.py`, or the name of a module that can be imported, from the working directory
first. The file is executed: use only files that you trust.
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
_PROBED = 100  # points at which the function is evaluated twice, to check that its values are the same


def load(spec: Spec) -> Problem:
    """The problem of a function; the options in its `name` include the SHA-256 of the function's file.

    Raises:
        ValueError: there is no such function, an option is wrong, the file has changed, or the function's values
            cannot be learned; one line that says which.
    """
    for option in spec.options:
        if option not in OPTIONS:
            raise ValueError(f"problem {spec.source} takes the options {', '.join(OPTIONS)}, got {option}")
    module, _, name = spec.source.rpartition(":")
    function, file = imported(module, name)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    recorded = spec.options.get("sha256", digest)
    if recorded != digest:
        raise ValueError(
            f"the file {file} has changed since the study began: its SHA-256 is {digest} and was {recorded}; "
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
    _check_values(label, checked, inputs, test.X, test.y[:, 0])
    return problem._replace(test=lambda: test)  # the function may be slow, and the test part does not change


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
    except (TypeError, ValueError):  # some built-in functions have no signature
        raise ValueError(f"{label} must name its inputs, as def f(x, y) does, got one without a signature") from None
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
        points = [np.array(column) for column in columns]  # copies: the function may work in place
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
    """The function's values; where it raises, the point at which it does is found by bisection."""
    remaining = [column.copy() for column in points]
    result = _value_or_error(function, points)
    if not isinstance(result, Exception):
        return result
    while remaining[0].size > 1:
        half = remaining[0].size // 2
        for part in (slice(None, half), slice(half, None)):
            error = _value_or_error(function, [column[part].copy() for column in remaining])
            if isinstance(error, Exception):
                result, remaining = error, [column[part] for column in remaining]
                break
        else:
            break  # each half can be computed
    scalars = [column[0] for column in remaining]
    if remaining[0].size > 1 or not isinstance(_value_or_error(function, scalars), Exception):
        raise ValueError(
            f"{label} must take arrays and work elementwise, as NumPy's functions do: "
            f"for {points[0].size:,} points at once it raised {_named(result)}"
        )
    place = _place(remaining, inputs, 0)
    raise ValueError(f"{label} must have a value everywhere, at {place} it raised {_named(result)}")


def _value_or_error(function: Callable[..., Any], points: list[Array]) -> Any:
    """What the function returns, or the exception that it raises."""
    try:
        with np.errstate(all="ignore"):  # a value that is not finite is reported with its point
            return function(*points)
    except Exception as error:  # noqa: BLE001  the user's function: any exception is reported in one line
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


def _check_values(label: str, checked: Callable[..., Array], inputs: tuple[str, ...], X: Array, values: Array) -> None:
    """Refuse a constant function, and one whose value at a point depends on the call or on other points."""
    if np.ptp(values) == 0:
        raise ValueError(f"{label} must not be constant, it is {values[0]:g} at all of {values.size:,} points")
    rows = np.linspace(0, len(X) - 1, _PROBED).astype(int)
    repeated = checked(*X[rows].T)
    changed = np.flatnonzero(~np.isclose(repeated, values[rows], rtol=1e-6, atol=1e-9 * float(np.ptp(values))))
    if changed.size:
        row = rows[changed[0]]
        raise ValueError(
            f"{label} must give a point the same value each time, whatever the other points are, "
            f"got {values[row]:g} and then {repeated[changed[0]]:g} at {_place(list(X.T), inputs, row)}"
        )


def _place(columns: Sequence[Array], inputs: tuple[str, ...], row: int) -> str:
    """The point of a row as text: `x=1, y=0.5`."""
    return ", ".join(f"{name}={column.flat[row]:g}" for name, column in zip(inputs, columns, strict=True))


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
