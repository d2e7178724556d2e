"""Intervals and comparisons: against SciPy, against published tables, and properties for any numbers."""

import math
from collections.abc import Callable, Sequence
from statistics import fmean, stdev

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from knobwise.experiments.statistics import Comparison, dunnett, interval, paired, tied_with_best, unpaired

ERRORS = st.floats(1e-3, 1e3)
SAMPLES = st.lists(ERRORS, min_size=2, max_size=8).filter(lambda values: stdev(values) > 1e-9)

# Student's own data, 1908, page 13: additional hours of sleep gained by two drugs, ten patients.
DEXTRO = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
LAEVO = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


@given(SAMPLES)
def test_the_interval_is_scipys(values: list[float]) -> None:
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    got = interval(values)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)
    assert (got.mean, got.std, got.n) == (fmean(values), stdev(values), len(values))


def test_the_interval_by_the_table() -> None:
    # t(0.975, 4) = 2.7764 in any table; mean 3, variance 2.5
    got = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert got.high - got.mean == pytest.approx(2.7764 * math.sqrt(2.5 / 5), rel=1e-4)


@given(SAMPLES, st.floats(0.1, 10), st.floats(-10, 10))
def test_the_interval_goes_with_unit_and_zero(values: list[float], unit: float, zero: float) -> None:
    one, other = interval(values), interval([unit * value + zero for value in values])
    assert other[:4] == pytest.approx(
        [unit * one.mean + zero, unit * one.std, unit * one.low + zero, unit * one.high + zero], rel=1e-6, abs=1e-6
    )


def test_students_sleep() -> None:
    comparison = paired(DEXTRO, LAEVO)
    # Mean difference -1.58, t = -4.0621 with 9 degrees of freedom, interval [-2.46, -0.70] (R, example of t.test).
    assert comparison[:4] == pytest.approx((-1.58, -2.4598858, -0.7001142, 10), abs=1e-6)
    assert comparison.verdict == "better"
    welch = unpaired(DEXTRO, LAEVO)
    # t = -1.8608, 17.776 degrees of freedom, interval [-3.3655, 0.2055].
    assert welch[:4] == pytest.approx((-1.58, -3.3654832, 0.2054832, 10), abs=1e-6)
    assert welch.verdict == "not distinguishable"


@given(SAMPLES, SAMPLES)
def test_welch_is_scipys(a: list[float], b: list[float]) -> None:
    expected = scipy.stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    got = unpaired(a, b)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(ERRORS, ERRORS), min_size=2, max_size=8))
