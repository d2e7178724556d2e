"""Reference models on the same data, to judge the network against.

Each is scikit-learn's, without a search: a constant, which uses the targets only; a linear model; gradient boosted
trees, which are hard to beat on tables; and, where that takes no more than seconds, its own network.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Array, Problem
from knobwise.experiments.metrics import class_of, scores
from knobwise.nn_core.scaling import Scaling

ALPHAS = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)  # penalties of the linear model, chosen by leave-one-out
MOST_FOR_MLP = 200_000  # numbers in the training inputs: some ten seconds on one core


class Reference(NamedTuple):
    """A fitted reference model.

    Attributes:
        name: "constant", "linear", "gradient boosting" or "scikit-learn MLP".
        about: scikit-learn's estimator with its settings, and its warnings.
        metrics: of the validation and the test part, under the names of a run's metrics, and `train_seconds`.
        predicted: `(n, k)` for the test part: numbers on the original scale, or probabilities.
    """

    name: str
    about: str
    metrics: dict[str, float]
    predicted: Array


class _Task(NamedTuple):
    """The training data of the estimators, and how they predict.

    Attributes:
        X: inputs `(n, d)`, standardised.
        y: targets, in the form that scikit-learn takes.
        ask: `ask(estimator, X)` predicts `(n, k)` for inputs on the original scale.
    """

    X: Array
    y: NDArray[Any]
    ask: Callable[[Any, Array], Array]


def fit(problem: Problem, n_samples: int, seed: int) -> list[Reference]:
    """The references, each fitted on `problem.train(n_samples, seed)`, one thread each.

    They get the same data as the network: inputs standardised by the training part, and standardised targets, after
    their logarithm where the problem has a `log_shift`. The MLP is left out above 200,000 input values (`n_samples`
    times inputs), where it would take minutes; all but the constant are left out where the training samples are of one
    class, which scikit-learn's classifiers refuse.

    Args:
        n_samples: training samples, at most `problem.most`.
        seed: varies the training samples, as a run's does, and the models that draw random numbers.

    Raises:
        ValueError: the problem has fewer samples than that.
    """
    from threadpoolctl import threadpool_limits

    if problem.most is not None and n_samples > problem.most:
        raise ValueError(f"n_samples must be at most {problem.most} for {problem.shown}, got {n_samples}")
    task = _classification(problem, n_samples, seed) if problem.classes else _regression(problem, n_samples, seed)
    one_class = bool(problem.classes) and len(np.unique(task.y)) < 2
    references = []
    with threadpool_limits(limits=1):
        for name, estimator in _estimators(problem, task, seed).items():
            too_large = name == "scikit-learn MLP" and task.X.size > MOST_FOR_MLP
            if not too_large and (name == "constant" or not one_class):
                references.append(_fitted(problem, task, seed, name, estimator))
    return references


def _fitted(problem: Problem, task: _Task, seed: int, name: str, estimator: Any) -> Reference:
    package = ".".join(type(estimator).__module__.split(".")[:2])  # the rest of the path is private
    about = " ".join(f"{package}.{estimator!r}".split())
    started = time.perf_counter()
    # A model that has not converged is still a reference; the warning is recorded with it.
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        estimator.fit(task.X, task.y)
    seconds = time.perf_counter() - started
    warned_of = {f"{each.category.__name__}: {str(each.message).strip().splitlines()[0]}" for each in warned}
    val, test = problem.val(seed), problem.test()
    predicted = task.ask(estimator, test.X)
    metrics = scores(problem, "val", val.y, task.ask(estimator, val.X)) | scores(problem, "test", test.y, predicted)
    return Reference(name, "; ".join([about, *sorted(warned_of)]), metrics | {"train_seconds": seconds}, predicted)


def _regression(problem: Problem, n_samples: int, seed: int) -> _Task:
    train = problem.train(n_samples, seed)
    inputs, outputs = Scaling.fit(train.X), Scaling.fit(train.y, problem.log_shift)
    y = outputs.apply(train.y)

    def ask(estimator: Any, X: Array) -> Array:
        return outputs.undo(np.asarray(estimator.predict(inputs.apply(X)), np.float64).reshape(len(X), y.shape[1]))

    return _Task(inputs.apply(train.X), y[:, 0] if y.shape[1] == 1 else y, ask)


def _classification(problem: Problem, n_samples: int, seed: int) -> _Task:
    train = problem.train(n_samples, seed)
    inputs = Scaling.fit(train.X)

    def ask(estimator: Any, X: Array) -> Array:
        p = np.zeros((len(X), len(problem.classes)))
        p[:, estimator.classes_] = estimator.predict_proba(inputs.apply(X))  # 0 for a class without training samples
        return p[:, 1:] if len(problem.classes) == 2 else p

    return _Task(inputs.apply(train.X), class_of(train.y), ask)


def _estimators(problem: Problem, task: _Task, seed: int) -> dict[str, Any]:
    """scikit-learn's estimators by the name of the reference, all but the linear ones with default settings."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    if problem.classes:
        # Early stopping needs a stratified split, which is impossible where a class has one sample.
        single = bool((np.bincount(task.y) == 1).any())
        return {
            "constant": DummyClassifier(strategy="prior"),
            "linear": LogisticRegression(max_iter=1000),
            "gradient boosting": HistGradientBoostingClassifier(
                random_state=seed, early_stopping=False if single else "auto"
            ),
            "scikit-learn MLP": MLPClassifier(random_state=seed),
        }
    boosting = HistGradientBoostingRegressor(random_state=seed)
    return {
        "constant": DummyRegressor(),
        "linear": RidgeCV(alphas=ALPHAS),
        "gradient boosting": boosting if task.y.ndim == 1 else MultiOutputRegressor(boosting),
        "scikit-learn MLP": MLPRegressor(random_state=seed),
    }
