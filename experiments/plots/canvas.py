"""Common parts of all figures: PNG files, filled contours, layout.

Figures are `matplotlib.figure.Figure`, never pyplot: no global state, and a worker needs no display. Axes have fixed
positions, because computing a layout takes longer than drawing.
"""

import io
import threading
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.ticker import Locator, MaxNLocator
from PIL import Image

from knobwise.experiments.data.problem import Array, Part

_SETTING = threading.Lock()
DPI = 100
BANDS = 30  # contour bands at most: more are not distinguishable, and take time
TRUE, SECOND, MUTED = "#0072B2", "#D55E00", "#555555"  # Okabe and Ito's blue and vermilion: colour-blind safe


def render(figure: Figure) -> bytes:
    """The figure as a PNG file.

    Where some of its artists are animated (matplotlib's term for those that change between pictures), all others are
    drawn once, and they on top: blitting, as in matplotlib's animations.
    """
    # Hinting takes a fifth of the time of drawing. The setting is global to matplotlib, for all threads.
    with _SETTING, rc_context({"text.hinting": "none"}):
        canvas = _canvas(figure)
    return _png(canvas)


def _canvas(figure: Figure) -> FigureCanvasAgg:
    moving = [artist for axes in figure.axes for artist in axes.get_children() if artist.get_animated()]
    if not moving:
        return _drawn(figure)
    canvas, background = _still(figure, str(figure.get_label()))
    canvas.restore_region(background)  # type: ignore[no-untyped-call]
    for artist in sorted(moving, key=lambda artist: artist.get_zorder()):
        artist.draw(canvas.get_renderer())  # type: ignore[no-untyped-call]
    return canvas


def _png(canvas: FigureCanvasAgg) -> bytes:
    file = io.BytesIO()
    # A palette of 256 colours takes half of the time and space of true colour.
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    few = Image.fromarray(pixels).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    ground, colours = int(np.asarray(few)[0, 0]), few.getpalette() or []
    colours[3 * ground : 3 * ground + 3] = pixels[0, 0, :3].tolist()  # keep the background exactly white
    few.putpalette(colours)
    few.save(file, "png", compress_level=2, dpi=(DPI, DPI))
    return file.getvalue()


@lru_cache(maxsize=4)
def _still(figure: Figure, label: str) -> tuple[FigureCanvasAgg, Any]:  # noqa: ARG001  part of the cache's key
    """The figure without its animated artists, drawn; it must not change while it has this label."""
    canvas = _drawn(figure)
    return canvas, canvas.copy_from_bbox(figure.bbox)  # type: ignore[no-untyped-call]


def _drawn(figure: Figure) -> FigureCanvasAgg:
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return canvas


def gridded(test: Part, values: Array, shape: tuple[int, int]) -> tuple[Array, Array, Array]:
    """Both inputs of `test` and the `values` at them, each `(rows, columns)`; values that are not finite are masked."""
    z: Array = np.ma.masked_invalid(values.reshape(shape))
    return test.X[:, 0].reshape(shape), test.X[:, 1].reshape(shape), z


def round_levels(low: float, high: float) -> Array:
    """Round numbers, evenly spaced, that cover low..high in at most `BANDS` steps.

    >>> round_levels(-1, 9)[:3]
    array([-1. , -0.5,  0. ])
    """
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size or not size:  # a flat surface: a band around it
        low, high = low - (size or 1.0) / 10, high + (size or 1.0) / 10
    return np.asarray(MaxNLocator(BANDS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))


def surface_axes(figure: Figure, place: tuple[float, float, float, float], labels: tuple[str, ...]) -> Axes:
    """Square axes for a surface over two inputs, at `place` (left, bottom, width, height; parts of the figure)."""
    axes = figure.add_axes(place, box_aspect=1)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1], rotation=0 if len(labels[1]) <= 2 else 90, labelpad=8)  # a word does not fit
    axes.locator_params(nbins=5)
    return axes


def fill(axes: Axes, surface: tuple[Array, Array, Array], levels: Array, colours: str) -> ContourSet:
    """Filled contours; values beyond the levels have the colours of their ends."""
    return axes.contourf(*surface, levels, cmap=colours, extend="both")


def colour_bar(axes: Axes, levels: Array, colours: str, label: str) -> None:
    """A colour bar for filled contours beside `axes`, of the same height."""
    colour_bar_of(axes, ScalarMappable(Normalize(levels[0], levels[-1]), colours), label, MaxNLocator(6))


def colour_bar_of(axes: Axes, scale: ScalarMappable, label: str, ticks: Locator | None = None) -> Axes:
    """A colour bar for the colours of `scale` beside `axes`, of the same height."""
    figure, place = axes.get_figure(root=True), axes.get_position()
    assert figure is not None
    bar = figure.add_axes(
        (place.x1 + 0.15 / figure.get_figwidth(), place.y0, 0.18 / figure.get_figwidth(), place.height)
    )
    figure.colorbar(scale, cax=bar, ticks=ticks)
    bar.set_title(label, fontsize="medium")
    return bar
