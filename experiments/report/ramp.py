"""The colours of results: ten bands from the best error to the poor ones, the same in every chart of a report.

Band 0 stands out most from the page, dark on white and bright on black; poor results recede. The colours are those of
viridis, whose lightness alone tells their order: so everyone can distinguish them, also on paper without colour.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.report.markup import Markup, tag
from knobwise.experiments.text import typeset

Array = NDArray[np.float64]

BANDS = 10
_REST = 0.9  # of the errors lie within the bands; the last takes the others too


class Ramp(NamedTuple):
    """Ten bands of errors.

    Attributes:
        edges: of the bands, `(11,)`, rising.
    """

    edges: Array

    def bands(self, values: Array) -> NDArray[np.int64]:
        """The band of each value, 0 to 9."""
        return np.clip(np.searchsorted(self.edges, values, side="right") - 1, 0, BANDS - 1)

    def classes(self, values: Array) -> list[str]:
        """The CSS class of each value's band; `none` for NaN."""
        return [f"r{band}" if np.isfinite(value) else "none" for band, value in zip(self.bands(values), values)]  # noqa: B905

    def legend(self, what: str) -> Markup:
        """The bands in a row, with the errors at their ends and in the middle."""
        low, middle, high = (typeset(float(self.edges[at])) for at in (0, BANDS // 2, -1))
        marks = [low, middle, f"{high} or more"]
        swatches = (tag("i", class_=f"swatch r{band}") for band in range(BANDS))
        return tag(
            "div",
            tag("span", what, class_="what"),
            tag("span", *swatches, class_="swatches", aria_hidden="true"),
            tag("span", *(tag("span", mark) for mark in marks), class_="marks"),
            class_="legend",
        )


def ramp(errors: Array) -> Ramp:
    """Bands for `errors`, `(n,)`, of which those that are NaN do not count; by equal factors where all are > 0.

    >>> ramp(np.array([1.0, 10.0, 100.0])).edges.round(1)[:3].tolist()
    [1.0, 1.6, 2.4]
    """
    finite = errors[np.isfinite(errors)]
    if not finite.size:
        return Ramp(np.linspace(0.0, 1.0, BANDS + 1))
    low, high = float(finite.min()), float(np.quantile(finite, _REST))
    if high <= low:
        high = float(finite.max()) if finite.max() > low else low + (abs(low) or 1.0)
    return Ramp(np.geomspace(low, high, BANDS + 1) if low > 0 else np.linspace(low, high, BANDS + 1))
