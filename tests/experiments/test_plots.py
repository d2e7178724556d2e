"""The figures of a run: content, common scales, and unusual curves."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.typing import NDArray

from knobwise.experiments import plots, problems
from knobwise.experiments.data.problem import Array, Part, Problem
from knobwise.experiments.outcome import Curves
from knobwise.experiments.plots import (
    RunView,
    error_surface,
    loss_curves,
    pictures_of,
    predicted_against_true,
    sample_scatter,
    true_surface,
    true_vs_predicted,
)
from knobwise.experiments.plots.canvas import render, round_levels

ARTICLE = problems.load("article")
TEST = ARTICLE.test()
METRICS = {"test_r2": 0.91996, "test_mse": 10.375}


def curves(train: list[float], val: list[float] | None = None) -> Curves:
    scores = train if val is None else val
    return Curves(
        epoch=np.arange(1, len(train) + 1),
        train_loss=np.array(train),
        val_epoch=np.arange(1, len(scores) + 1),
        val_loss=np.array(scores, np.float64),
    )


FALLING = curves([3.0, 1.0, 0.4, 0.2])


def view(predicted: Array | None = TEST.y, problem: Problem = ARTICLE, test: Part = TEST) -> RunView:
    return RunView(problem, test, predicted, FALLING, METRICS)


def table(columns: int, rows: int = 500) -> RunView:
    """A run on a problem that is not a surface."""
    y = np.random.default_rng(1).normal(size=(rows, columns))
    problem = ARTICLE._replace(grid=None, surface=None, outputs=tuple("abcdef"[:columns]))
    return RunView(problem, Part(np.zeros((rows, 2)), y), y + 0.1, FALLING, METRICS)


def levels_of(drawn: QuadContourSet) -> Array:
    return np.asarray(drawn.levels)


def contours(figure: Figure) -> list[QuadContourSet]:
    return [each for axes in figure.axes for each in axes.collections if isinstance(each, QuadContourSet)]


def pixels(picture: bytes) -> NDArray[np.float32]:
    return np.asarray(imread(io.BytesIO(picture)))


def titled(figure: Figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes]


def test_a_surface_gets_contours_and_loss_curves() -> None:
    pictures = pictures_of(ARTICLE, TEST, TEST.y + 1, FALLING, METRICS)
    assert sorted(pictures) == ["pictures/loss_curves.png", "pictures/true_vs_predicted.png"]
    assert pixels(pictures["pictures/true_vs_predicted.png"]).shape[:2] == (470, 1000)
    assert all(np.ptp(pixels(picture)) > 0.9 for picture in pictures.values()), "something is drawn"


def test_another_problem_gets_predicted_against_true() -> None:
    run = table(1)
    assert sorted(pictures_of(*run)) == [
        "pictures/loss_curves.png",
        "pictures/predicted_against_true.png",
        "pictures/residuals.png",
    ]


def test_a_diverged_run_gets_its_loss_curves_only() -> None:
    assert list(pictures_of(ARTICLE, TEST, None, curves([1.0, np.inf]), {})) == ["pictures/loss_curves.png"]


def test_true_and_predicted_can_be_compared() -> None:
    figure = true_vs_predicted.draw(view(TEST.y * 0.5))
    true, predicted = contours(figure)
    assert (true.get_cmap().name, predicted.get_cmap().name) == ("viridis", "plasma")
    levels = levels_of(true)
    np.testing.assert_array_equal(levels, levels_of(predicted))
    assert levels[0] <= TEST.y.min()
    assert levels[-1] >= TEST.y.max()
    panels, bars = figure.axes[:2], figure.axes[2:]
    assert [axes.get_box_aspect() for axes in panels] == [1, 1]
    assert [axes.get_xlabel() for axes in panels] == ["X", "X"]
    assert bars[0].get_ylim() == bars[1].get_ylim() == (levels[0], levels[-1])
    assert titled(figure)[:2] == ["True surface", "Predicted: R² 0.9200, MSE 10.38"]
    assert figure.texts[0].get_text() == f"One colour scale for both: Z from {levels[0]:g} to {levels[-1]:g}."


def test_a_perfect_prediction_has_the_contours_of_the_truth() -> None:
    true, predicted = contours(true_vs_predicted.draw(view()))
    for one, other in zip(true.get_paths(), predicted.get_paths(), strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)


def test_x_runs_to_the_right_and_y_up() -> None:
    rising = ARTICLE._replace(name="slope")
    test = Part(TEST.X, TEST.X[:, :1] + 100 * TEST.X[:, 1:])
    image = pixels(render(true_surface.draw(rising, test)))
    bottom_left, bottom_right, top_left = image[390, 80, :3], image[390, 420, :3], image[70, 80, :3]
    assert top_left.sum() > bottom_left.sum() + 0.5, "viridis grows lighter, and y grows upwards"
    np.testing.assert_allclose(bottom_left, bottom_right, atol=0.1)


def test_the_reused_figure_keeps_nothing_of_the_previous_run() -> None:
    first = render(true_vs_predicted.draw(view(TEST.y * 0.3)))
    second = render(true_vs_predicted.draw(view(-TEST.y)))
    assert first != second
    assert render(true_vs_predicted.draw(view(TEST.y * 0.3))) == first
    assert len(contours(true_vs_predicted.draw(view(-TEST.y)))) == 2


def test_blitting_changes_no_pixel() -> None:
    render(true_vs_predicted.draw(view(-TEST.y)))
    figure = true_vs_predicted.draw(view(TEST.y * 0.5))
    blitted = render(figure)
    moving = [artist for axes in figure.axes for artist in axes.get_children() if artist.get_animated()]
    assert moving
    try:
        for artist in moving:
            artist.set_animated(False)
        assert render(figure) == blitted  # all of it drawn anew
    finally:
        for artist in moving:
            artist.set_animated(True)


def test_the_reused_loss_curves_keep_nothing_of_the_previous_run() -> None:
    first = render(loss_figure(curves([3.0, 1.0, 0.25])))
    loss_figure(curves([1e-4, 3e-5, np.inf, np.nan]), predicted=None)
    flat = render(loss_figure(curves([0.0, 0.0])))
    assert render(loss_figure(curves([3.0, 1.0, 0.25]))) == first
    assert render(loss_figure(curves([0.0, 0.0]))) == flat != first


def test_another_surface_gets_its_own_scale() -> None:
    shifted = Part(TEST.X, TEST.y + 1000)
    levels = levels_of(contours(true_vs_predicted.draw(view(shifted.y, test=shifted)))[0])
    assert levels[0] > 900
    assert levels_of(contours(true_vs_predicted.draw(view()))[0])[0] < 0


def test_predictions_that_are_not_finite_are_left_blank() -> None:
    predicted = TEST.y.copy()
    predicted[:500] = np.inf
    predicted[500:600] = np.nan
    assert pictures_of(*view(predicted))
    render(error_surface.draw(view(predicted)))


def test_the_error_surface_is_symmetric_about_0() -> None:
    predicted = TEST.y.copy()
    predicted[17] += 7.5
    predicted[2345] -= 3
    figure = error_surface.draw(view(predicted))
    levels = levels_of(contours(figure)[0])
    np.testing.assert_allclose(levels, -levels[::-1], atol=1e-12)
    assert 7.5 <= levels[-1] < 9
    assert contours(figure)[0].get_cmap().name == "RdBu_r"
    assert titled(figure)[0] == "Error, predicted − true: worst 7.5"
    assert render(error_surface.draw(view())), "a perfect prediction has no error to scale by"


def test_too_high_is_red_and_too_low_is_blue() -> None:
    image = pixels(render(error_surface.draw(view(TEST.y + 5 * np.sign(TEST.X[:, 1:])))))
    (high_red, _, high_blue), (low_red, _, low_blue) = image[100, 250, :3], image[350, 250, :3]
    assert high_red > high_blue + 0.2
    assert low_blue > low_red + 0.2


@pytest.mark.parametrize("count", [10, 1000, 10_000])
def test_the_scatter_shows_every_sample(count: int) -> None:
    figure = sample_scatter.draw(ARTICLE, ARTICLE.train(count, 0))
    dots = figure.axes[0].collections[0]
    np.testing.assert_array_equal(np.asarray(dots.get_offsets()), ARTICLE.train(count, 0).X)
    np.testing.assert_array_equal(np.asarray(dots.get_array()), ARTICLE.train(count, 0).y[:, 0])
    assert titled(figure)[0] == f"{count:,} samples, coloured by Z"
    assert render(figure)


def test_runs_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="needs a problem with a grid, and article has none"):
        true_surface.draw(ARTICLE._replace(grid=None), TEST)
    with pytest.raises(ValueError, match="needs 2 inputs, and article has 1"):
        sample_scatter.draw(ARTICLE._replace(inputs=("X",)), TEST)
    with pytest.raises(ValueError, match="this run of article has none"):
        error_surface.draw(view(None))


@pytest.mark.parametrize(("columns", "panels"), [(1, 1), (3, 3), (6, 4)])
def test_predicted_against_true_has_a_panel_an_output(columns: int, panels: int) -> None:
    figure = predicted_against_true.draw(table(columns))
    assert len(figure.axes) == panels
    x, y = np.asarray(figure.axes[0].collections[0].get_offsets()).T
    np.testing.assert_allclose(y, x + 0.1)
    assert figure.axes[0].get_xlim() == figure.axes[0].get_ylim()
    assert render(figure)


def test_predicted_against_true_thins_many_points() -> None:
    figure = predicted_against_true.draw(table(1, rows=50_001))
    assert 1000 < len(np.asarray(figure.axes[0].collections[0].get_offsets())) <= predicted_against_true.MOST_POINTS


def loss_figure(found: Curves, predicted: Array | None = TEST.y) -> Figure:
    figure = loss_curves.draw(RunView(ARTICLE, TEST, predicted, found, {}))
    assert render(figure)
    return figure


def test_the_loss_is_on_a_log_scale_with_both_curves_named() -> None:
    axes = loss_figure(curves([3.0, 1.0, 0.25], [4.0, 2.0, 0.5])).axes[0]
    assert axes.get_yscale() == "log"
    train, val = axes.get_lines()
    np.testing.assert_array_equal(train.get_ydata(), [3, 1, 0.25])
    np.testing.assert_array_equal(val.get_ydata(), [4, 2, 0.5])
    assert [text.get_text() for text in axes.texts] == ["train, last 0.25", "val, last 0.5"]
    assert [text.get_color() for text in axes.texts] == [line.get_color() for line in (train, val)]
    assert axes.get_title() == "Loss by epoch"
    low, high = axes.get_ylim()
    assert low < 0.25
    assert high > 4


@pytest.mark.parametrize(
    ("found", "epoch"),
    [
        (curves([1.0, 5.0, np.inf, np.nan], []), 3),
        (curves([1.0, np.nan], []), 2),
        (curves([np.nan], []), 1),
        (curves([1.0, 2.0, 3.0, np.inf], [1.0, np.nan]), 2),
        (curves([1.0, 1e300, 1e308, np.inf], []), 4),
        (curves([1e307, 1e308, np.inf]), 3),
    ],
)
def test_a_diverged_curve_has_its_epoch_in_the_title(found: Curves, epoch: int) -> None:
    figure = loss_figure(found, predicted=None)
    assert titled(figure) == [f"Loss by epoch: diverged at epoch {epoch}"]
    assert figure.axes[0].get_lines()[-1].get_xdata() == [epoch, epoch]


def test_where_only_the_weights_are_no_longer_finite_the_last_epoch_is_named() -> None:
    assert titled(loss_figure(curves([1.0, 50.0]), predicted=None)) == ["Loss by epoch: diverged at epoch 2"]


def test_the_readable_part_of_a_diverging_curve_is_not_flattened() -> None:
    assert loss_figure(curves([2.0, 1.0, 1e200, np.inf]), predicted=None).axes[0].get_ylim()[1] == 2000


@pytest.mark.parametrize("losses", [[0.5], [0.0], [0.0, 0.0], [1.0, 0.0, 0.5], [1e-320, 1e-310], [2.0, 2.0]])
def test_unusual_curves_are_drawn(losses: list[float]) -> None:
    axes = loss_figure(curves(losses)).axes[0]
    notes = [text.get_text() for text in axes.texts][2:]
    assert notes == (["a loss of 0 is not drawn"] if 0.0 in losses else [])
    assert axes.get_yscale() == ("log" if any(losses) else "linear")


def test_a_run_without_validation_scores_has_one_curve() -> None:
    assert len(loss_figure(curves([1.0, 0.5], [])).axes[0].get_lines()) == 1


@pytest.mark.parametrize(("low", "high"), [(-16.9, 54.8), (0.0, 1e-9), (5.0, 5.0), (-1e12, 3e12)])
def test_levels_are_round_even_and_cover(low: float, high: float) -> None:
    levels = round_levels(low, high)
    rounding = 1e-12 * max(abs(low), abs(high))
    assert levels[0] <= low + rounding
    assert levels[-1] >= high - rounding
    assert 2 <= len(levels) <= 32
    np.testing.assert_allclose(np.diff(levels), levels[1] - levels[0])


def test_nothing_global_is_changed() -> None:
    before = dict(mpl.rcParams)
    pictures_of(*view())
    assert dict(mpl.rcParams) == before


@pytest.fixture
def added_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A new kind of figure, put in as one file."""
    (tmp_path / "blank.py").write_text(
        "from matplotlib.figure import Figure\n"
        "def applies(view): return len(view.problem.inputs) == 2\n"
        "def draw(view): return Figure(figsize=(1, 1))\n"
    )
    monkeypatch.setattr(plots, "__path__", [*plots.__path__, str(tmp_path)])
    yield "pictures/blank.png"
    sys.modules.pop("knobwise.experiments.plots.blank", None)


def test_a_new_kind_of_figure_is_one_new_file(added_kind: str) -> None:
    assert pixels(pictures_of(*view())[added_kind]).shape[:2] == (100, 100)
    one_input = ARTICLE._replace(inputs=("X",), grid=None)
    assert added_kind not in pictures_of(*view(problem=one_input))
