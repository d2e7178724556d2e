"""Calibration: observed frequency against predicted probability.

DeGroot and Fienberg (1983), "The comparison and evaluation of forecasters"; Niculescu-Mizil and Caruana (2005),
"Predicting good probabilities with supervised learning".
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from knobwise.experiments.data.problem import Array
from knobwise.experiments.metrics import Reliability, reliability
from knobwise.experiments.plots import RunView, confusion_matrix
from knobwise.experiments.plots.canvas import MUTED, SECOND, TRUE

Z = 1.959964  # of the normal distribution, for 95%


def applies(view: RunView) -> bool:
    """Whether the run has predicted classes."""
    return confusion_matrix.applies(view)


def draw(view: RunView) -> Figure:
    """Observed frequency over mean predicted probability, in ten bins, with 95% intervals; below, samples in each bin.

    For two classes, the probability of the second; for more, that of the predicted class.
    """
    assert view.predicted is not None
    figure = Figure(figsize=(5.2, 5.6))
    axes = figure.add_axes((0.15, 0.33, 0.81, 0.575))
    counts = figure.add_axes((0.15, 0.095, 0.81, 0.16))
    bins = reliability(view.test.y, view.predicted)
    low, high = wilson(bins)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle="--", zorder=1)
    axes.vlines(bins.predicted, low, high, color=TRUE, linewidth=1.4, alpha=0.6, zorder=2)
    axes.plot(bins.predicted, bins.observed, color=TRUE, linewidth=1.2, alpha=0.4, zorder=2)
    sizes = 20 + 100 * bins.samples / bins.samples.sum()
    axes.scatter(bins.predicted, bins.observed, sizes, TRUE, linewidths=0, zorder=3)
    axes.text(0.03, 0.955, "observed more often than predicted", color=MUTED, fontsize="small", va="top")
    axes.text(0.97, 0.045, "observed less often than predicted", color=MUTED, fontsize="small", ha="right")
    number = np.clip(np.ceil(bins.predicted * 10).astype(int) - 1, 0, 9)
    counts.bar(number / 10 + 0.05, bins.samples, width=0.09, color=SECOND, alpha=0.8)
    percent = FuncFormatter(lambda value, _: f"{100 * value:.0f}%")
    for part in (axes, counts):
        part.set(xlim=(-0.02, 1.02), xticks=np.linspace(0, 1, 6))
        part.xaxis.set_major_formatter(percent)
        part.spines[["top", "right"]].set_visible(False)
    axes.set(ylim=(-0.02, 1.02), yticks=np.linspace(0, 1, 6))
    axes.yaxis.set_major_formatter(percent)
    axes.grid(color="#dddddd", linewidth=0.8)
    for place, samples in zip(number, bins.samples, strict=True):
        counts.text(place / 10 + 0.05, samples, f"{samples:,}", ha="center", va="bottom", fontsize="small")
    counts.set(yticks=[], ylabel="samples")
    counts.spines["left"].set_visible(False)
    two = len(view.problem.classes) == 2
    axes.set_ylabel(f"share that was {view.problem.classes[1]}" if two else "share that was right")
    what = f"probability of {view.problem.classes[1]}" if two else "probability of the predicted class"
    counts.set_xlabel(what)
    error = view.metrics.get("test_calibration_error")
    axes.set_title("Calibration" if error is None else f"Calibration: expected error {error:.3f}")
    return figure


def wilson(bins: Reliability) -> tuple[Array, Array]:
    """Ends of the 95% interval of each observed frequency, `(b,)` each.

    (s + z^2/2n +- z sqrt(s (1 - s) / n + z^2 / 4n^2)) / (1 + z^2 / n), of a share s of n samples.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    n, share = bins.samples, bins.observed
    middle = share + Z**2 / (2 * n)
    reach = Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return (middle - reach) / (1 + Z**2 / n), (middle + reach) / (1 + Z**2 / n)
