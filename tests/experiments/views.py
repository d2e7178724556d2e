"""Runs to draw, made without training: problems of every kind, each with a model that is a formula."""

from collections.abc import Callable

import numpy as np

from knobwise.experiments.data.problem import Array, Part, Problem
from knobwise.experiments.metrics import scores
from knobwise.experiments.outcome import Curves
from knobwise.experiments.plots import RunView

CURVES = Curves(
    epoch=np.arange(1, 4),
    train_loss=np.array([3.0, 1.0, 0.5]),
    val_epoch=np.arange(1, 4),
    val_loss=np.array([3.0, 1.0, 0.5]),
)
Model = Callable[[Array], Array]


def view_of(problem: Problem, model: Model, *, finished: bool = True) -> RunView:
    """A run on `problem` whose network is `model`; one that diverged where it is not `finished`."""
    test = problem.test()
    predicted = model(test.X) if finished else None
    metrics = {} if predicted is None else scores(problem, "test", test.y, predicted)
    return RunView(problem, test, predicted, CURVES, metrics, model)


def numbers(d: int, n: int = 300, outputs: int = 1, log_shift: float | None = None) -> tuple[Problem, Model]:
    """Regression over `d` inputs: y = exp(x0) for each output, in which only the first two inputs matter."""
    random = np.random.default_rng(d)
    X = random.normal(size=(n, d))

    def model(X: Array) -> Array:
        return np.repeat(np.exp(X[:, :1]) + 0.1 * X[:, -1:] * (d > 1), outputs, axis=1)

    part = Part(X, np.exp(X[:, :1] + 0.2 * random.normal(size=(n, outputs))))
    names = tuple("uvwxyz"[:outputs])
    return _problem(part, tuple(f"x{each}" for each in range(d)), names)._replace(log_shift=log_shift), model


def classes(k: int, d: int = 2, n: int = 300) -> tuple[Problem, Model]:
    """Classification over `d` inputs by the first: class j about j; the model is right, and as sure as it should be."""
    random = np.random.default_rng(k)
    truth = np.arange(n) % k
    X = random.normal(size=(n, d))
    X[:, 0] = truth + 0.4 * random.normal(size=n)

    def model(X: Array) -> Array:
        closeness = np.exp(-0.5 * ((X[:, :1] - np.arange(k)) / 0.4) ** 2) + 1e-12
        p: Array = closeness / closeness.sum(axis=1, keepdims=True)
        return p[:, 1:] if k == 2 else p

    names = tuple(f"class {each}" for each in range(k))
    part = Part(X, np.eye(k)[truth][:, 1:] if k == 2 else np.eye(k)[truth])
    problem = _problem(part, tuple(f"x{each}" for each in range(d)), names[1:] if k == 2 else names)
    return problem._replace(classes=names, target="letter"), model


def _problem(part: Part, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Problem:
    return Problem(
        "made",
        inputs,
        outputs,
        train=lambda n, seed: Part(part.X[:n], part.y[:n]),
        val=lambda seed: part,
        test=lambda: part,
        most=len(part.X),
    )
