"""The predicted class, and its probability, over the plane of two inputs."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from knobwise.experiments.data.problem import Array, Part, Problem
from knobwise.experiments.metrics import class_of
from knobwise.experiments.plots import RunView
from knobwise.experiments.plots.canvas import MUTED
from knobwise.experiments.plots.class_signs import colour, marker, short
from knobwise.experiments.text import scores_text

CELLS = 160  # along each side: a finer grid looks the same
MOST_POINTS = 800
NAMED = 20  # classes in the legend
DEEPEST = 0.62  # share of a class's colour where its probability is 1; the points are darker


def applies(view: RunView) -> bool:
    """Whether the run is a classification over two inputs, with its model."""
    problem = view.problem
    return (
        bool(problem.classes) and len(problem.inputs) == 2 and view.predicted is not None and view.predict is not None
    )


def draw(view: RunView) -> Figure:
    """Each place in the colour of its most probable class, paler where that is less probable, and the test points.

    A point in another colour than its background is an error, and has a black edge.
    """
    assert view.predicted is not None
    assert view.predict is not None
    figure = Figure(figsize=(7.2, 5.2))
    axes = figure.add_axes((0.1, 0.115, 0.66, 0.765))
    (left, right), (bottom, top) = (_ends(view.test.X[:, column]) for column in (0, 1))
    x, y = np.meshgrid(_centres(left, right), _centres(bottom, top))
    p = view.predict(np.column_stack([x.ravel(), y.ravel()]))
    axes.imshow(
        shades(p).reshape(CELLS, CELLS, 3),
        extent=(left, right, bottom, top),
        origin="lower",
        aspect="auto",
        interpolation="bilinear",
    )
    _borders(axes, x, y, p)
    _points(axes, view.problem, view.test, view.predicted)
    axes.set(xlim=(left, right), ylim=(bottom, top), xlabel=view.problem.inputs[0], ylabel=view.problem.inputs[1])
    axes.locator_params(nbins=6)
    figure.text(0.1, 0.945, ": ".join(filter(None, ["Decision regions", scores_text(view.metrics)])), fontsize="large")
    figure.text(
        0.1, 0.9, "paler: less sure; black edge: a test point taken for another class", color=MUTED, size="small"
    )
    return figure


def shades(p: Array) -> Array:
    """`(m, 3)` red, green and blue for probabilities `(m, k)`: white where all classes are equally probable.

    White too where a probability is not finite.
    """
    finite = np.isfinite(p).all(axis=1, keepdims=True)
    both = np.column_stack([1 - p, p]) if p.shape[1] == 1 else p
    both = np.where(finite, both, 1 / both.shape[1])
    k = both.shape[1]
    sure = np.clip((both.max(axis=1) - 1 / k) / (1 - 1 / k), 0, 1)[:, None]
    colours = np.array([to_rgb(colour(each)) for each in range(k)])[class_of(both)]
    # A step at the border, so that it is visible where the model is unsure; then deeper with the probability.
    depth = DEEPEST * np.where(sure > 0, 0.2 + 0.8 * sure, 0)
    blended: Array = 1 - depth * (1 - colours)
    return blended


def _ends(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


def _centres(low: float, high: float) -> Array:
    half = (high - low) / CELLS / 2
    return np.linspace(low + half, high - half, CELLS)


def _borders(axes: Axes, x: Array, y: Array, p: Array) -> None:
    """The lines where another class becomes the most probable one."""
    if not np.isfinite(p).all():
        return
    side = (CELLS, CELLS)
    if p.shape[1] == 1:
        margins = [p.reshape(side) - 0.5]
    else:
        classes = np.unique(class_of(p))
        best = np.sort(p, axis=1)
        other = {each: np.where(p[:, each] == best[:, -1], best[:, -2], best[:, -1]) for each in classes}
        margins = [(p[:, each] - other[each]).reshape(side) for each in classes] if len(classes) > 1 else []
    for margin in margins:
        if margin.min() < 0 < margin.max():
            axes.contour(x, y, margin, [0], colors=["#222222"], linewidths=0.9)


def _points(axes: Axes, problem: Problem, test: Part, predicted: Array) -> None:
    every = -(-len(test.y) // MOST_POINTS)
    X, truth, assigned = test.X[::every], class_of(test.y)[::every], class_of(predicted)[::every]
    for number, name in enumerate(problem.classes):
        for wrong in (False, True):
            these = (truth == number) & ((assigned != number) == wrong)
            axes.scatter(
                X[these, 0],
                X[these, 1],
                34 if wrong else 26,
                color=colour(number),
                marker=marker(number),
                edgecolors="black" if wrong else "white",
                linewidths=1.3 if wrong else 0.6,
                zorder=4 if wrong else 3,
            )
        if number < NAMED:
            axes.scatter([], [], s=30, color=colour(number), marker=marker(number), label=short(name))
    title = f"{problem.target} (first {NAMED})" if len(problem.classes) > NAMED else problem.target
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1.02), frameon=False, title=short(title, 20), handletextpad=0.2,
        fontsize="medium" if len(problem.classes) <= 12 else "small",
    )  # fmt: skip
