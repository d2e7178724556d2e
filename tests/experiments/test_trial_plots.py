"""The figures of a study: the place of each trial, labels, and unusual studies."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.image import imread

from knobwise.experiments.plots.canvas import render
from knobwise.experiments.plots.study import cost_front, knob_map, knob_slices, search_progress, single_knob, structures
from knobwise.experiments.plots.study.trials import Trials, front, positions

NAN = float("nan")


def trials(
    knobs: Mapping[str, Sequence[Any]],
    error: Sequence[float],
    status: Sequence[str] | None = None,
    *,
    choices: Mapping[str, Sequence[Any]] | None = None,
    words: Mapping[int, str] | None = None,
) -> Trials:
    status = status or ["complete"] * len(error)
    return Trials(np.arange(len(error)), status, np.array(error), knobs, choices or {}, frozenset(), words or {})


def dots(axes: Axes) -> list[list[list[float]]]:
    """The places of each group of dots, ring or crosses, in the order they were drawn."""
    return [np.asarray(each.get_offsets()).tolist() for each in axes.collections if isinstance(each, PathCollection)]


def texts(figure: Figure) -> str:
    """All words above and in its panels."""
    titles = [axes.get_title("left") for axes in figure.axes]
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return " ".join([*titles, *(text.get_text() for text in texts)])


LR = trials(
    {"lr": [1e-4, 1e-3, 3e-3, 2e-3], "epochs": [500, 2000, 8000, 4000]},
    [20.0, 10.0, NAN, 15.0],
    ["complete", "complete", "diverged", "pruned"],
    words={1: "baseline"},
)


def test_the_map_marks_trials_without_a_result_and_named_trials() -> None:
    figure = knob_map.draw(LR, ("lr", "epochs"))
    axes, bar = figure.axes
    crosses, rings, complete, named = dots(axes)
    assert crosses == [[3e-3, 8000.0]]
    assert rings == [[2e-3, 4000.0]]
    assert complete == [[1e-4, 500.0], [1e-3, 2000.0]]
    assert named == [[1e-3, 2000.0]]
    assert np.asarray(axes.collections[2].get_array()).tolist() == [20.0, 10.0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert bar.get_title() == "val MSE"
    assert "cross: diverged" in texts(figure)
    assert "grey ring: cut short" in texts(figure)


@pytest.mark.parametrize("error", [NAN, 5.0, 0.0, -1.0])
def test_pictures_of_one_trial(error: float) -> None:
    status = ["complete" if np.isfinite(error) else "diverged"]
    one = trials({"a": [0.0], "b": [-1.0]}, [error], status, words={0: "baseline"})
    for figure in (knob_map.draw(one, ("a", "b")), single_knob.draw(one, "a"), search_progress.draw(one)):
        assert imread(io.BytesIO(render(figure))).shape[:2] == (460, 700)


def test_the_error_against_a_knob_has_the_cut_short_at_their_last_error_and_the_diverged_on_top() -> None:
    figure = single_knob.draw(LR, "lr")
    (axes,) = figure.axes
    rings, complete, crosses, _ = dots(axes)
    assert rings == [[2e-3, 15.0]]
    assert complete == [[1e-4, 20.0], [1e-3, 10.0]]
    assert [across for across, _ in crosses] == [3e-3]
    assert 0.9 < crosses[0][1] < 1, "in parts of the height"
    highest = axes.transAxes.inverted().transform(axes.transData.transform((1e-3, 20.0)))[1]
    assert highest < crosses[0][1] - 0.03, "a dot would be taken for one of the crosses"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("learning rate (lr)", "val MSE")


def test_the_key_has_only_the_markers_in_the_figure() -> None:
    words = texts(single_knob.draw(trials({"lr": [1e-3, 1e-2]}, [2.0, 1.0]), "lr"))
    assert "cross" not in words
    assert "ring" not in words


CHOICES = trials(
    {"schedule": ["cosine", "constant", "cosine", "constant", None]},
    [3.0, 4.0, 2.0, 5.0, 1.0],
    choices={"schedule": ["constant", "step", "cosine"]},
)


def test_choices_stand_in_strips_in_their_order_with_the_best_of_each_marked() -> None:
    assert positions(CHOICES, "schedule")[:4].tolist() == [2, 0, 2, 0]
    assert np.isnan(positions(CHOICES, "schedule")[4]), "it was not asked for"
    assert single_knob.best_of_each(CHOICES, "schedule").tolist() == [1, 2]
    figure = single_knob.draw(CHOICES, "schedule")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["constant", "step", "cosine"]
    (best,) = axes.get_lines()
    assert np.asarray(best.get_xydata()).tolist() == [[0, 4.0], [2, 2.0]]
    assert best.get_linestyle() == "None", "there is nothing between two choices"
    places = single_knob.places(CHOICES, "schedule", np.array([1, 2]))[:4]
    assert np.all(np.abs(places - [2, 0, 2, 0]) < 0.3)


def test_a_learning_curve_joins_the_test_errors_of_the_best_by_validation() -> None:
    sizes = trials({"n_samples": [100, 100, 1000, 1000]}, [9.0, 8.0, 5.0, 4.0], choices={"n_samples": [100, 1000]})
    figure = single_knob.draw(sizes, "n_samples", drawn=np.array([7.0, 8.5, 3.0, 4.5]), drawn_name="test MSE")
    (axes,) = figure.axes
    (curve,) = axes.get_lines()
    assert np.asarray(curve.get_xydata()).tolist() == [[0, 8.5], [1, 4.5]]
    assert curve.get_linestyle() == "-"
    assert axes.get_ylabel() == "test MSE"
    assert "the best by val MSE for each n_samples" in texts(figure)


def test_no_best_is_marked_where_no_value_repeats() -> None:
    assert single_knob.best_of_each(trials({"lr": [1.0, 2.0, 3.0]}, [3.0, 2.0, 1.0]), "lr").size == 0


def test_diverged_and_pruned_trials_are_never_the_best_of_a_value() -> None:
    some = trials(
        {"k": ["a", "a", "b"]}, [5.0, 1.0, NAN], ["complete", "pruned", "diverged"], choices={"k": ["a", "b"]}
    )
    assert single_knob.best_of_each(some, "k").tolist() == [0]


def test_slices_have_a_panel_for_each_knob_on_one_scale() -> None:
    knobs: dict[str, Sequence[Any]] = {
        "lr": [1e-3, 1e-2, 1e-1],
        "schedule": ["step", "step", "cosine"],
        "batch_size": [0, 50, 100],
    }
    four = trials(
        {**knobs, "layers": [1, 2, 3]}, [3.0, 2.0, 1.0], choices={"schedule": ["step", "cosine"]}, words={2: "best"}
    )
    figure = knob_slices.draw(four, list(four.knobs))
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "learning rate (lr)",
        "schedule",
        "samples in a step (batch_size; 0: all)",
        "hidden layers",
    ]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert [axes.get_ylabel() for axes in figure.axes] == ["val MSE", "", "", "val MSE"]
    for axes, across in zip(figure.axes, (1e-1, 1.0, 100.0, 3.0), strict=True):
        assert [across, 1.0] in [place for group in dots(axes) for place in group]
    right, top = figure.get_figwidth(), figure.get_figheight()
    assert all(0 < axes.get_position().x0 < axes.get_position().x1 < 1 for axes in figure.axes), (right, top)


def test_structures_are_named_where_no_smaller_network_does_better() -> None:
    widths = [(4,), (8, 8), (64, 64), (32,)]
    some = trials({"layers": [1, 2, 2, 1]}, [9.0, 4.0, 1.0, 6.0])
    figure = structures.draw(some, widths, np.array([17.0, 105.0, 4417.0, 129.0]))
    (axes,) = figure.axes
    (line,) = axes.get_lines()
    assert np.asarray(line.get_xydata()).tolist() == [[17.0, 9.0], [105.0, 4.0], [4417.0, 1.0]]
    names = [text.get_text() for text in axes.texts]
    assert {"4", "8-8", "64-64"} <= set(names)
    assert "32" not in names
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["1 layer", "2 layers"]


def test_a_structure_of_unknown_size_is_left_out() -> None:
    some = trials({"layers": [1, 2]}, [9.0, 4.0])
    (axes,) = structures.draw(some, [(4,), (8, 8)], np.array([17.0, NAN])).axes
    assert [17.0, 9.0] in [place for group in dots(axes) for place in group]
    assert np.asarray(axes.get_lines()[0].get_xydata()).tolist() == [[17.0, 9.0]]


def test_the_front_is_of_complete_trials_only() -> None:
    some = trials({}, [9.0, 1.0, 4.0, 5.0], ["complete", "pruned", "complete", "complete"])
    cost = np.array([1.0, 2.0, 3.0, 4.0])
    assert front(some, cost).tolist() == [0, 2]
    figure = cost_front.draw(some, cost, "flops")
    (axes,) = figure.axes
    assert np.asarray(axes.get_lines()[0].get_xydata()).tolist() == [[1.0, 9.0], [3.0, 4.0]]
    assert axes.get_xlabel() == "floating-point operations (flops)"
    assert "2 on the front" in texts(figure)


def test_progress_is_the_best_complete_error_so_far() -> None:
    some = trials({}, [5.0, NAN, 7.0, 2.0, 1.0], ["complete", "diverged", "complete", "complete", "pruned"])
    (axes,) = search_progress.draw(some).axes
    assert np.asarray(axes.get_lines()[0].get_ydata()).tolist() == [5.0, 5.0, 5.0, 2.0, 2.0]
