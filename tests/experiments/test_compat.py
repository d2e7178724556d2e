"""Runs on problems of every kind: the right loss, nothing learned from validation or test, skewed targets."""

import dataclasses

import numpy as np
import pytest

from knobwise.experiments.compat import adapted, check_fits
from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Part, Problem
from knobwise.experiments.data.tables.arrays import from_arrays
from knobwise.experiments.problems import load
from knobwise.experiments.run import run
from knobwise.nn_core import checkpoint, predictor
from knobwise.nn_core.scaling import Scaling

QUICK = RunConfig(n_samples=60, epochs=20, widths=(8,), optimizer="adam", lr=0.01, batch_size=20)


def weights(problem: Problem, config: RunConfig) -> np.ndarray:
    return checkpoint.load(run(problem, config, pictures=False).checkpoint).state.params


def shuffled(part: Part) -> Part:
    random = np.random.default_rng(7)
    return Part(random.permutation(part.X) * 3 + 1, random.permutation(part.y))


@pytest.mark.parametrize("name", ["diabetes", "wine", "breast_cancer", "friedman1?noise=1"])
def test_validation_and_test_do_not_affect_the_weights(name: str) -> None:
    problem = load(name)
    config = adapted(QUICK, problem)
    learned = weights(problem, config)
    test, val = shuffled(problem.test()), shuffled(problem.val(0))
    other = problem._replace(test=lambda: test, val=lambda seed: val)
    np.testing.assert_array_equal(weights(other, config), learned)
    moved = problem._replace(train=lambda n, seed: shuffled(problem.train(n, seed)))
    assert not np.array_equal(weights(moved, config), learned)


def test_early_stopping_looks_at_the_validation_part_and_not_at_the_test_part() -> None:
    problem = load("diabetes")
    config = adapted(dataclasses.replace(QUICK, patience=2, epochs=60), problem)
    learned = run(problem, config, pictures=False)
    test = shuffled(problem.test())
    other = run(problem._replace(test=lambda: test), config, pictures=False)
    assert other.epochs_done == learned.epochs_done
    assert other.metrics["val_mse"] == learned.metrics["val_mse"]
    assert other.metrics["test_mse"] != learned.metrics["test_mse"]


@pytest.mark.parametrize(
    ("name", "loss"), [("wine", "cross_entropy"), ("two_moons", "binary_cross_entropy"), ("diabetes", "half_mse")]
)
def test_the_loss_follows_from_the_targets(name: str, loss: str) -> None:
    problem = load(name)
    config = adapted(QUICK, problem)
    assert config.loss == loss
    check_fits(config, problem)
    wrong = dataclasses.replace(config, loss="mse" if problem.classes else "cross_entropy")
    with pytest.raises(ValueError, match=r"^loss must be "):
        run(problem, wrong)


def test_no_more_samples_than_there_are() -> None:
    problem = load("wine")
    assert problem.most is not None
    assert adapted(dataclasses.replace(QUICK, n_samples=10_000, batch_size=5000), problem).batch_size == problem.most
    with pytest.raises(ValueError, match=f"n_samples must be at most {problem.most} for"):
        run(problem, dataclasses.replace(QUICK, n_samples=problem.most + 1, loss="cross_entropy"))


def test_a_classifier_predicts_probabilities_also_from_its_checkpoint() -> None:
    problem = load("wine")
    outcome = run(problem, adapted(QUICK, problem), pictures=False)
    predicted = predictor.load(outcome.checkpoint).predict(problem.test().X)
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)
    accuracy = np.mean(predicted.argmax(axis=1) == problem.test().y.argmax(axis=1))
    assert outcome.metrics["test_accuracy"] == pytest.approx(accuracy)
    assert outcome.metrics["val_mse"] == pytest.approx(
        np.mean((predictor.load(outcome.checkpoint).predict(problem.val(0).X) - problem.val(0).y) ** 2)
    )


def test_a_skewed_target_is_learned_on_the_log_scale_and_scored_on_its_own() -> None:
    X = np.random.default_rng(0).normal(size=(400, 2))
    y = np.exp(3 * X[:, 0])
    straight = from_arrays("s", "s", X, y, ("a", "b"))
    logged = straight._replace(log_shift=0.0)
    config = dataclasses.replace(QUICK, n_samples=200, epochs=100)
    relative = {}
    for name, problem in (("straight", straight), ("logged", logged)):
        outcome = run(problem, config, pictures=False)
        predicted = predictor.load(outcome.checkpoint).predict(problem.test().X)
        assert outcome.metrics["test_mse"] == pytest.approx(np.mean((predicted - problem.test().y) ** 2))
        relative[name] = np.median(np.abs(predicted / problem.test().y - 1))
    assert relative["logged"] < 0.1 < relative["straight"]


def test_round_trip_of_a_scaling_with_a_logarithm_also_through_a_file() -> None:
    X = np.array([[0.0], [9.0], [99.0]])
    scaling = Scaling.fit(X, log_shift=1.0)
    np.testing.assert_allclose(scaling.apply(X)[:, 0], np.array([-1, 0, 1]) * np.sqrt(1.5))
    restored = Scaling.restore(scaling.arrays("y"), "y")
    np.testing.assert_array_equal(restored.undo(scaling.apply(X)), scaling.undo(scaling.apply(X)))
    np.testing.assert_allclose(scaling.undo(scaling.apply(X)), X, atol=1e-12)
    assert np.isinf(scaling.undo(np.array([[1e6]]))).all()
