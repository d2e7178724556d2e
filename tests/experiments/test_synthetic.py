"""Samples from formulas: known values of each, the bounds, the noise, and what noise does not change."""

import numpy as np
import pytest

from knobwise.experiments import problems
from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem
from knobwise.experiments.problems import article, branin, franke, friedman1, friedman2, friedman3, rosenbrock
from knobwise.experiments.problems.spirals import spiral
from knobwise.experiments.problems.two_moons import moon


def plane(noise: float = 0.0) -> Problem:
    return synthetic.regression(
        "plane", lambda x, y: 2 * x + y, [(-1.0, 1.0), (0.0, 5.0)], inputs=("x", "y"), output="z", noise=noise
    )


def test_inputs_are_uniform_on_the_box() -> None:
    X = plane().train(20_000, 3).X
    np.testing.assert_allclose(X.min(axis=0), [-1, 0], atol=0.002)
    np.testing.assert_allclose(X.max(axis=0), [1, 5], atol=0.002)
    np.testing.assert_allclose(X.mean(axis=0), [0, 2.5], atol=0.05)
    np.testing.assert_allclose(X.std(axis=0), np.array([2, 5]) / np.sqrt(12), rtol=0.02)


def test_the_draw_is_numpys_own_for_the_seed() -> None:
    expected = np.random.default_rng(4).uniform([-1, 0], [1, 5], (50, 2))
    np.testing.assert_array_equal(plane().train(50, 4).X, expected)


def test_noise_has_its_own_random_stream() -> None:
    errors = (plane(noise=0.5).train(50, 4).y - plane().train(50, 4).y)[:, 0]
    np.testing.assert_allclose(errors, 0.5 * np.random.default_rng([4, 3]).standard_normal(50), atol=1e-12)


def test_the_articles_surface_is_sampled_as_the_article_does() -> None:
    made = synthetic.regression("a", article.surface, [(-10, 10), (-10, 10)], inputs=("X", "Y"), output="Z")
    own = problems.load("article")
    for one, other in ((made.train(30, 2), own.train(30, 2)), (made.val(2), own.val(2)), (made.test(), own.test())):
        np.testing.assert_array_equal(one.X, other.X)
        np.testing.assert_allclose(one.y, other.y, rtol=1e-12)


def test_noise_is_on_the_targets_of_training_and_validation_alone() -> None:
    clean, noisy = plane(), plane(noise=0.5)
    for name, one, other in (
        ("train", clean.train(4000, 0), noisy.train(4000, 0)),
        ("val", clean.val(0), noisy.val(0)),
    ):
        np.testing.assert_array_equal(one.X, other.X, err_msg=name)
        errors = other.y - one.y
        assert abs(errors.mean()) < 0.05
        assert errors.std() == pytest.approx(0.5, rel=0.05)
    np.testing.assert_array_equal(noisy.test().y, clean.test().y)
    np.testing.assert_array_equal(clean.test().y[:, 0], 2 * clean.test().X[:, 0] + clean.test().X[:, 1])


def test_the_noise_of_training_is_not_that_of_validation_nor_of_another_seed() -> None:
    clean, noisy = plane(), plane(noise=1.0)
    train = (noisy.train(2000, 0).y - clean.train(2000, 0).y)[:, 0]
    other = (noisy.train(2000, 1).y - clean.train(2000, 1).y)[:, 0]
    val = (noisy.val(0).y - clean.val(0).y)[:, 0]
    assert np.abs(np.corrcoef([train, other, val]) - np.eye(3)).max() < 0.1


def test_a_surface_is_tested_on_a_grid_with_its_edges() -> None:
    test = plane().test()
    assert plane().grid == (100, 100)
    np.testing.assert_array_equal(test.X[[0, 99, -1]], [[-1, 0], [1, 0], [1, 5]])
    three = synthetic.regression("t", lambda x, y, z: x, [(0, 1)] * 3, inputs=("x", "y", "z"))
    assert (three.grid, three.surface, three.test().X.shape) == (None, None, (10_000, 3))


def test_noise_about_curves_moves_points_and_not_labels() -> None:
    still, moved = problems.load("two_moons?noise=0"), problems.load("two_moons?noise=0.1")
    away = moved.test().X - still.test().X
    assert away.std(axis=0) == pytest.approx([0.1, 0.1], rel=0.05)
    np.testing.assert_array_equal(moved.test().y, still.test().y)


@pytest.mark.parametrize(("text", "classes"), [("two_moons", 2), ("spirals?arms=3", 3), ("spirals?arms=12", 12)])
def test_classes_are_even(text: str, classes: int) -> None:
    y = problems.load(text).train(12 * 5, 0).y
    counts = [y.sum(), len(y) - y.sum()] if classes == 2 else y.sum(axis=0)
    assert list(counts) == [60 / classes] * classes


