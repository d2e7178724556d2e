"""The ratios as a picture."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

# Okabe and Ito (2008): colour-blind safe.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")


def chart(result: dict[str, Any], file: Path) -> None:
    """Writes bars of every contender's time in units of ours, with quartiles, on a logarithmic axis around 1.

    Args:
        result: of `benchmarks.measure.measure`.
        file: its ending decides the format: `.png`, `.svg`, `.pdf`.
    """
    cases = [case for case in result["cases"] if len(case["lanes"]) > 1]
    others = [list(case["lanes"].items())[1:] for case in cases]
    names = [name for name in result["contenders"] if any(name in dict(lanes) for lanes in others)]
    colours = dict(zip(names, COLOURS, strict=False))
    ratios = [value for lanes in others for _, lane in lanes for value in lane["ratio"]]
    least, most = min(0.45, *ratios) * 0.75, max(2.0, *ratios) * 1.4
    figure = Figure(figsize=(8, 1.0 + 0.22 * (sum(map(len, others)) + 1.5 * len(cases))), layout="constrained")
    axes = figure.add_subplot()
    axes.axvline(1.0, color="black", linewidth=1)
    y, ticks = 0.0, []
    for case, lanes in zip(cases, others, strict=True):
        title = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # hides the line at 1 behind it
        axes.text(least, y - 0.65, case["title"], fontsize=9, fontweight="bold", va="bottom", bbox=title)
        for name, lane in lanes:
            ratio, low, high = lane["ratio"]
            axes.barh(y, ratio - 1, 0.8, left=1.0, color=colours[name])
            axes.errorbar(ratio, y, xerr=[[ratio - low], [high - ratio]], color="black", capsize=2, linewidth=1)
            at, side = (high * 1.03, "left") if ratio >= 1 else (low / 1.03, "right")
            axes.text(at, y, f"{ratio:.2f}", va="center", ha=side, fontsize=8)
            ticks.append((y, result["contenders"][name]["label"]))
            y += 1
        y += 1.5
    axes.set_xscale("log")
    axes.set_xlim(least, most)
    marks = [mark for mark in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0) if least <= mark <= most]
    axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axes.minorticks_off()
    axes.set_yticks([at for at, _ in ticks], [label for _, label in ticks], fontsize=8)
    axes.set_ylim(y - 1.9, -1.8)
    axes.set_xlabel("time in units of Knobwise's own; to the right of 1 slower, to the left faster")
    axes.spines[["top", "left", "right"]].set_visible(False)
    figure.savefig(file, dpi=150)
