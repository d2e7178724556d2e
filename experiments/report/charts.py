"""Charts as SVG: a frame with axes, and marks in it. Colours are CSS classes, so that they follow light and dark.

A chart is drawn twice, for a wide page and for a phone, and the style sheet shows the one that fits: so its words have
the size of the page's own on both. Nothing in it is a picture; text is text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from knobwise.experiments.report.markup import Markup, join, number, tag
from knobwise.experiments.report.scales import Scale
from knobwise.experiments.text import brief

Array = NDArray[np.float64]


class Size(NamedTuple):
    """The size of a drawing.

    Attributes:
        width, height: in CSS pixels.
        shown: the CSS class that decides on which screens it is shown.
    """

    width: int
    height: int
    shown: str


WIDE, NARROW = Size(860, 440, "wide"), Size(358, 330, "narrow")
HALF_WIDE, HALF_NARROW = Size(418, 270, "wide"), Size(358, 240, "narrow")  # two side by side; on a phone one

TICK_WIDE, TICK_HIGH = 50, 34  # pixels from one tick to the next, at least


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A rectangle with a scale along each side.

    Attributes: the size of the whole drawing, both scales, and the margins around the frame.
    """

    size: Size
    x: Scale
    y: Scale
    left: int = 52
    right: int = 14
    top: int = 26
    bottom: int = 42

    @property
    def width(self) -> int:
        """Of the rectangle."""
        return self.size.width - self.left - self.right

    @property
    def height(self) -> int:
        """Of the rectangle."""
        return self.size.height - self.top - self.bottom

    def places(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Pixels `(n, 2)` of points."""
        across = self.left + self.width * self.x.at(x)
        return np.column_stack([across, self.top + self.height * (1 - self.y.at(y))])

    def axes(self, x_name: str, y_name: str, x_ticks: Sequence[float] | None = None) -> Markup:
        """Grid lines, ticks with their values, and the names: of y above its axis, of x below its own.

        Args:
            x_name, y_name: of the axes.
            x_ticks: where the ticks of x are, those of them that there is room for; None for round numbers.
        """
        bottom, right = self.top + self.height, self.left + self.width
        across = self.x.ticks(TICK_WIDE / self.width) if x_ticks is None else self._roomy(x_ticks)
        up = self.y.ticks(TICK_HIGH / self.height)
        parts: list[Markup] = []
        for tick, (at, _) in zip(across, self.places(across, [self.y.low] * len(across)), strict=True):
            parts.append(tag("line", x1=float(at), x2=float(at), y1=self.top, y2=bottom, class_="grid"))
            parts.append(tag("text", brief(tick), x=float(at), y=bottom + 17, class_="tick", text_anchor="middle"))
        for tick, (_, at) in zip(up, self.places([self.x.low] * len(up), up), strict=True):
            parts.append(tag("line", x1=self.left, x2=right, y1=float(at), y2=float(at), class_="grid"))
            parts.append(tag("text", brief(tick), x=self.left - 7, y=float(at) + 4, class_="tick", text_anchor="end"))
        parts.append(tag("text", y_name, x=4, y=13, class_="axis"))
        parts.append(tag("text", x_name, x=right, y=bottom + 36, class_="axis", text_anchor="end"))
        return join(parts)

    def _roomy(self, ticks: Sequence[float]) -> list[float]:
        """Those ticks of x that do not touch the one before."""
        kept: list[float] = []
        for tick in ticks:
            if not kept or float(self.x.at(tick) - self.x.at(kept[-1])) * self.width >= TICK_WIDE * 0.7:
                kept.append(tick)
        return kept


def figure(draw: Callable[[Size], Markup], alt: str, caption: object, sizes: Sequence[Size] = (WIDE, NARROW)) -> Markup:
    """A figure with its caption, drawn at each of `sizes`; `alt` describes it in words."""
    return tag("figure", *(svg(size, draw(size), alt) for size in sizes), tag("figcaption", caption))


def svg(size: Size, content: Markup, alt: str) -> Markup:
    """A drawing that is as wide as its place."""
    box = f"0 0 {size.width} {size.height}"
    return tag("svg", content, viewBox=box, class_=size.shown, role="img", aria_label=alt)


def dots(places: Array, classes: Sequence[str], radius: float, titles: Sequence[str] = ()) -> Markup:
    """A dot at each of `places`, of its own class; with `titles`, a tooltip on each."""
    words = [[tag("title", title)] for title in titles] or [[]] * len(places)
    return join(
        tag("circle", *word, cx=float(x), cy=float(y), r=radius, class_=f"dot {name}")
        for (x, y), name, word in zip(places, classes, words, strict=True)
    )


def crosses(places: Array, radius: float = 3.5) -> Markup:
    """A cross at each of `places`, all in one path."""
    d = "".join(
        f"M{number(x - radius)} {number(y - radius)}l{number(2 * radius)} {number(2 * radius)}"
        f"m0 {number(-2 * radius)}l{number(-2 * radius)} {number(2 * radius)}"
        for x, y in places
    )
    return tag("path", d=d, class_="cross") if len(places) else Markup()


def line(places: Array, *, closed: bool = False) -> str:
    """The data of a path through `places`, to a tenth of a pixel."""
    if not len(places):
        return ""
    text = "L".join(f"{number(round(float(x), 1))} {number(round(float(y), 1))}" for x, y in places)
    return f"M{text}{'Z' if closed else ''}"


def special(place: Array, kind: str, words: str, frame: Frame, *, below: bool = False) -> Markup:
    """A trial that has a name: the best, a diamond, or the baseline, a square; its name beside it, inside the frame."""
    x, y = float(place[0]), float(place[1])
    r = 7.0 if kind == "best" else 5.5
    shape = (
        f"M{number(x)} {number(y - r)}l{number(r)} {number(r)}l{number(-r)} {number(r)}l{number(-r)} {number(-r)}Z"
        if kind == "best"
        else f"M{number(x - r)} {number(y - r)}h{number(2 * r)}v{number(2 * r)}h{number(-2 * r)}Z"
    )
    left = x > frame.left + 0.6 * frame.width
    low = y + 22 > frame.top + frame.height
    high = y - 12 < frame.top
    up = (not below or low) and not high
    text = tag(
        "text",
        words,
        x=x - 10 if left else x + 10,
        y=y - 8 if up else y + 17,
        class_=f"name {kind}",
        text_anchor="end" if left else "start",
    )
    return join([tag("path", d=shape, class_=f"mark {kind}"), text])
