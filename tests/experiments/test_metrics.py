"""The scores: equal to scikit-learn's where it has them, worked out by hand where not, and in edge cases."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as theirs
from sklearn.calibration import calibration_curve

from knobwise.experiments import metrics, problems
from knobwise.experiments.data.problem import Array, Problem
from knobwise.experiments.metrics import scores
from knobwise.experiments.text import scores_text

SURFACE = problems.load("article")
EPS = float(np.finfo(float).eps)


def classes(k: int) -> Problem:
    names = tuple("abcdefgh"[:k])
    return SURFACE._replace(name="letters", classes=names, outputs=names if k > 2 else names[1:], grid=None)


def sample(k: int, n: int = 300, seed: int = 0) -> tuple[Array, Array]:
    """True classes and correlated probabilities, in the form of a problem with `k` classes."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, k, n)
    logits = random.normal(size=(n, k)) + 1.5 * np.eye(k)[truth]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return (np.eye(k)[truth], p) if k > 2 else (np.eye(2)[truth][:, 1:], p[:, 1:])


def both(p: Array) -> Array:
    """The probabilities of both classes, as scikit-learn wants them."""
    return p if p.shape[1] > 1 else np.column_stack([1 - p, p])


def sklearn_scores(true: Array, p: Array) -> dict[str, float]:
    truth, guess = both(true).argmax(axis=1), both(p).argmax(axis=1)
    k = both(p).shape[1]
    return {
        "log_loss": float(theirs.log_loss(both(true).argmax(axis=1), both(p), labels=range(k))),
        "accuracy": float(theirs.accuracy_score(truth, guess)),
        "balanced_accuracy": float(theirs.balanced_accuracy_score(truth, guess)),
        "roc_auc": float(theirs.roc_auc_score(truth, p[:, 0] if k == 2 else p, multi_class="ovr", labels=range(k))),
    }


def test_regression_has_its_errors() -> None:
    true, predicted = np.array([[1.0], [3.0], [5.0]]), np.array([[1.0], [2.0], [7.0]])
    for part in ("val", "test"):
        assert scores(SURFACE, part, true, predicted) == metrics.errors(part, true, predicted)
    by_name = scores(SURFACE, "test", true, predicted)
    assert by_name["test_r2"] == pytest.approx(theirs.r2_score(true, predicted))
    assert by_name["test_max_error"] == 2


@pytest.mark.parametrize("k", [2, 3, 7])
@pytest.mark.parametrize("seed", [0, 1])
def test_classes_have_the_scores_of_scikit_learn(k: int, seed: int) -> None:
    true, p = sample(k, seed=seed)
    by_name = scores(classes(k), "val", true, p)
    assert set(by_name) == {f"val_{name}" for name in ("mse", "r2", *sklearn_scores(true, p))}
    for name, value in sklearn_scores(true, p).items():
        assert by_name[f"val_{name}"] == pytest.approx(value, rel=1e-12), name
    if k == 2:
        assert by_name["val_mse"] == pytest.approx(theirs.brier_score_loss(true[:, 0], p[:, 0]))
        assert by_name["val_r2"] == pytest.approx(theirs.d2_brier_score(true[:, 0], p[:, 0]))


def test_the_skill_of_predicting_the_shares_is_0() -> None:
    true, p = sample(3)
    shares = np.broadcast_to(true.mean(axis=0), p.shape)
    by_name = scores(classes(3), "val", true, shares)
    assert by_name["val_r2"] == pytest.approx(0)
    assert by_name["val_roc_auc"] == 0.5


@pytest.mark.parametrize("k", [2, 4])
def test_ties_count_half_as_in_scikit_learn(k: int) -> None:
    true, p = sample(k)
    coarse = np.round(p * 4) / 4
    if k > 2:
        coarse = coarse + (coarse.sum(axis=1, keepdims=True) == 0)
        coarse = coarse / coarse.sum(axis=1, keepdims=True)
    assert len(np.unique(coarse)) < 40
    assert metrics.roc_auc(true, coarse) == pytest.approx(sklearn_scores(true, coarse)["roc_auc"], rel=1e-12)


