"""Splits: no row in two parts, classes in proportion, groups whole, time in order, samples nested, all repeatable."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knobwise.experiments.data.tables import splitting
from knobwise.experiments.data.tables.arrays import from_arrays
from knobwise.experiments.data.tables.splitting import Split

SEEDS = st.integers(0, 2**32 - 1)
FRACTIONS = st.floats(0.01, 0.5)


def check_parts(split: Split, rows: int) -> None:
    assert all(part.size for part in split)
    assert sorted(np.concatenate(split).tolist()) == list(range(rows))


@settings(max_examples=50)
@given(rows=st.integers(20, 300), fraction=FRACTIONS, seed=SEEDS)
def test_plain(rows: int, fraction: float, seed: int) -> None:
    split = splitting.plain(rows, fraction, seed)
    check_parts(split, rows)
    assert abs(split.test.size - fraction * rows) < 1
    assert abs(split.val.size - fraction * (rows - split.test.size)) < 1
    repeated = splitting.plain(rows, fraction, seed)
    assert all(np.array_equal(one, other) for one, other in zip(split, repeated, strict=True))


@settings(max_examples=50)
@given(counts=st.lists(st.integers(3, 80), min_size=2, max_size=6), fraction=FRACTIONS, seed=SEEDS)
def test_stratified(counts: list[int], fraction: float, seed: int) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    if labels.size < splitting.FEWEST_ROWS:
        return
    names = [str(label) for label in range(len(counts))]
    split = splitting.stratified(labels, names, fraction, seed)
    check_parts(split, labels.size)
    for label, count in enumerate(counts):
        in_train, in_val, in_test = (int((labels[part] == label).sum()) for part in split)
        assert min(in_train, in_val, in_test) >= 1
        assert abs(in_test - fraction * count) <= 1
        assert abs(in_val - fraction * (count - in_test)) <= 1


@settings(max_examples=50)
@given(groups=st.lists(st.integers(0, 12), min_size=20, max_size=120), fraction=FRACTIONS, seed=SEEDS)
def test_grouped(groups: list[int], fraction: float, seed: int) -> None:
    found, codes = np.unique(groups, return_inverse=True)
    if found.size < 3:
        return
    split = splitting.grouped(codes, "who", fraction, seed)
    check_parts(split, len(groups))
    groups_of_parts = [set(codes[part].tolist()) for part in split]
    assert sum(len(part) for part in groups_of_parts) == found.size
    largest = int(np.bincount(codes).max())
    assert split.test.size - fraction * len(groups) <= largest


@settings(max_examples=50)
@given(times=st.lists(st.integers(0, 30), min_size=20, max_size=120), fraction=FRACTIONS)
def test_by_time(times: list[int], fraction: float) -> None:
    moments = np.array(times, dtype=np.float64)
    if np.unique(moments).size < 3:
        return
    split = splitting.by_time(moments, "day", fraction)
    check_parts(split, moments.size)
    assert moments[split.train].max() < moments[split.val].min()
    assert moments[split.val].max() < moments[split.test].min()


def test_times_that_all_differ_are_cut_at_the_fractions() -> None:
    split = splitting.by_time(np.random.default_rng(0).permutation(100).astype(np.float64), "day", 0.2)
    assert [part.size for part in split] == [64, 16, 20]


@pytest.mark.parametrize(
    "split",
    [
        lambda seed: splitting.plain(100, 0.2, seed),
        lambda seed: splitting.stratified(np.arange(100) % 3, "abc", 0.2, seed),
        lambda seed: splitting.grouped(np.arange(100) % 20, "who", 0.2, seed),
    ],
)
def test_another_seed_is_another_split(split: Callable[[int], Split]) -> None:
    assert split(0).test.tolist() == split(0).test.tolist()
    assert split(0).test.tolist() != split(1).test.tolist()


def test_samples_are_nested_and_repeatable() -> None:
    X = np.arange(400.0).reshape(200, 2)
    problem = from_arrays("a", "a", X, X[:, 0], ("p", "q"))
    assert problem.most == 128
    whole = problem.train(128, 5)
    for n in (1, 10, 127):
        part = problem.train(n, 5)
        np.testing.assert_array_equal(part.X, whole.X[:n])
        np.testing.assert_array_equal(part.y, whole.y[:n])
    assert problem.train(128, 6).X.tolist() != whole.X.tolist()
    assert sorted(problem.train(128, 6).X[:, 0]) == sorted(whole.X[:, 0])
    seen = [*whole.X[:, 0], *problem.val(0).X[:, 0], *problem.test().X[:, 0]]
    assert sorted(seen) == sorted(X[:, 0])
    np.testing.assert_array_equal(problem.val(0).X, problem.val(1).X)
    with pytest.raises(ValueError, match=r"n must be from 1 to 128"):
        problem.train(129, 0)
    with pytest.raises(ValueError, match="read-only"):
        whole.X[0, 0] = 1.0


def test_arrays_of_classes_and_of_several_targets() -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    two = from_arrays("a", "a", X, np.arange(60) % 2, ("p", "q"), classes=("no", "yes"), target="paid")
    assert (two.outputs, two.classes, two.target) == (("yes",), ("no", "yes"), "paid")
    assert set(two.train(30, 0).y.ravel()) == {0.0, 1.0}
    three = from_arrays("a", "a", X, np.arange(60) % 3, ("p", "q"), classes=("a", "b", "c"))
    assert three.outputs == three.classes
    assert (three.test().y.sum(axis=1) == 1).all()
    both = from_arrays("a", "a", X, X * 2, ("p", "q"), target="z")
    assert both.outputs == ("z1", "z2")
    np.testing.assert_array_equal(both.val(0).y, both.val(0).X * 2)
    for y, classes, message in (
        (np.arange(59), (), r"one row for each of the 60 rows of X, got shape \(59,\)"),
        (np.full(60, np.nan), (), r"must hold finite numbers"),
        (np.arange(60) % 3, ("a", "b"), r"the class of each row, 0 to 1"),
    ):
        with pytest.raises(ValueError, match=message):
            from_arrays("a", "a", X, y, ("p", "q"), classes=classes)
    with pytest.raises(ValueError, match=r"one column for each of the 3 inputs"):
        from_arrays("a", "a", X, X, ("p", "q", "r"))
