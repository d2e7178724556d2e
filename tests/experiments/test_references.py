"""The reference models: which, on which data, and with scores equal to scikit-learn's."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info

from knobwise.experiments import problems
from knobwise.experiments.data.problem import Array, Part, Problem
from knobwise.experiments.metrics import class_of
from knobwise.experiments.references import fit as references

NAMES = ["constant", "linear", "gradient boosting", "scikit-learn MLP"]


def sampled(d: int, y_of: Any, **fields: Any) -> Problem:
    """A problem over `d` inputs whose target is `y_of(X, random)`, `(n, k)`."""

    def part(n: int, seed: int) -> Part:
        random = np.random.default_rng(seed)
        X = random.normal(3, 2, size=(n, d))
        return Part(X, y_of(X, random))

    names = tuple(f"x{column}" for column in range(d))
    made = Problem(
        "made", names, ("y",), train=part, val=lambda seed: part(200, 1000 + seed), test=lambda: part(300, 99)
    )
    return made._replace(**fields)


def line(X: Array, random: np.random.Generator) -> Array:
    return X[:, :1] * 2 - X[:, 1:2] + random.normal(0, 0.5, (len(X), 1))


def three_classes(X: Array, random: np.random.Generator) -> Array:
    return np.eye(3)[np.digitize(X[:, 0] + random.normal(0, 0.5, len(X)), [2, 4])]


LINE = sampled(3, line)
THREE = sampled(2, three_classes, outputs=("low", "middle", "high"), classes=("low", "middle", "high"), target="level")


def test_a_line_is_for_the_linear_model() -> None:
    fits = references.fit(LINE, 150, 7)
    assert [each.name for each in fits] == NAMES
    scores = {each.name: each.metrics for each in fits}
    assert scores["linear"]["test_r2"] > 0.98
    assert scores["linear"]["test_mse"] < scores["gradient boosting"]["test_mse"]
    assert scores["scikit-learn MLP"]["test_r2"] > 0.8
    assert abs(scores["constant"]["test_r2"]) < 0.1
    train, test = LINE.train(150, 7), LINE.test()
    np.testing.assert_allclose(fits[0].predicted, np.full((300, 1), train.y.mean()))
    theirs = make_pipeline(StandardScaler(), RidgeCV(alphas=references.ALPHAS)).fit(train.X, train.y[:, 0])
    assert scores["linear"]["test_r2"] == pytest.approx(r2_score(test.y[:, 0], theirs.predict(test.X)), abs=1e-5)
    for each in fits:
        assert set(each.metrics) == {
            *("val_mse", "val_r2", "test_mse", "test_r2", "test_rmse", "test_max_error", "train_seconds"),
        }
        assert each.metrics["train_seconds"] > 0


def test_estimators_and_their_warnings_are_reported() -> None:
    by_name = {each.name: each.about for each in references.fit(LINE, 60, 0)}
    assert by_name["constant"] == "sklearn.dummy.DummyRegressor()"
    assert by_name["linear"] == f"sklearn.linear_model.RidgeCV(alphas={references.ALPHAS})"
    assert by_name["gradient boosting"] == "sklearn.ensemble.HistGradientBoostingRegressor(random_state=0)"
    (mlp,) = (each for each in references.fit(THREE, 200, 1) if each.name == "scikit-learn MLP")
    estimator, warned = mlp.about.split("; ")
    assert estimator == "sklearn.neural_network.MLPClassifier(random_state=1)"
    assert warned.startswith("ConvergenceWarning: Stochastic Optimizer: Maximum iterations (200) reached")


def test_classes_have_probabilities() -> None:
    fits = references.fit(THREE, 200, 1)
    assert [each.name for each in fits] == NAMES
    train, test = THREE.train(200, 1), THREE.test()
    np.testing.assert_allclose(fits[0].predicted, np.tile(train.y.mean(axis=0), (300, 1)))
    theirs = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(train.X, class_of(train.y))
    np.testing.assert_allclose(fits[1].predicted, theirs.predict_proba(test.X), atol=1e-4)
    assert fits[1].metrics["test_accuracy"] == accuracy_score(class_of(test.y), theirs.predict(test.X))
    assert fits[1].metrics["test_log_loss"] == pytest.approx(
        log_loss(class_of(test.y), theirs.predict_proba(test.X)), rel=1e-3
    )
    for each in fits:
        np.testing.assert_allclose(each.predicted.sum(axis=1), 1)
        assert {"val_accuracy", "test_roc_auc", "test_calibration_error"} <= set(each.metrics)
    assert min(each.metrics["test_accuracy"] for each in fits[1:]) > fits[0].metrics["test_accuracy"] + 0.2


def test_two_classes_have_the_probability_of_the_second() -> None:
    two = sampled(2, lambda X, _: (X[:, :1] > 4).astype(float), outputs=("yes",), classes=("no", "yes"))
    for each in references.fit(two, 100, 0):
        assert each.predicted.shape == (300, 1)
        if each.name != "constant":
            assert each.metrics["test_roc_auc"] > 0.95
    share = references.fit(two, 100, 0)[0].predicted[0, 0]
    assert share == pytest.approx(two.train(100, 0).y.mean())


def test_a_class_without_samples_is_never_expected() -> None:
    def without_high(X: Array, random: np.random.Generator) -> Array:
        low: Array = (X[:, :1] <= 3).astype(float)
        return np.column_stack([low, 1 - low, 0 * low])

    for each in references.fit(THREE._replace(train=sampled(2, without_high).train), 100, 0):
        assert (each.predicted[:, 2] == 0).all()
        assert np.isfinite(each.metrics["test_log_loss"])


def test_one_class_leaves_the_constant() -> None:
    alone = sampled(2, lambda X, _: np.eye(3)[np.ones(len(X), int)])
    (constant,) = references.fit(THREE._replace(train=alone.train), 50, 0)
    assert constant.name == "constant"
    assert (constant.predicted == [0, 1, 0]).all()


def test_logarithms_are_learnt_where_the_network_learns_them() -> None:
    skewed = sampled(2, lambda X, _: np.exp(X[:, :1]) - 1, log_shift=1.0)
    by_name = {each.name: each for each in references.fit(skewed, 100, 0)}
    y = skewed.train(100, 0).y
    np.testing.assert_allclose(by_name["constant"].predicted, np.exp(np.log(y + 1).mean()) - 1)
    assert by_name["linear"].metrics["test_r2"] > 0.999, "the logarithm is a line"


def test_several_outputs_at_once() -> None:
    both = sampled(2, lambda X, _: X @ np.array([[1.0, 2.0], [0.0, 5.0]]), outputs=("a", "b"))
    for each in references.fit(both, 80, 0):
        assert each.predicted.shape == (300, 2)
        if each.name == "linear":
            assert each.metrics["test_r2"] > 0.999


def test_a_large_table_goes_without_the_mlp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "MOST_FOR_MLP", 60 * 3 - 1)
    assert [each.name for each in references.fit(LINE, 60, 0)] == NAMES[:3]
    assert [each.name for each in references.fit(LINE, 59, 0)] == NAMES


def test_the_same_seed_gives_the_same_and_more_samples_than_there_are_is_refused() -> None:
    first, second = (references.fit(LINE, 60, 3) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.predicted, other.predicted)
    with pytest.raises(ValueError, match="n_samples must be at most 50 for made, got 60"):
        references.fit(LINE._replace(most=50), 60, 3)


def test_one_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    class Spy:
        def fit(self, X: Array, y: Array) -> None:
            seen.extend(pool["num_threads"] for pool in threadpool_info())

        def predict(self, X: Array) -> Array:
            return np.zeros(len(X))

    monkeypatch.setattr(references, "_estimators", lambda *given: {"constant": Spy()})
    references.fit(LINE, 20, 0)
    assert seen
    assert set(seen) == {1}


def test_a_bundled_problem() -> None:
    wine = problems.load("wine")
    assert wine.most is not None
    by_name = {each.name: each.metrics for each in references.fit(wine, wine.most, 0)}
    assert by_name["linear"]["test_accuracy"] > 0.9 > by_name["constant"]["test_accuracy"]
