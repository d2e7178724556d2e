"""Statistics of few runs: the interval of a mean over seeds, and whether one configuration is better than another.

A run with another seed has other initial weights and another sample, and so another error. So an error is a draw from a
distribution, and two configurations are compared by the means of theirs, estimated from a few draws. All functions are
pure functions of numbers; lower is better.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Literal, NamedTuple

import numpy as np

Verdict = Literal["better", "worse", "not distinguishable"]
"""Of a against b: better where a's mean is lower; "not distinguishable" where the difference is not significant."""

LEVEL = 0.95
"""The coverage of intervals."""


class Interval(NamedTuple):
    """The mean of n values with its 95% interval.

    Attributes:
        mean: of the values.
        std: their sample standard deviation.
        low, high: the bounds of the interval.
        n: number of values.
    """

    mean: float
    std: float
    low: float
    high: float
    n: int


class Comparison(NamedTuple):
    """a compared with b.

    Attributes:
        difference: the mean of a - b.
        low, high: the bounds of its 95% interval.
        n: number of values.
        verdict: of a against b.
    """

    difference: float
    low: float
    high: float
    n: int
    verdict: Verdict


def interval(values: Sequence[float]) -> Interval:
    """The 95% interval for the mean of n >= 2 independent values, by Student's t:

        mean -+ t(0.975, n - 1) std / sqrt(n)

    Exact where values are normal. Errors of trainings are skewed to the right, which lowers the coverage a little: 93
    to 95% for 5 seeds in 40 configurations of short trainings (docs/statistics.md). For a lognormal with sigma 0.5 it
    would be 91.5%, with sigma 0.8 86.5%.

    Student (W. S. Gosset), The probable error of a mean, Biometrika 6, 1908.

    Raises:
        ValueError: fewer than two values, or one that is not finite.

    >>> [round(bound, 3) for bound in interval([1.0, 2.0, 3.0])]
    [2.0, 1.0, -0.484, 4.484, 3]
    """
    _check("values", values)
    mean, std = fmean(values), stdev(values)
    half = _t(len(values) - 1) * std / math.sqrt(len(values))
    return Interval(mean, std, mean - half, mean + half, len(values))


