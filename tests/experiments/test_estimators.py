"""The scikit-learn estimators: scikit-learn's own checks, and equality with the core."""

import os
import subprocess
import sys
from collections.abc import Callable
from inspect import getdoc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Part
from knobwise.experiments.estimators import KnobwiseClassifier, KnobwiseRegressor
from knobwise.experiments.estimators.model import split_validation
from knobwise.nn_core import variants
from knobwise.nn_core.buffers import with_ones
from knobwise.nn_core.network import Network
from knobwise.nn_core.scaling import Scaling
from knobwise.nn_core.training import Recipe, TrainState, train

ROOT = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("estimator", [KnobwiseRegressor, KnobwiseClassifier])
ARRAY_API = """
import warnings
from sklearn.utils.estimator_checks import check_array_api_input
from knobwise.experiments.estimators import KnobwiseClassifier, KnobwiseRegressor
for estimator in (KnobwiseRegressor(), KnobwiseClassifier()):
    name = type(estimator).__name__
    check_array_api_input(name, estimator, array_namespace="numpy", expect_only_array_outputs=False)
    print(name)
"""


@parametrize_with_checks([KnobwiseRegressor(), KnobwiseClassifier()])  # type: ignore[untyped-decorator]
def test_scikit_learns_checks(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def test_the_check_that_needs_scipy_set_up_before_it_loads() -> None:
    env = {**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", ARRAY_API], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["KnobwiseRegressor", "KnobwiseClassifier"]


def by_hand(
    X: NDArray[Any], Y: NDArray[Any], new: NDArray[Any], loss: str, outputs: Scaling, seed: int
) -> NDArray[Any]:
    """The output for `new` of a network [8, 8] trained with `nn_core` alone, in three epochs."""
    inputs = Scaling.fit(X)
    network = Network.build((X.shape[1], 8, 8, Y.shape[1]), "tanh", loss)
    recipe = Recipe(
        optimizer=variants.load("optimizers", "adam"),
        schedule=variants.load("schedules", "constant"),
        lr=0.02,
        epochs=3,
        batch_size=32,
        weight_decay=0.01,
        dropout=0.1,
        clip_norm=1.0,
    )
    start = network.start(variants.load("initializers", "orthogonal"), np.random.RandomState(99 + seed), np.float32)
    state = TrainState.fresh(start, recipe, [np.random.default_rng([seed, 2])])
    target = np.ascontiguousarray(outputs.apply(Y).T.astype(np.float32))
    for _ in train(network, state, recipe, with_ones(inputs.apply(X), np.float32), target):
        pass
    output = network.predict(state.params.astype(np.float64), with_ones(inputs.apply(new), np.float64))
    return outputs.undo(output.T)


KNOBS: dict[str, Any] = {
    "widths": (8, 8),
    "activation": "tanh",
    "lr": 0.02,
    "epochs": 3,
    "batch_size": 32,
    "optimizer": "adam",
    "schedule": "constant",
    "initializer": "orthogonal",
    "weight_decay": 0.01,
    "dropout": 0.1,
    "clip_norm": 1.0,
    "random_state": 5,
}


def test_the_regressor_equals_the_core() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = KnobwiseRegressor(**KNOBS).fit(X[:300], y[:300])
    seed = np.random.RandomState(5).randint(2**31 - 1)
    expected = by_hand(X[:300], y[:300, None], X[300:], "half_mse", Scaling.fit(y[:300, None]), seed)
    np.testing.assert_array_equal(model.predict(X[300:]), expected[:, 0])


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
def test_the_classifier_equals_the_core(load: Callable[..., Any]) -> None:
    X, y = load(return_X_y=True)
    model = KnobwiseClassifier(**KNOBS).fit(X[1::2], y[1::2])
    seed = np.random.RandomState(5).randint(2**31 - 1)
    k = len(np.unique(y))
    Y, loss = (y[:, None].astype(float), "binary_cross_entropy") if k == 2 else (np.eye(k)[y], "cross_entropy")
    unscaled = Scaling(np.zeros(Y.shape[1]), np.ones(Y.shape[1]))
    expected = by_hand(X[1::2], Y[1::2], X[::2], loss, unscaled, seed)
    proba = model.predict_proba(X[::2])
    np.testing.assert_array_equal(proba[:, -expected.shape[1] :], expected)
    np.testing.assert_array_equal(model.predict(X[::2]), proba.argmax(axis=1))


def test_digits_are_read() -> None:
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = KnobwiseClassifier(random_state=0).fit(X_train, y_train)
    assert model.score(X_test, y_test) > 0.965  # 0.978 when this was written


def test_the_defaults_are_robust_to_noise() -> None:
    X, y = load_diabetes(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
    model = KnobwiseRegressor(random_state=0)
    assert model.fit(X_train, y_train).score(X_test, y_test) > 0.3
    assert model.n_iter_ == len(model.loss_curve_) == 100
    assert model.loss_curve_[-1] < 0.6 * model.loss_curve_[0]
    assert model.val_loss_curve_ == []


def test_probabilities_sum_to_one_and_classes_keep_their_names() -> None:
    for load in (load_iris, load_breast_cancer):
        data = load()
        named = data.target_names[data.target]
        model = KnobwiseClassifier(epochs=5, random_state=0).fit(data.data, named)
        proba = model.predict_proba(data.data * 1e3)
        assert proba.shape == (len(named), len(data.target_names))
        assert np.all((proba >= 0) & (proba <= 1))
        np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-12)
        assert model.classes_.tolist() == sorted(data.target_names)
        assert model.score(data.data, named) > 0.6


def test_several_targets_at_once() -> None:
    X, Y = load_linnerud(return_X_y=True)
    model = KnobwiseRegressor(epochs=300, weight_decay=0.0, random_state=0).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert model.n_outputs_ == 3
    assert model.score(X, Y) > 0.9
    assert model.fit(X, Y[:, :1]).predict(X).shape == (20, 1)
    assert model.fit(X, Y[:, 0]).predict(X).shape == (20,)


def test_scale_of_inputs_and_targets_does_not_matter() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = KnobwiseRegressor(epochs=3, dtype="float64", random_state=0)
    plain = model.fit(X, y).predict(X)
    np.testing.assert_allclose(model.fit(X * 1024 + 5, y * 8 - 3).predict(X * 1024 + 5), plain * 8 - 3, rtol=1e-6)


@BOTH
def test_random_state_decides(estimator: type) -> None:
    X, y = load_iris(return_X_y=True)

    def predicted(state: Any) -> NDArray[Any]:
        model = estimator(epochs=3, dropout=0.2, random_state=state).fit(X, y)
        return np.asarray(model.predict_proba(X) if estimator is KnobwiseClassifier else model.predict(X))

    np.testing.assert_array_equal(predicted(3), predicted(3))
    np.testing.assert_array_equal(predicted(np.random.RandomState(3)), predicted(3))
    assert np.abs(predicted(3) - predicted(4)).max() > 1e-4


def test_early_stopping_restores_the_best_weights() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = KnobwiseRegressor(patience=5, weight_decay=0.0, validation_fraction=0.25, random_state=0).fit(X, y)
    best = int(np.argmin(model.val_loss_curve_))
    assert model.n_iter_ == len(model.val_loss_curve_) == best + 1 + 5 < 100
    _, validation = split_validation(
        Part(X, y[:, None]), 0.25, np.zeros(len(y)), np.random.default_rng([model.model_.config.seed, 3])
    )
    error = np.mean((model.predict(validation.X) - validation.y[:, 0]) ** 2)
    assert error / model.model_.outputs.std[0] ** 2 == pytest.approx(model.val_loss_curve_[best], rel=1e-4)


def test_validation_samples_are_drawn_from_every_class() -> None:
    codes = np.repeat([0, 1, 2], [60, 30, 10])
    data = Part(np.arange(100.0)[:, None], codes[:, None].astype(float))
    train, val = split_validation(data, 0.2, codes, np.random.default_rng(0))
    assert np.bincount(val.y[:, 0].astype(int)).tolist() == [12, 6, 2]
    assert sorted(np.concatenate([train.X, val.X])[:, 0].tolist()) == list(range(100))
    another = split_validation(data, 0.2, codes, np.random.default_rng(1))[1]
    assert set(another.X[:, 0]) != set(val.X[:, 0])


def test_knobs_are_those_of_a_run() -> None:
    knobs = set(KnobwiseRegressor().get_params())
    ours = {"validation_fraction", "random_state"}
    assert knobs == set(RunConfig().as_dict()) - {"n_samples", "loss", "seed"} | ours
    assert KnobwiseClassifier().get_params() == KnobwiseRegressor().get_params()


@BOTH
def test_the_docstring_describes_every_knob(estimator: type) -> None:
    described = str(getdoc(estimator))
    assert [knob for knob in estimator().get_params() if f"    {knob}: " not in described] == []


@BOTH
def test_copies_have_the_same_knobs_and_no_fit(estimator: type) -> None:
    X, y = load_iris(return_X_y=True)
    model = estimator(widths=(4,), epochs=2, random_state=1).fit(X, y)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert repr(copy) == f"{estimator.__name__}(epochs=2, random_state=1, widths=(4,))"
    with pytest.raises(NotFittedError):
        copy.predict(X)


def test_searches_may_pass_numbers_of_numpy() -> None:
    X, y = load_iris(return_X_y=True)
    grid = {
        "knobwiseclassifier__epochs": np.array([1, 100]),
        "knobwiseclassifier__lr": np.logspace(-3, -2, 2, dtype=np.float32),
        "knobwiseclassifier__widths": [(np.int64(8),), np.array([8, 8])],
    }
    pipeline = make_pipeline(FunctionTransformer(np.log1p), KnobwiseClassifier(random_state=0))
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["knobwiseclassifier__epochs"] == 100
    assert search.best_score_ > 0.9


def test_names_of_columns_are_kept_and_checked() -> None:
    table = load_iris(as_frame=True)
    model = KnobwiseClassifier(epochs=2, random_state=0).fit(table.data, table.target)
    assert model.feature_names_in_.tolist() == list(table.data.columns)
    assert model.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names"):
        model.predict(pd.DataFrame(table.data).rename(columns={"sepal length (cm)": "length"}))


def test_an_optimizer_that_needs_all_samples_gets_them() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = KnobwiseRegressor(optimizer="lbfgs", lr=1.0, schedule="constant", epochs=50, weight_decay=0.0)
    model.set_params(widths=(), random_state=0).fit(X, y)
    assert model.model_.config.batch_size == 0
    assert model.score(X, y) == pytest.approx(0.5177, abs=1e-3)  # least squares: 0.51775


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"lr": -1}, "lr must be a number > 0, got -1"),
        ({"epochs": 1.5}, "epochs must be a whole number >= 1, got 1.5"),
        ({"widths": (0,)}, r"widths must be whole numbers >= 1, got \(0,\)"),
        ({"activation": "rulu"}, "activation must be one of .*relu.*, got 'rulu'"),
        ({"batch_size": -2}, "batch_size must be a whole number >= 0, got -2"),
        ({"patience": -1}, "patience must be a whole number >= 0, got -1"),
        ({"dtype": "float16"}, "dtype must be float32 or float64, got 'float16'"),
        ({"validation_fraction": 1.0}, "validation_fraction must be a number > 0 and < 1, got 1.0"),
        ({"random_state": "x"}, "'x' cannot be used to seed"),
        ({"lr": 1e6, "optimizer": "sgd"}, r"training diverged in epoch \d+: lr must be lower than 1e\+\d+ here"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
@BOTH
def test_invalid_knobs_are_refused_by_fit(estimator: type, knobs: dict[str, Any], message: str) -> None:
    X, y = load_iris(return_X_y=True)
    model = estimator(**knobs)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="y must be of two classes or more, got one class: a"):
        KnobwiseClassifier().fit(np.eye(4), ["a"] * 4)
