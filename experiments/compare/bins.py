"""The values of a knob as a few labelled groups, at round numbers, so that they can head a table."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.text import shown

Numbers = NDArray[np.float64]
Codes = NDArray[np.intp]

DECADE = 10.0  # times: a knob whose values span more is cut into factors, not into differences
_SERIES = ((1, 2, 5), (1, 3), (1,))  # round numbers between two powers of ten
_STEPS = (1.0, 2.0, 2.5, 5.0)


def grouped(values: "pd.Series[Any]", most: int = 8) -> "pd.Series[Any]":
    """The group of each value: a categorical series, its categories in order and labelled.

    A number with at most `most` different values keeps them. With more, it is cut at round numbers: where its values
    span a decade or more at 1, 2, 5, 10, ..., or less finely; otherwise at even steps. A bin holds its lower bound and
    not its upper: `0.001 to 0.002`; of whole numbers the label names the first and the last: `500 to 999`. Zeros, which
    are no part of a scale by factors and often mean "without", are a group of their own there. Texts and widths stay
    as they are.

    Args:
        values: one a trial.
        most: how many groups there may be, >= 1, that of zeros not counted.

    >>> list(grouped(pd.Series([0.0011, 0.004, 0.0004, 0.0005, 0.006, 0.0002, 0.0003, 0.0007, 0.003])).cat.categories)
    ['0.0002 to 0.0005', '0.0005 to 0.001', '0.001 to 0.002', '0.002 to 0.005', '0.005 to 0.01']
    >>> list(grouped(pd.Series([(64, 64), (), (8,)])).cat.categories)
    ['none', '8', '64-64']
    """
    codes, labels = _groups(values, most)
    groups = pd.Categorical.from_codes(codes, pd.Index(labels), ordered=True)
    return pd.Series(groups, values.index, name=values.name)


def _groups(values: "pd.Series[Any]", most: int) -> tuple[Codes, list[str]]:
    """The number of each value's group, -1 where it is missing, and the groups' labels."""
    if values.dtype == object or not pd.api.types.is_numeric_dtype(values):
        return _named(values)
    numbers = values.to_numpy(np.float64, na_value=math.nan)
    different = np.unique(numbers[np.isfinite(numbers)])
    missing = ~np.isfinite(numbers)
    if len(different) <= most:
        return np.where(missing, -1, np.searchsorted(different, numbers)), _plain(different)
    whole = pd.api.types.is_integer_dtype(values)
    apart = bool(different[0] == 0 and different[-1] >= DECADE * different[1])
    low, high = float(different[int(apart)]), float(different[-1])
    wide = low > 0 and high >= DECADE * low
    edges = _by_factors(low, high, most) if wide else _by_steps(low, high, most, whole)
    codes = np.searchsorted(np.array(edges), numbers, side="right") - (0 if apart else 1)
    labels = ["0"] * apart + [_label(start, end, whole) for start, end in itertools.pairwise(edges)]
    return np.where(missing, -1, codes), labels


def _named(values: "pd.Series[Any]") -> tuple[Codes, list[str]]:
    """Texts in the order of the alphabet; widths by depth, then by the first layer that differs."""
    present = sorted(set(values.dropna()), key=lambda value: (len(value), value) if isinstance(value, tuple) else value)
    place = {value: code for code, value in enumerate(present)}
    return np.array([place.get(value, -1) for value in values], np.intp), [shown(value) for value in present]


def _plain(numbers: Numbers) -> list[str]:
    """With six digits, or as many more as keep them apart."""
    for digits in range(6, 18):
        labels = [f"{number:.{digits}g}" for number in numbers]
        if len(set(labels)) == len(labels):
            break
    return labels


def _by_factors(low: float, high: float, most: int) -> list[float]:
    """The finest round numbers around [low, high] that make at most `most` bins."""
    for edges in map(list, _scales(low, high)):
        if len(edges) - 1 <= most:
            return edges
    raise AssertionError("one bin of enough decades holds any range")


def _scales(low: float, high: float) -> Iterator[list[float]]:
    first, last = math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1
    for series in _SERIES:
        yield _around([float(f"{digit}e{power}") for power in range(first, last + 1) for digit in series], low, high)
    for stride in itertools.count(2):
        powers = range(first // stride * stride, last + 2 * stride, stride)
        yield _around([float(f"1e{power}") for power in powers], low, high)


def _around(edges: list[float], low: float, high: float) -> list[float]:
    """Those of `edges` from the last that is at most `low` to the first that is above `high`."""
    start = max(i for i, edge in enumerate(edges) if edge <= low)
    end = min(i for i, edge in enumerate(edges) if edge > high)
    return edges[start : end + 1]


def _by_steps(low: float, high: float, most: int, whole: bool) -> list[float]:
    """The finest even steps of a round size around [low, high] that make at most `most` bins."""
    power = math.floor(math.log10((high - low) / most)) - 1
    for exponent in itertools.count(max(power, 0) if whole else power):
        for digit in _STEPS:
            step = digit * 10.0**exponent
            if whole and not step.is_integer():
                continue
            places = range(math.floor(low / step) - 1, math.floor(high / step) + 3)
            edges = _around([round(place * step, max(0, 2 - exponent)) for place in places], low, high)
            if len(edges) - 1 <= most:
                return edges
    raise AssertionError("one step that is long enough holds any range")


def _label(start: float, end: float, whole: bool) -> str:
    if not whole:
        return f"{start:g} to {end:g}"
    return f"{start:.0f}" if end - start == 1 else f"{start:.0f} to {end - 1:.0f}"