def test_moons_are_half_circles_that_reach_into_each_other() -> None:
    still = problems.load("two_moons?noise=0").test()
    upper = still.y[:, 0] == 1
    outer, inner = still.X[upper], still.X[~upper]
    np.testing.assert_allclose(np.hypot(*outer.T), 1)
    np.testing.assert_allclose(np.hypot(inner[:, 0] - 1, inner[:, 1] - 0.5), 1)
    assert outer[:, 1].min() >= 0
    assert inner[:, 1].max() <= 0.5
    np.testing.assert_allclose(moon(np.array([1, 0]), np.array([0.0, 0.0])), np.array([[1, 0], [0, 0.5]]), atol=1e-15)


def test_moons_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import make_moons

    X, y = make_moons(200, shuffle=False)
    t = np.linspace(0, 1, 100)
    np.testing.assert_allclose(moon(np.ones(100, int), t), X[y == 0], atol=1e-12)
    np.testing.assert_allclose(moon(np.zeros(100, int), t), X[y == 1], atol=1e-12)


def test_arms_of_a_spiral_are_one_turned_about_the_middle() -> None:
    t = np.linspace(0, 1, 50)
    first, second = (spiral(np.full(50, code), t, arms=3, turns=1.5) for code in (0, 1))
    angle = 2 * np.pi / 3
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(first @ turn, second, atol=1e-12)
    np.testing.assert_allclose(np.hypot(*first.T), 0.1 + 0.9 * t)
    np.testing.assert_allclose(first[-1], [-1, 0], atol=1e-12)


def columns(X: Array) -> list[Array]:
    return list(X.T)


def test_friedmans_functions_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import make_friedman1, make_friedman2, make_friedman3

    for value, make in (
        (friedman1.value, make_friedman1),
        (friedman2.value, make_friedman2),
        (friedman3.value, make_friedman3),
    ):
        X, y = make(500, random_state=1)
        np.testing.assert_allclose(value(*columns(X)), y, rtol=1e-12)
    low, high = np.array(friedman2.BOUNDS).T
    X, _ = make_friedman2(20_000, random_state=1)
    np.testing.assert_allclose(X.min(axis=0), low, atol=0.001 * high.max())
    np.testing.assert_allclose(X.max(axis=0), high, rtol=0.001)


def test_friedman1_ignores_all_but_five_inputs() -> None:
    problem = problems.load("friedman1?inputs=7")
    train = problem.train(100, 0)
    assert problem.inputs == ("x1", "x2", "x3", "x4", "x5", "x6", "x7")
    np.testing.assert_array_equal(friedman1.value(*columns(train.X[:, :5])), train.y[:, 0])


@pytest.mark.parametrize(("x", "y"), [(-np.pi, 12.275), (np.pi, 2.275), (3 * np.pi, 2.475)])
def test_branins_three_minima(x: float, y: float) -> None:
    at = branin.surface(np.array(x), np.array(y))
    assert at == pytest.approx(0.397887, abs=1e-6)
    for dx, dy in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        assert branin.surface(np.array(x + dx), np.array(y + dy)) > at
    assert problems.load("branin").test().y.min() >= at


def test_rosenbrocks_minimum_and_a_point_worked_out_by_hand() -> None:
    assert rosenbrock.value(*np.ones((6, 1))) == 0
    assert rosenbrock.value(*np.array([[0.0], [2.0], [-1.0]])) == 100 * 4 + 1 + 100 * 25 + 1
    assert problems.load("rosenbrock?inputs=3").test().y.min() > 0


def test_frankes_function_at_points_worked_out_by_hand() -> None:
    first = 0.75 + 0.75 * np.exp(-9 / 49 - 0.3) + 0.5 * np.exp(-25 / 4 - 1 / 4) - 0.2 * np.exp(-4 - 25)
    assert franke.surface(np.array(2 / 9), np.array(2 / 9)) == pytest.approx(first, rel=1e-12)
    dip = 0.75 * np.exp(-1 - 25 / 4) + 0.75 * np.exp(-25 / 49 - 0.8) + 0.5 * np.exp(-9 / 4 - 4) - 0.2
    assert franke.surface(np.array(4 / 9), np.array(7 / 9)) == pytest.approx(dip, rel=1e-12)


def test_tables_of_scikit_learn_are_whole_and_on_their_own_scales() -> None:
    rows = {"diabetes": 442, "wine": 178, "breast_cancer": 569, "digits": 1797}
    for name, expected in rows.items():
        problem = problems.load(name)
        assert problem.most is not None
        assert problem.most + len(problem.val(0).X) + len(problem.test().X) == expected
    assert problems.load("digits").train(1000, 0).X.max() == 16
    age = problems.load("diabetes").train(200, 0).X[:, 0]
    assert 19 <= age.min() < age.max() <= 79


def test_the_probability_of_breast_cancer_is_that_of_the_malignant() -> None:
    problem = problems.load("breast_cancer")
    assert problem.outputs == ("malignant",)
    every = [problem.train(problem.most or 0, 0), problem.val(0), problem.test()]
    assert sum(part.y.sum() for part in every) == 212  # of 569, as the table's description says
    radius = np.concatenate([part.X[:, 0] for part in every])
    malignant = np.concatenate([part.y[:, 0] for part in every]) == 1
    assert radius[malignant].mean() > radius[~malignant].mean() + 4
