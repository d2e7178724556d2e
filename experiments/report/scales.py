"""Axes: where a value stands between the ends of a scale, linear or logarithmic, and which values get a tick."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

WIDE = 8.0  # times: numbers > 0 that span more are shown on a log scale


class Scale(NamedTuple):
    """An axis.

    Attributes:
        low, high: the values at its two ends.
        log: whether it is logarithmic.
    """

    low: float
    high: float
    log: bool = False

    def at(self, values: ArrayLike) -> Array:
        """Where `values` stand: 0 at the low end, 1 at the high end.

        >>> Scale(1.0, 100.0, log=True).at([1.0, 10.0, 100.0]).tolist()
        [0.0, 0.5, 1.0]
        """
        numbers = np.asarray(values, np.float64)
        low, high = self.low, self.high
        if self.log:
            numbers, low, high = np.log(np.maximum(numbers, 1e-300)), math.log(low), math.log(high)
        return np.asarray((numbers - low) / (high - low))

    def value(self, share: ArrayLike) -> Array:
        """The inverse of `at`."""
        shares = np.asarray(share, np.float64)
        if not self.log:
            return np.asarray(self.low + shares * (self.high - self.low))
        return np.asarray(np.exp(math.log(self.low) + shares * (math.log(self.high) - math.log(self.low))))

    def ticks(self, gap: float) -> list[float]:
        """Round values on the scale, as many as there is room for.

        Args:
            gap: the least distance between two of them, as a share of the scale's length.

        >>> Scale(0.0001, 0.003, log=True).ticks(0.15)
        [0.0001, 0.0002, 0.0005, 0.001, 0.002]
        >>> Scale(0.0, 8000.0).ticks(0.2)
        [0.0, 2000.0, 4000.0, 6000.0, 8000.0]
        """
        choices = _log_ticks(self.low, self.high) if self.log else []
        roomy = [ticks for ticks in choices if len(ticks) > 1 and np.diff(self.at(ticks)).min() >= gap]
        even = [tick for tick in _even_ticks(self.low, self.high, gap) if not self.log or tick > 0]
        if roomy or not self.log:
            return roomy[0] if roomy else even
        return [even[0], even[-1]] if len(even) > 1 else even  # less than a decade, with hardly a round number in it


def scale_of(values: ArrayLike, *, log: bool | None = None, margin: float = 0.05) -> Scale:
    """A scale on which all finite `values` fit.

    Args:
        values: to be shown.
        log: whether it is logarithmic; None for where they are > 0 and span more than `WIDE` times.
        margin: room beyond the outermost values, as a share of their span.
    """
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if log:
        finite = finite[finite > 0]
    if not finite.size:
        return Scale(1.0, 10.0, log=True) if log else Scale(0.0, 1.0)
    low, high = float(finite.min()), float(finite.max())
    if log is None:
        log = low > 0 and high / low > WIDE
    if low == high:
        low, high = (low / 1.5, high * 1.5) if log else (low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2)
    wider = Scale(low, high, log).value([-margin, 1 + margin])
    return Scale(float(wider[0]), float(wider[1]), log)


def _log_ticks(low: float, high: float) -> list[list[float]]:
    """Ever fewer ticks: 1, 2 and 5 of each decade; 1 and 3; 1; 1 of every second decade, and so on."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    digits = [(decades, (1, 2, 5)), (decades, (1, 3)), (decades, (1,))]
    digits += [(range(decades.start - decades.start % step, decades.stop, step), (1,)) for step in (2, 3, 5, 10, 50)]
    ticks_of = [[digit * 10.0**power for power in powers for digit in each] for powers, each in digits]
    return [[float(f"{tick:.12g}") for tick in ticks if low <= tick <= high] for ticks in ticks_of]


def _even_ticks(low: float, high: float, gap: float) -> list[float]:
    least = (high - low) * gap
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * digit for digit in (1, 2, 5, 10, 20) if power * digit >= least * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{step * i:.12g}") for i in range(first, last + 1)]
