"""Surfaces as filled contours in SVG, and a surface through scattered trials."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.report.charts import line
from knobwise.experiments.report.markup import Markup, join, tag

Array = NDArray[np.float64]

AROUND = 0.025  # of the chart's sides: how far the surface extends beyond the outermost trials
_NEIGHBOURS = 60  # trials that a place is worked out from where there are very many


def filled(x: Array, y: Array, z: Array, edges: Array, classes: list[str]) -> Markup:
    """The bands of `z` between neighbouring `edges`, a path each, whose class gives its colour.

    Args:
        x: `(columns,)`, pixels.
        y: `(rows,)`, pixels.
        z: `(rows, columns)`; NaN where there is nothing to draw.
        edges: `(n + 1,)`, rising. What lies beyond them is drawn as the first or the last band.
        classes: `n` of them, for the bands.
    """
    from contourpy import FillType, contour_generator

    lines = contour_generator(x, y, np.ma.masked_invalid(z), fill_type=FillType.OuterOffset)
    paths = []
    last = len(classes) - 1
    for band, name in enumerate(classes):
        low = -np.inf if band == 0 else edges[band]
        high = np.inf if band == last else edges[band + 1]
        if d := _rings(lines, low, high):
            paths.append(tag("path", d=d, class_=f"band {name}", fill_rule="evenodd"))
    return join(paths)


def _rings(lines: Any, low: float, high: float) -> str:
    """The data of a path around all places between two levels: every border closed, those of holes too."""
    points, offsets = lines.filled(low, high)
    return "".join(
        line(polygon[start:end], closed=True)
        for polygon, starts in zip(points, offsets, strict=True)
        for start, end in itertools.pairwise(starts)
    )


def region(x: Array, y: Array, inside: Array) -> str:
    """The data of a path around where `inside`, `(rows, columns)`, is >= 0; its border runs between the points."""
    from contourpy import FillType, contour_generator

    return _rings(contour_generator(x, y, inside, fill_type=FillType.OuterOffset), 0.0, np.inf)


def through(places: Array, values: Array, grid: Array, smoothing: float) -> Array:
    """A smooth surface through scattered values.

    A thin-plate spline, which bends as little as it can: Duchon, Splines minimizing rotation-invariant semi-norms in
    Sobolev spaces, 1977. It is kept within the values' range.

    Args:
        places: `(n, 2)`, on scales of about 1.
        values: `(n,)`.
        grid: `(m, 2)`, where the surface is wanted.
        smoothing: 0 passes through every value; more bends less, where values near each other differ.

    Returns:
        `(m,)`; all NaN where the places are too few or lie on a line.
    """
    from scipy.interpolate import RBFInterpolator

    different, which = np.unique(places.round(6), axis=0, return_inverse=True)
    centred = different - different.mean(axis=0)
    if len(different) < 4 or np.linalg.svd(centred, compute_uv=False)[1] < 1e-3 * len(different) ** 0.5:
        return np.full(len(grid), np.nan)
    means = np.bincount(which.ravel(), values) / np.bincount(which.ravel())
    near = _NEIGHBOURS if len(different) > 4 * _NEIGHBOURS else None
    spline = RBFInterpolator(different, means, neighbors=near, smoothing=smoothing, kernel="thin_plate_spline")
    heights: Array = np.clip(spline(grid), values.min(), values.max())
    return heights


def known(places: Array, grid: Array, empty: Array) -> Array:
    """How far each point of `grid` is inside of what was tried: positive there, negative outside.

    Inside is the convex hull of `places` and a little around it, but for where most of the trials near by are of
    `empty`: places that were tried and have no value, as those of diverged trials.

    Returns:
        `(m,)`, for a `grid` of `(m, 2)`.
    """
    from scipy.spatial import ConvexHull

    hull = ConvexHull(places).equations
    inside = AROUND - (grid @ hull[:, :2].T + hull[:, 2]).max(axis=1)
    if len(empty):
        reach = float(np.clip((len(places) + len(empty)) ** -0.5, 0.03, 0.12))
        good, bad = _near(grid, places, reach), _near(grid, empty, reach)
        inside = np.minimum(inside, (good - bad) / (good + bad))
    return np.asarray(inside)


def _near(grid: Array, places: Array, reach: float) -> Array:
    """How many of `places` are near each point of `grid`: each counts 1 / (d^2 + reach^2)^2 at a distance of d."""
    weights = np.zeros(len(grid))
    for x, y in places:
        weights += ((grid[:, 0] - x) ** 2 + (grid[:, 1] - y) ** 2 + reach**2) ** -2
    return weights
