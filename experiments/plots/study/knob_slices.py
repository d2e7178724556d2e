"""One panel for each knob of a study: which of them matter, and the best values of each."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from knobwise.experiments.plots.canvas import MUTED, SECOND
from knobwise.experiments.plots.study import single_knob
from knobwise.experiments.plots.study.trials import Trials

ACROSS = 3  # panels in a row
WIDE, HIGH = 3.2, 2.9  # inches of a panel with its own labels
LEFT, TOP = 0.95, 0.8  # inches for the error's numbers and the title
WORDY = 14  # letters; choices with more in total are rotated


def draw(trials: Trials, knobs: Sequence[str]) -> Figure:
    """The error over each of `knobs` by itself, whatever the others were; one scale for all panels."""
    columns = min(ACROSS, max(2, len(knobs)))
    rows = -(-len(knobs) // columns)
    width, height = columns * WIDE + LEFT, rows * HIGH + TOP
    figure = Figure(figsize=(width, height))
    for at, knob in enumerate(knobs):
        column, row = at % columns, at // columns
        left, bottom = LEFT + column * WIDE, height - TOP - (row + 1) * HIGH + 0.8
        axes = figure.add_axes((left / width, bottom / height, (WIDE - 0.25) / width, (HIGH - 0.95) / height))
        best = single_knob.best_of_each(trials, knob)
        single_knob.panel(axes, trials, knob, best=best, small=True)
        if column:
            axes.set_ylabel("")
            axes.tick_params("y", labelleft=False)
        if sum(len(str(choice)) for choice in trials.choices.get(knob, ())) > WORDY:
            for words in axes.get_xticklabels():
                words.set(rotation=28, ha="right", rotation_mode="anchor", fontsize="small")
        across = single_knob.places(trials, knob, best)
        for place, words_beside in trials.words.items():
            axes.scatter(
                [across[place]],
                [trials.error[place]],
                s=95,
                facecolors="none",
                edgecolors=SECOND if words_beside == "best" else "black",
                linewidths=1.8,
                zorder=4,
            )
    begin = LEFT / width
    figure.text(begin, 1 - 0.3 / height, f"{len(trials.number)} trials, seen by one knob at a time", fontsize="large")
    rings = "ring: orange the best, black the baseline; diamond: the best for its value"
    figure.text(begin, 1 - 0.56 / height, f"{trials.key}; {rings}", color=MUTED, fontsize="small")
    return figure
