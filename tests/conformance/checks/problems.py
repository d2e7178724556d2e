"""What every problem must do, one check each; a check is given the text that names the problem."""

from collections.abc import Callable

import numpy as np

from knobwise.experiments import problems
from knobwise.experiments.compat import adapted
from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Part, Problem
from knobwise.experiments.run import run

SEEDS = (0, 1, 7)
SHORT = RunConfig(
    n_samples=400,
    epochs=40,
    lr=0.005,
    schedule="cosine",
    widths=(32, 32),
    activation="silu",
    initializer="he_normal",
    optimizer="adam",
    batch_size=32,
)


def afresh(text: str) -> Problem:
    """The problem, loaded anew and not from the cache."""
    problems._LOADED.clear()
    return problems.load(text)


def size_of(problem: Problem) -> int:
    return min(300, problem.most or 300)


def rows_of(part: Part) -> set[bytes]:
    return {row.tobytes() for row in np.column_stack([part.X, part.y])}


def same(one: Part, other: Part) -> bool:
    return np.array_equal(one.X, other.X) and np.array_equal(one.y, other.y)


def parts_of(problem: Problem) -> list[Part]:
    return [problem.train(size_of(problem), 0), problem.val(0), problem.test()]


def named_in_full(text: str) -> None:
    problem = problems.load(text)
    assert problem.shown
    assert problem.about or text == "article"
    reloaded = afresh(problem.name)
    assert reloaded.name == problem.name
    assert all(map(same, parts_of(problem), parts_of(reloaded)))


def shapes_and_numbers(text: str) -> None:
    problem = problems.load(text)
    for part in parts_of(problem):
        assert len(part.X) == len(part.y) > 0
        assert part.X.shape[1] == len(problem.inputs) == len(set(problem.inputs))
        assert part.y.shape[1] == len(problem.outputs) == len(set(problem.outputs))
        for values in part:
            assert values.dtype == np.float64
            assert np.isfinite(values).all()
    assert np.ptp(problem.test().y, axis=0).min() > 0, "there is nothing to learn"


def a_seed_decides(text: str) -> None:
    problem, reloaded = problems.load(text), afresh(text)
    n = size_of(problem)
    for seed in SEEDS:
        assert same(problem.train(n, seed), reloaded.train(n, seed))
        assert same(problem.val(seed), reloaded.val(seed))
    drawn = [problem.train(n, seed) for seed in SEEDS]
    assert not any(same(drawn[0], other) for other in drawn[1:])
    assert same(problem.test(), reloaded.test())


def a_larger_sample_contains_the_smaller(text: str) -> None:
    problem = problems.load(text)
    n = size_of(problem)
    for seed in SEEDS:
        larger = problem.train(n, seed)
        for fewer in (2, n // 3, n - 1):
            smaller = problem.train(fewer, seed)
            assert len(smaller.X) == fewer
            assert same(smaller, Part(larger.X[:fewer], larger.y[:fewer]))


def no_row_is_in_two_parts(text: str) -> None:
    problem = problems.load(text)
    for seed in SEEDS:
        train = rows_of(problem.train(problem.most or 1000, seed))
        val, test = rows_of(problem.val(seed)), rows_of(problem.test())
        assert not train & val
        assert not train & test
        assert not val & test


def data_that_end_are_split_once(text: str) -> None:
    problem = problems.load(text)
    if problem.most is None:
        assert not same(problem.val(0), problem.val(1))
        return
    assert same(problem.val(0), problem.val(1))
    whole = [problem.train(problem.most, seed) for seed in SEEDS]
    assert rows_of(whole[0]) == rows_of(whole[1]) == rows_of(whole[2])


def a_grid_is_one(text: str) -> None:
    problem = problems.load(text)
    if problem.grid is None:
        return
    rows, columns = problem.grid
    X, y = problem.test()
    assert len(X) == rows * columns
    across, up = (X[:, i].reshape(rows, columns) for i in (0, 1))
    assert (across == across[0]).all()
    assert (np.diff(across[0]) > 0).all()
    assert (up == up[:, :1]).all()
    assert (np.diff(up[:, 0]) > 0).all()
    assert problem.surface is not None
    np.testing.assert_array_equal(problem.surface(X[:, 0], X[:, 1]), y[:, 0])


def classes_are_coded(text: str) -> None:
    problem = problems.load(text)
    if not problem.classes:
        return
    assert problem.target
    assert list(problem.classes) == sorted(set(problem.classes))
    k = len(problem.classes)
    assert problem.outputs == (problem.classes if k > 2 else problem.classes[1:])
    for part in parts_of(problem):
        assert set(np.unique(part.y)) == {0.0, 1.0}
        if k > 2:
            assert (part.y.sum(axis=1) == 1).all()
            assert (part.y.sum(axis=0) > 0).all(), "a class is missing"


def a_short_training_beats_the_constant(text: str) -> None:
    """The constant is the mean of the training targets: for classes, their frequencies.

    Nothing is selected by the validation part: the best of 30 scores can beat the constant by chance.
    """
    problem = problems.load(text)
    config = adapted(SHORT, problem)
    train, val = problem.train(config.n_samples, config.seed), problem.val(config.seed)
    constant = float(np.mean((val.y - train.y.mean(axis=0)) ** 2))
    outcome = run(problem, config, pictures=False)
    assert outcome.status == "complete"
    assert outcome.problem == problem.name
    assert outcome.metrics["val_mse"] < 0.8 * constant


CHECKS: list[Callable[[str], None]] = [
    named_in_full,
    shapes_and_numbers,
    a_seed_decides,
    a_larger_sample_contains_the_smaller,
    no_row_is_in_two_parts,
    data_that_end_are_split_once,
    a_grid_is_one,
    classes_are_coded,
    a_short_training_beats_the_constant,
]