def paired(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """a against b where a[i] and b[i] have the same seed: Student's t on the differences.

    Runs with the same seed have the same sample and, where the structure is the same, the same initial weights; effects
    of these on both cancel in the difference, which therefore has a narrower interval than either mean.

    Raises:
        ValueError: different counts of values, fewer than two, or one that is not finite.

    >>> paired([1.0, 2.0, 3.0], [1.6, 2.5, 3.7]).verdict
    'better'
    >>> unpaired([1.0, 2.0, 3.0], [1.6, 2.5, 3.7]).verdict
    'not distinguishable'
    """
    _check("a", a)
    _check("b", b)
    if len(a) != len(b):
        raise ValueError(f"a and b must have as many values as each other, got {len(a)} and {len(b)}")
    difference = interval([x - y for x, y in zip(a, b, strict=True)])
    return _comparison(difference.mean, difference.high - difference.mean, len(a))


def unpaired(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """a against b without common seeds, with different variances: Welch's t.

        v_a = var(a) / n_a,    df = (v_a + v_b)^2 / (v_a^2 / (n_a - 1) + v_b^2 / (n_b - 1))

    `n` of the result is the smaller of the two counts. B. L. Welch, The generalization of "Student's" problem when
    several different population variances are involved, Biometrika 34, 1947.

    Raises:
        ValueError: fewer than two values of either, or one that is not finite.
    """
    _check("a", a)
    _check("b", b)
    v_a, v_b = stdev(a) ** 2 / len(a), stdev(b) ** 2 / len(b)
    half = 0.0
    if v_a + v_b > 0:
        share = v_a / (v_a + v_b)  # so that squares of small variances do not underflow
        df = 1 / (share**2 / (len(a) - 1) + (1 - share) ** 2 / (len(b) - 1))
        half = _t(df) * math.sqrt(v_a + v_b)
    return _comparison(fmean(a) - fmean(b), half, min(len(a), len(b)))


def tied_with_best(values: Mapping[int, Sequence[float]]) -> set[int]:
    """The keys tied with the best: the one with the lowest mean, and those not distinguishable from it.

    Hsu's multiple comparisons with the best, on the logarithms, with the seeds as blocks: of m keys with n seeds each,
    y = log(value), key i is tied where

        mean_i - mean_best <= d s sqrt(2 / n),    s^2 = sum (y_is - mean_i - mean_s + mean)^2 / ((m - 1)(n - 1))

    with d the one-sided 5% point of Dunnett's t for m - 1 comparisons. So the key that is truly best is in the result
    with a probability of 95%, whichever key has the lowest mean by chance.

    It assumes that a seed multiplies the errors of all keys by the same factor (a hard sample is hard for all), and
    that the remaining variation is about the same for every key. Measured on trainings: docs/statistics.md. Where one
    half of the keys varies five times as much as the other, the probability falls to 85%.

    A paired t for each key with Bonferroni's correction needs no common s, but has n - 1 degrees of freedom instead of
    (m - 1)(n - 1): with 3 seeds and 30 keys it has almost no power.

    J. C. Hsu, Constrained simultaneous confidence intervals for multiple comparisons with the best, Annals of
    Statistics 12, 1984. C. W. Dunnett, A multiple comparison procedure for comparing several treatments with a
    control, JASA 50, 1955.

    Args:
        values: by key (a trial's number), its error for each seed, >= 0, the same seeds in the same order for all.

    Returns:
        Keys of `values`, the one with the lowest mean always among them; all of them where there is one seed only.

    Raises:
        ValueError: keys with different counts of values, no value, or one that is negative or not finite.

    >>> sorted(tied_with_best({1: [1.0, 1.1, 1.2, 1.1], 2: [1.1, 1.0, 1.2, 1.2], 3: [5.0, 5.2, 5.1, 5.1]}))
    [1, 2]
    """
    counts = {len(of_key) for of_key in values.values()}
    if len(counts) > 1 or 0 in counts:
        raise ValueError(f"every key must have a value for each seed, got {sorted(counts)} values")
    for key, of_key in values.items():
        _check(f"values of {key}", of_key, least=1)
        if min(of_key) < 0:
            raise ValueError(f"values of {key} must be >= 0, got {min(of_key)}")
    m, n = len(values), max(counts, default=0)
    if m < 2 or n < 2:
        return set(values)
    y = np.log(np.maximum(np.array(list(values.values()), np.float64), np.finfo(np.float64).tiny))
    means = y.mean(axis=1)
    residuals = y - means[:, None] - y.mean(axis=0) + y.mean()
    s = math.sqrt(float((residuals**2).sum()) / ((m - 1) * (n - 1)))
    tied_keys = means - means.min() <= dunnett(m - 1, (m - 1) * (n - 1)) * s * math.sqrt(2 / n)
    lowest = min(values, key=lambda key: fmean(values[key]))
    return {key for key, tied in zip(values, tied_keys, strict=True) if tied} | {lowest}


@functools.lru_cache(256)
def dunnett(comparisons: int, df: int) -> float:
    """The one-sided 5% point of Dunnett's t: the 95% quantile of the largest of several t with one control.

    The d of P(max_i (z_i - z_0) / sqrt(2) <= d s) = 0.95 with z normal and df s^2 chi squared: given z_0 and s that is
    Phi(z_0 + sqrt(2) d s)^comparisons, averaged over both, and solved for d by bisection.

    Args:
        comparisons: >= 1.
        df: degrees of freedom of s, >= 1.

    >>> round(dunnett(4, 10), 2)  # Dunnett's own table has 2.47
    2.47
    """
    from scipy.special import chdtri, ndtr

    z, weights = np.polynomial.hermite_e.hermegauss(64)
    s = np.sqrt(chdtri(df, 1 - (np.arange(400) + 0.5) / 400) / df)[:, None]
    low, high = 0.0, 1000.0
    while high - low > 1e-6 * high:
        d = (low + high) / 2
        below = float(np.mean(ndtr(z + math.sqrt(2) * d * s) ** comparisons @ weights) / weights.sum())
        low, high = (d, high) if below < LEVEL else (low, d)
    return high


def _comparison(difference: float, half: float, n: int) -> Comparison:
    low, high = difference - half, difference + half
    verdict: Verdict = "better" if high < 0 else "worse" if low > 0 else "not distinguishable"
    return Comparison(difference, low, high, n, verdict)


def _t(df: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + LEVEL) / 2))


def _check(name: str, values: Sequence[float], least: int = 2) -> None:
    if len(values) < least:
        raise ValueError(f"{name} must be at least {least} numbers, got {len(values)}")
    wrong = [value for value in values if not math.isfinite(value)]
    if wrong:
        raise ValueError(f"{name} must be finite, got {wrong[0]}")