@pytest.mark.parametrize("k", [2, 3])
def test_certainty_is_clipped_as_in_scikit_learn(k: int) -> None:
    true, _ = sample(k, n=6)
    sure = np.roll(true, 1, axis=0)
    assert metrics.log_loss(true, sure) == pytest.approx(sklearn_scores(true, sure)["log_loss"])
    assert metrics.log_loss(true, true) == pytest.approx(-math.log(1 - EPS))
    wrong = 1 - true if k == 2 else np.roll(true, 1, axis=1)
    assert metrics.log_loss(true, wrong) == pytest.approx(-math.log(EPS))


def test_a_class_without_samples_in_the_part_is_left_out() -> None:
    true, p = sample(4)
    absent = true[:, 2] == 0
    true, p = true[absent], p[absent]
    by_name = scores(classes(4), "val", true, p)
    truth, guess = true.argmax(axis=1), p.argmax(axis=1)
    recalls = [float((guess[truth == each] == each).mean()) for each in (0, 1, 3)]
    areas = [float(theirs.roc_auc_score(true[:, each], p[:, each])) for each in (0, 1, 3)]
    assert by_name["val_balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert by_name["val_roc_auc"] == pytest.approx(np.mean(areas))
    assert by_name["val_log_loss"] == pytest.approx(theirs.log_loss(truth, p, labels=range(4)))


@pytest.mark.parametrize("k", [2, 3])
def test_one_class_alone_has_no_roc_auc(k: int) -> None:
    _, p = sample(k, n=5)
    true = np.zeros_like(p)
    true[:, -1] = 1
    by_name = scores(classes(k), "test", true, p)
    assert "test_roc_auc" not in by_name
    assert by_name["test_accuracy"] == by_name["test_balanced_accuracy"]
    assert by_name["test_r2"] == 0
    assert all(math.isfinite(value) for value in by_name.values())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("k", [2, 3])
def test_probabilities_that_are_not_finite_have_no_scores(k: int, bad: float) -> None:
    true, p = sample(k, n=20)
    whole = scores(classes(k), "test", true, p)
    p[3, 0] = bad
    by_name = scores(classes(k), "test", true, p)
    assert set(by_name) == set(whole)
    assert all(math.isnan(value) for value in by_name.values())


def expected_calibration_error(predicted: NDArray[Any], observed: NDArray[Any]) -> float:
    """By scikit-learn's calibration curve, which has the same bins, and the counts."""
    share, mean = calibration_curve(observed, predicted, n_bins=10)
    count = np.histogram(predicted, np.linspace(0, 1, 11))[0]
    return float(np.average(np.abs(share - mean), weights=count[count > 0]))


def test_the_calibration_error_is_the_mean_gap_of_the_calibration_curve() -> None:
    true, p = sample(2, n=2000)
    expected = expected_calibration_error(p[:, 0], true[:, 0])
    assert metrics.calibration_error(true, p) == pytest.approx(expected)
    assert scores(classes(2), "test", true, p)["test_calibration_error"] == pytest.approx(expected)
    true, p = sample(5, n=2000)
    right = (p.argmax(axis=1) == true.argmax(axis=1)).astype(float)
    assert metrics.calibration_error(true, p) == pytest.approx(expected_calibration_error(p.max(axis=1), right))


def test_the_calibration_error_by_hand() -> None:
    true = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])
    p = np.array([[0.95], [0.95], [0.65], [0.62], [0.0]])
    bins = metrics.reliability(true, p)
    np.testing.assert_allclose(bins.predicted, [0.0, 0.635, 0.95])
    np.testing.assert_allclose(bins.observed, [0.0, 1.0, 0.5])
    assert bins.samples.tolist() == [1, 2, 2]
    assert metrics.calibration_error(true, p) == pytest.approx((1 * 0 + 2 * 0.365 + 2 * 0.45) / 5)
    assert metrics.calibration_error(true, true) == 0


def test_the_most_probable_class_is_the_first_of_equals() -> None:
    assert metrics.class_of(np.array([[0.5], [0.5000001]])).tolist() == [0, 1]
    assert metrics.class_of(np.array([[0.4, 0.4, 0.2]])).tolist() == [0]


def test_titles_say_what_there_is() -> None:
    assert scores_text({}) == ""
    assert scores_text({"test_accuracy": 1.0, "test_log_loss": 0.0812, "test_r2": 0.9}) == (
        "accuracy 1, log loss 0.0812"
    )
    assert scores_text({"test_accuracy": 0.5}) == "accuracy 0.5"