def test_swapping_the_two_reverses_the_verdict(pairs: list[tuple[float, float]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    turned = {"better": "worse", "worse": "better", "not distinguishable": "not distinguishable"}
    for compare in (paired, unpaired):
        one, other = compare(a, b), compare(b, a)
        assert other.verdict == turned[one.verdict]
        assert (other.low, other.high) == pytest.approx((-one.high, -one.low))


@pytest.mark.parametrize("compare", [paired, unpaired])
def test_values_that_do_not_vary(compare: Callable[[Sequence[float], Sequence[float]], Comparison]) -> None:
    assert compare([1.0, 1.0], [1.0, 1.0]).verdict == "not distinguishable"
    assert compare([1.0, 1.0], [2.0, 2.0]) == (-1.0, -1.0, -1.0, 2, "better")


def test_effects_of_shared_seeds_cancel() -> None:
    seeds = [0.0, 5.0, 1.0, 9.0, 3.0]
    a = [value + noise for value, noise in zip(seeds, (0.01, -0.01, 0.02, 0.0, -0.02), strict=True)]
    b = [value + 0.1 for value in seeds]
    assert paired(a, b).verdict == "better"
    assert unpaired(a, b).verdict == "not distinguishable"


@pytest.mark.parametrize("wrong", [[], [1.0], [1.0, math.inf], [1.0, math.nan]])
def test_too_few_values_or_not_numbers_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="values must be"):
        interval(wrong)
    for compare in (paired, unpaired):
        with pytest.raises(ValueError, match=r"^b must be"):
            compare([1.0, 2.0], wrong)
    with pytest.raises(ValueError, match="as many values as each other, got 2 and 3"):
        paired([1.0, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("comparisons", "df", "published"),
    [(1, 10, 1.81), (2, 10, 2.15), (4, 10, 2.47), (3, 20, 2.19), (5, 20, 2.39), (1, 5, 2.02), (5, 10**6, 2.23)],
)
def test_dunnetts_points_are_those_of_his_table(comparisons: int, df: int, published: float) -> None:
    assert dunnett(comparisons, df) == pytest.approx(published, abs=0.006)


@given(st.lists(st.tuples(ERRORS, ERRORS), min_size=2, max_size=8))
def test_two_keys_are_compared_by_a_one_sided_paired_t_of_the_logarithms(pairs: list[tuple[float, float]]) -> None:
    a, b = (np.log(values) for values in zip(*pairs, strict=True))
    assume(np.std(a - b) > 1e-6 and abs(fmean(np.exp(a)) - fmean(np.exp(b))) > 1e-6)
    p = float(scipy.stats.ttest_rel(a, b, alternative="greater" if a.mean() > b.mean() else "less").pvalue)
    assume(abs(p - 0.05) > 1e-3)
    lower_mean = 0 if fmean(np.exp(a)) < fmean(np.exp(b)) else 1
    lower_log = 0 if a.mean() < b.mean() else 1
    expected = {0, 1} if p > 0.05 else {lower_log, lower_mean}
    assert tied_with_best({0: np.exp(a).tolist(), 1: np.exp(b).tolist()}) == expected


def test_the_tied_by_hand() -> None:
    # Logarithms 0, 0 | d - e, d + e | 2, 2, of two seeds. Means of keys 0, d, 2, of seeds (2 + d -+ e) / 3. What is
    # left has the squares 2 (e/3)^2 + 2 (2e/3)^2 + 2 (e/3)^2 = 4/3 e^2, so s = sqrt(4/3 e^2 / 2). For 2 comparisons
    # and 2 degrees of freedom Dunnett's t is 3.80 (his table), so the limit is 3.80 s sqrt(2/2) = 3.10 e.
    def tied(d: float, e: float) -> set[int]:
        logarithms = {1: [0.0, 0.0], 2: [d - e, d + e], 3: [2.0, 2.0]}
        return tied_with_best({key: [math.exp(y) for y in each] for key, each in logarithms.items()})

    assert tied(0.300, 0.1) == {1, 2}
    assert tied(0.320, 0.1) == {1}
    assert tied(0.320, 0.7) == {1, 2, 3}


def test_with_one_seed_all_are_tied() -> None:
    assert tied_with_best({3: [1.0], 5: [100.0]}) == {3, 5}
    assert tied_with_best({}) == set()


@given(st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(ERRORS, min_size=n, max_size=n), min_size=1, max_size=6)))
def test_the_lowest_mean_is_always_among_the_tied(rows: list[list[float]]) -> None:
    values = dict(enumerate(rows))
    tied = tied_with_best(values)
    best = min(values, key=lambda key: fmean(values[key]))
    assert best in tied
    assert tied <= set(values)


@given(st.lists(st.lists(ERRORS, min_size=3, max_size=3), min_size=2, max_size=6), st.floats(0.1, 10))
def test_the_unit_of_the_errors_does_not_matter(rows: list[list[float]], unit: float) -> None:
    one = tied_with_best(dict(enumerate(rows)))
    assert tied_with_best({key: [unit * value for value in row] for key, row in enumerate(rows)}) == one


def test_a_perfect_fit_has_no_logarithm_and_is_accepted() -> None:
    assert 1 in tied_with_best({1: [0.0, 0.0], 2: [1.0, 2.0]})


def test_different_counts_of_seeds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a value for each seed, got \[2, 3\] values"):
        tied_with_best({1: [1.0, 2.0], 2: [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match=r"values of 2 must be >= 0, got -1.0"):
        tied_with_best({1: [1.0, 2.0], 2: [1.0, -1.0]})
    with pytest.raises(ValueError, match="values of 2 must be finite, got inf"):
        tied_with_best({1: [1.0, 2.0], 2: [1.0, math.inf]})


@pytest.mark.parametrize("same", [True, False])
def test_the_truly_best_is_among_the_tied_95_times_in_a_hundred(same: bool) -> None:
    """Ten configurations, five seeds, 500 times: equal in truth (the hardest), or a step apart. Lognormal errors."""
    random = np.random.default_rng(0)
    truth = np.zeros(10) if same else np.arange(10) * 0.5
    kept = 0
    for _ in range(500):
        draws = np.exp(truth[:, None] + 0.5 * random.normal(size=(10, 5)) + random.normal(size=5))
        kept += 0 in tied_with_best(dict(enumerate(draws.tolist())))
    assert kept / 500 > 0.95 - 3 * math.sqrt(0.05 * 0.95 / 500)
