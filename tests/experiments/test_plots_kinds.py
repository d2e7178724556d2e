"""Every kind of figure of a run: drawn where it applies and only there, and for unusual runs."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from knobwise.experiments import plots, problems
from knobwise.experiments.data.problem import Array, Part, Problem
from knobwise.experiments.plots import RunView, pictures_of
from tests.experiments.views import CURVES, Model, classes, numbers, view_of

FOR_NUMBERS = {"loss_curves", "partial_slices", "predicted_against_true", "residuals"}
FOR_CLASSES = {"loss_curves", "calibration", "confusion_matrix"}
BELONG: dict[str, tuple[tuple[Problem, Model], set[str]]] = {
    "one input": (numbers(1), FOR_NUMBERS),
    "three inputs": (numbers(3), FOR_NUMBERS),
    "two inputs without a grid": (numbers(2), FOR_NUMBERS),
    "a logarithm": (numbers(3, log_shift=0.5), FOR_NUMBERS),
    "three outputs": (numbers(4, outputs=3), FOR_NUMBERS),
    "two classes over two inputs": (classes(2), {*FOR_CLASSES, "decision_regions"}),
    "five classes over two inputs": (classes(5), {*FOR_CLASSES, "decision_regions"}),
    "two classes over one input": (classes(2, d=1), {*FOR_CLASSES, "partial_slices"}),
    "three classes over four inputs": (classes(3, d=4), {*FOR_CLASSES, "partial_slices"}),
}


def drawn(view: RunView) -> dict[str, bytes]:
    """All pictures of a run by the name of their kind; each is checked not to be blank."""
    by_kind = {name.partition("/")[2].removesuffix(".png"): png for name, png in pictures_of(*view).items()}
    for name, png in by_kind.items():
        assert np.ptp(np.asarray(imread(io.BytesIO(png)))) > 0.5, name
    return by_kind


@pytest.mark.parametrize("name", BELONG)
def test_a_run_gets_the_pictures_that_belong_to_it(name: str) -> None:
    (problem, model), expected = BELONG[name]
    assert drawn(view_of(problem, model)).keys() == expected


def test_every_kind_is_tested() -> None:
    tried = set().union(*(expected for _, expected in BELONG.values()))
    assert plots.kinds().keys() - tried == {"true_vs_predicted"}, "surfaces have tests of their own"


@pytest.mark.parametrize("name", BELONG)
def test_a_diverged_run_gets_its_loss_curves_only(name: str) -> None:
    (problem, model), _ = BELONG[name]
    assert drawn(view_of(problem, model, finished=False)).keys() == {"loss_curves"}


@pytest.mark.parametrize("name", BELONG)
def test_figures_without_a_model(name: str) -> None:
    (problem, model), expected = BELONG[name]
    asking = {"partial_slices", "decision_regions"}
    assert drawn(view_of(problem, model)._replace(predict=None)).keys() == expected - asking


def test_a_surface_has_no_slices() -> None:
    article = problems.load("article")
    assert drawn(view_of(article, lambda X: X[:, :1])).keys() == {"loss_curves", "true_vs_predicted"}
    assert not plots.kinds()["true_vs_predicted"].applies(view_of(*classes(2))._replace(problem=classes_on_a_grid()))


def classes_on_a_grid() -> Problem:
    return classes(2)[0]._replace(grid=(10, 30))


@pytest.mark.parametrize("name", BELONG)
@pytest.mark.parametrize("constant", [0.0, 0.5])
def test_constant_predictions(name: str, constant: float) -> None:
    (problem, _), expected = BELONG[name]

    def model(X: Array) -> Array:
        return np.full((len(X), len(problem.outputs)), constant)

    assert drawn(view_of(problem, model)).keys() == expected


@pytest.mark.parametrize("name", BELONG)
def test_one_row(name: str) -> None:
    (problem, model), expected = BELONG[name]
    one = Part(problem.test().X[:1], problem.test().y[:1])
    assert drawn(view_of(problem._replace(test=lambda: one), model)).keys() == expected


@pytest.mark.parametrize("name", BELONG)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_predictions_that_are_not_finite(name: str, bad: float) -> None:
    """Some of them, then all."""
    (problem, model), expected = BELONG[name]

    def partly(X: Array) -> Array:
        return np.where(X[:, :1] > 0.5, bad, model(X))

    test = problem.test()
    metrics = {"test_mse": bad}
    assert drawn(RunView(problem, test, partly(test.X), CURVES, metrics, partly)).keys() == expected
    nothing = np.full_like(test.y, bad)
    rest = drawn(RunView(problem, test, nothing, CURVES, metrics, lambda X: np.full((len(X), test.y.shape[1]), bad)))
    assert rest.keys() == expected - {"partial_slices"}


@pytest.mark.parametrize("made", [numbers(64), classes(30, d=20, n=900), classes(60, n=600), classes(2, d=64)])
def test_many_inputs_and_many_classes(made: tuple[Problem, Model]) -> None:
    assert len(drawn(view_of(*made))) >= 4


def test_an_input_that_does_not_vary_and_a_far_outlier() -> None:
    problem, model = numbers(3)
    X = problem.test().X.copy()
    X[:, 1] = 7.0
    X[0] = 1e6
    part = Part(X, problem.test().y)
    far = problem._replace(test=lambda: part)
    assert drawn(view_of(far, lambda X: model(np.clip(X, -3, 3)))).keys() == FOR_NUMBERS


def test_a_reused_figure_keeps_nothing_of_the_previous_run() -> None:
    """Drawn after others, then after yet others, in the opposite order."""
    views = {name: view_of(*made) for name, (made, _) in BELONG.items()}
    first = {name: pictures_of(*view) for name, view in views.items()}
    for name, view in reversed(views.items()):
        assert pictures_of(*view) == first[name]
