"""The content of the figures of tables and classes: their numbers are those of the run."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from knobwise.experiments.data.problem import Array, Part
from knobwise.experiments.metrics import Reliability, class_of
from knobwise.experiments.plots import (
    calibration,
    class_signs,
    confusion_matrix,
    decision_regions,
    partial_slices,
    predicted_against_true,
    residuals,
    slicing,
)
from knobwise.experiments.plots.slicing import slices
from tests.experiments.views import classes, numbers, view_of


def test_residuals_are_true_minus_predicted() -> None:
    view = view_of(*numbers(3))
    assert view.predicted is not None
    axes = residuals.draw(view).axes[0]
    x, y = np.asarray(axes.collections[0].get_offsets()).T
    np.testing.assert_allclose(x, view.predicted[:, 0])
    np.testing.assert_allclose(y, (view.test.y - view.predicted)[:, 0])
    half, most = np.quantile(np.abs(y), (0.5, 0.9))
    assert axes.get_title() == f"Residuals: half within ±{half:.3g}, 90% within ±{most:.3g}"


def test_where_a_logarithm_is_learnt_axes_are_logarithmic_and_residuals_are_factors() -> None:
    view = view_of(*numbers(3, log_shift=0.5))
    assert view.predicted is not None
    axes = residuals.draw(view).axes[0]
    shift = 0.5
    x, y = np.asarray(axes.collections[0].get_offsets()).T
    usable = view.predicted[:, 0] + shift > 0
    np.testing.assert_allclose(x, (view.predicted[:, 0] + shift)[usable])
    np.testing.assert_allclose(y, ((view.test.y + shift) / (view.predicted + shift))[usable, 0])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlabel() == "predicted u + 0.5"
    against = predicted_against_true.draw(view).axes[0]
    assert (against.get_xscale(), against.get_yscale()) == ("log", "log")
    assert against.get_xlim() == against.get_ylim()
    assert against.get_xlabel() == "true u + 0.5"


def test_the_running_median_follows_a_bend_and_the_band_a_funnel() -> None:
    random = np.random.default_rng(0)
    predicted = random.uniform(-2, 2, 20_000)
    left = predicted**2 + (3 + predicted) * random.normal(size=20_000)
    at, low, middle, high = residuals.running(predicted, left)
    assert len(at) == residuals.WINDOWS
    np.testing.assert_allclose(middle, at**2, atol=0.35)
    np.testing.assert_allclose(high - low, 2 * 1.2816 * (3 + at), rtol=0.15)  # the normal distribution's 90% quantile
    assert not len(residuals.running(predicted[:30], left[:30])[0]), "too few points for a band"


def test_the_point_of_the_slices_is_a_central_row() -> None:
    X = np.random.default_rng(0).normal(size=(501, 3)) * [1, 100, 0.01] + [5, 0, 0]
    point = slicing.best_covered(X)
    assert (point == X).all(axis=1).any()
    assert (np.abs((point - np.median(X, axis=0)) / X.std(axis=0)) < 0.5).all()


def test_slices_are_the_model_along_one_input() -> None:
    problem, model = numbers(3)
    X = problem.test().X
    found = slices(model, X, problem.inputs)
    assert [each.name for each in found] == ["x0", "x2", "x1"], "by how much they change the prediction"
    point = slicing.best_covered(X)
    for each, column in zip(found, (0, 2, 1), strict=True):
        rows = np.tile(point, (len(each.values), 1))
        rows[:, column] = each.values
        np.testing.assert_array_equal(each.predicted, model(rows))
        np.testing.assert_allclose(each.values[[0, -1]], np.quantile(X[:, column], (0.01, 0.99)))
        assert each.at == point[column]
        assert each.reach == np.ptp(model(rows))
    assert found[2].reach == 0


def test_predicting_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, model = numbers(7)
    asked: list[int] = []

    def counting(X: Array) -> Array:
        asked.append(X.size)
        return model(X)

    whole = slices(counting, problem.test().X, problem.inputs)
    assert len(asked) == 1
    monkeypatch.setattr(slicing, "AT_ONCE", 600)
    in_parts = slices(counting, problem.test().X, problem.inputs)
    assert max(asked[1:]) < 1200
    for one, other in zip(whole, in_parts, strict=True):
        assert one.name == other.name
        np.testing.assert_array_equal(one.predicted, other.predicted)


def test_categories_of_a_column_share_a_slice() -> None:
    X = np.array([[1, 0, 0, 5], [1, 0, 1, 6], [0, 1, 0, 7], [0, 0, 1, 8], [1, 0, 0, 9.5]])
    names = ("town=Bath", "town=Ely", "sold=yes", "age")

    def model(X: Array) -> Array:
        told: Array = X @ np.array([[10.0], [20.0], [1.0], [0.0]])
        return told

    found = {each.name: each for each in slices(model, X, names)}
    assert list(found) == ["town", "sold", "age"]
    town = found["town"]
    assert town.categories == ("Bath", "Ely", "other")
    base = slicing.best_covered(X)
    np.testing.assert_array_equal(town.predicted[:, 0] - base[2], [10, 20, 0])
    np.testing.assert_array_equal(town.data, [0, 0, 1, 2, 0])
    assert town.categories[int(town.at)] == "Bath"
    assert found["sold"].categories == ("yes", "not yes")
    np.testing.assert_array_equal(np.diff(found["sold"].predicted[:, 0]), [-1])
    axes = partial_slices.draw(
        view_of(numbers(4)[0]._replace(inputs=names, test=lambda: Part(X, X[:, :1])), model)
    ).axes
    assert [words.get_text() for words in axes[0].get_xticklabels()] == ["Bath", "Ely", "other"]


def test_an_equals_sign_in_a_name_makes_no_category() -> None:
    X = np.array([[0.5, 1.0], [2.0, 0.0]])
    assert slicing.columns_of(X, ["a=b", "c"]) == {"a=b": [0], "c": [1]}


def test_slices_show_the_nine_inputs_that_matter_most() -> None:
    view = view_of(*numbers(64))
    figure = partial_slices.draw(view)
    assert len(figure.axes) == 9
    assert [axes.get_xlabel() for axes in figure.axes[:2]] == ["x0", "x63"]
    assert figure.texts[0].get_text() == "Prediction along each input, the 9 of 64 that change it most"
    assert len({axes.get_ylim() for axes in figure.axes}) == 1, "one scale for all"


def test_a_single_input_has_its_curve_over_the_test_points() -> None:
    problem, model = numbers(1)
    axes = partial_slices.draw(view_of(problem, model)).axes[0]
    points = next(each for each in axes.collections if isinstance(each, PathCollection))
    np.testing.assert_allclose(np.asarray(points.get_offsets()), np.hstack(problem.test()))
    x, y = (np.asarray(each, np.float64) for each in axes.get_lines()[0].get_data())
    np.testing.assert_allclose(y, np.exp(x))
    assert (np.min(x), np.max(x)) == (problem.test().X.min(), problem.test().X.max())


def test_the_confusion_matrix_counts() -> None:
    view = view_of(*classes(3, d=3))
    assert view.predicted is not None
    axes = confusion_matrix.draw(view).axes[0]
    counts = np.zeros((3, 3), int)
    for true, predicted in zip(class_of(view.test.y), class_of(view.predicted), strict=True):
        counts[true, predicted] += 1
    np.testing.assert_allclose(np.asarray(axes.images[0].get_array()), counts / 100)
    written = {tuple(map(int, words.get_position()[::-1])): words.get_text().split("\n") for words in axes.texts}
    assert written.keys() == {tuple(map(int, each)) for each in np.argwhere(counts)}
    assert all(int(count) == counts[place] for place, (count, _) in written.items())
    assert written[0, 0][1] == f"{counts[0, 0]}%"
    assert [words.get_text() for words in axes.get_yticklabels()] == ["class 0", "class 1", "class 2"]


def test_the_calibration_curve_and_its_intervals() -> None:
    view = view_of(*classes(2, n=4000))
    axes, bars = calibration.draw(view).axes
    assert sum(int(words.get_text().replace(",", "")) for words in bars.texts) == 4000
    heights = [round(bar.get_height()) for bar in bars.patches if isinstance(bar, Rectangle)]
    assert sum(heights) == 4000
    dots = next(each for each in axes.collections if isinstance(each, PathCollection))
    predicted, observed = np.asarray(dots.get_offsets()).T
    np.testing.assert_allclose(predicted, observed, atol=0.12)  # the model is calibrated
    assert axes.get_title().startswith("Calibration: expected error 0.0")
    assert bars.get_xlabel() == "probability of class 1"
    many = calibration.draw(view_of(*classes(3)))
    assert many.axes[1].get_xlabel() == "probability of the predicted class"


def test_wilson_intervals_equal_published_ones() -> None:
    """Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I."""
    samples = np.array([263, 148, 20, 29])
    bins = Reliability(np.zeros(4), np.array([81, 15, 0, 1]) / samples, samples)
    expected = [[0.2553, 0.0624, 0.0, 0.0061], [0.3662, 0.1605, 0.1611, 0.1718]]
    np.testing.assert_allclose(calibration.wilson(bins), expected, atol=6e-5)


def test_regions_have_the_colour_of_the_class_and_pale_where_unsure() -> None:
    sure, unsure, even = decision_regions.shades(np.array([[0.0, 1.0, 0.0], [0.3, 0.4, 0.3], [1 / 3, 1 / 3, 1 / 3]]))
    pure = np.array(to_rgb(class_signs.colour(1)))
    np.testing.assert_allclose(sure, 1 - decision_regions.DEEPEST * (1 - pure))
    assert (sure <= unsure).all()
    assert unsure.sum() > sure.sum() + 0.3
    np.testing.assert_allclose(even, 1)
    first, second = decision_regions.shades(np.array([[0.0], [1.0]]))
    np.testing.assert_allclose(second, sure)
    np.testing.assert_allclose(first, 1 - decision_regions.DEEPEST * (1 - np.array(to_rgb(class_signs.colour(0)))))
    np.testing.assert_array_equal(decision_regions.shades(np.array([[np.nan]])), [[1, 1, 1]])


def test_mistakes_have_a_black_edge() -> None:
    view = view_of(*classes(3))
    assert view.predicted is not None
    axes = decision_regions.draw(view).axes[0]
    dots = [
        each for each in axes.collections if isinstance(each, PathCollection) and len(np.asarray(each.get_offsets()))
    ]
    black = [each for each in dots if tuple(np.asarray(each.get_edgecolor())[0][:3]) == (0, 0, 0)]
    wrong = class_of(view.test.y) != class_of(view.predicted)
    assert 0 < wrong.sum() < 150
    assert sum(len(np.asarray(each.get_offsets())) for each in black) == wrong.sum()
    assert sum(len(np.asarray(each.get_offsets())) for each in dots) == len(wrong)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["class 0", "class 1", "class 2"]


def test_no_marker_repeats() -> None:
    signs = {(class_signs.colour(each), class_signs.marker(each)) for each in range(88)}
    assert len(signs) == 88
