"""The pictures of a study, by what its sweep asks: the kinds of the knobs in question decide how they are drawn."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from knobwise.sweeps.engine.results.results import Results, Row
from knobwise.sweeps.engine.space import distributions
from knobwise.sweeps.engine.sweep import Sweep

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from knobwise.experiments.data.problem import Array
    from knobwise.experiments.plots.study.trials import Trials

SEVERAL = 3  # knobs; where more are in question no single one is, and the main picture shows how the search went


def study_pictures(sweep: Sweep, results: Results) -> dict[str, bytes]:
    """PNG files by artifact path; none where no trial is complete.

    `pictures/trials.png` is the first of these that fits:
        the study weighs a cost: the error against it, with the front;
        the structure is the first knob: the error against the size of the network;
        two knobs, both numbers: a map;
        the number of samples is the first of up to three knobs: a learning curve, the test error against it;
        up to three knobs: the error against the first of them;
        more: the trials in the order they were begun.
    `pictures/slices.png` has a panel for every knob, where there are several and no map that shows them both.
    """
    if results.best is None:
        return {}
    from knobwise.experiments.plots.canvas import render
    from knobwise.experiments.plots.study import knob_slices

    rows = [row for row in results.rows if row.status != "failed"]  # one that failed has no place in any picture
    named = {"baseline": results.baseline} | ({"best": results.best} if len(results.objectives) == 1 else {})
    words = {row.number: word for word, row in named.items() if row is not None}
    study = Study(sweep, rows, columns(sweep, rows, words), results.objectives[1:])
    figures = {"trials": next(kind.draw(study) for kind in KINDS if kind.fits(study))}
    if len(study.trials.knobs) > 1 and not _is_map(study):
        figures["slices"] = knob_slices.draw(study.trials, list(study.trials.knobs))
    return {f"pictures/{name}.png": render(figure) for name, figure in figures.items()}


class Study(NamedTuple):
    """Attributes: what was asked, the trials as rows, and as columns, and the costs that the study weighs."""

    sweep: Sweep
    rows: Sequence[Row]
    trials: "Trials"
    costs: tuple[str, ...]


class Kind(NamedTuple):
    """Attributes: whether a kind of picture fits a study, and how it is drawn."""

    fits: Callable[[Study], bool]
    draw: Callable[[Study], "Figure"]


def columns(sweep: Sweep, rows: Sequence[Row], words: Mapping[int, str]) -> "Trials":
    """The trials as columns. `widths` become two of them, numbers that can be drawn: layers and perceptrons.

    Args:
        sweep: what was asked.
        rows: the trials.
        words: what to write beside a trial, by its number.
    """
    import numpy as np

    from knobwise.experiments.plots.study.trials import Trials

    settings = [sweep.shown(row.params) for row in rows]
    knobs: dict[str, list[Any]] = {}
    for name in sweep.knobs:
        values = [setting.get(name) for setting in settings]
        if any(isinstance(value, tuple) for value in values):
            knobs["layers"] = [None if value is None else len(value) for value in values]
            knobs["perceptrons"] = [None if value is None else sum(value) for value in values]
        elif any(value is not None for value in values):
            knobs[name] = values
    spaces = {
        name: [json.loads(text)["attributes"] for text in texts]
        for name, texts in distributions.describe(sweep.space).items()
    }
    return Trials(
        number=np.array([row.number for row in rows], np.int64),
        status=[row.status for row in rows],
        error=_column([row.val_mse for row in rows]),
        knobs=knobs,
        choices={
            name: list(dict.fromkeys([choice for each in spaces[name] for choice in each["choices"]]))
            for name in knobs
            if any("choices" in each for each in spaces.get(name, []))
        },
        log=frozenset(name for name in knobs if any(each.get("log") for each in spaces.get(name, [])))
        | {"perceptrons"},
        words={at: words[row.number] for at, row in enumerate(rows) if row.number in words},
    )


def _front(study: Study) -> "Figure":
    from knobwise.experiments.plots.study import cost_front

    return cost_front.draw(study.trials, _column([row.cost for row in study.rows]), study.costs[0])


def _structures(study: Study) -> "Figure":
    from knobwise.experiments.plots.study import structures

    return structures.draw(study.trials, _widths(study), _column([row.n_parameters for row in study.rows]))


def _map(study: Study) -> "Figure":
    from knobwise.experiments.plots.study import knob_map

    across, up = study.trials.knobs
    return knob_map.draw(study.trials, (across, up))


def _learning_curve(study: Study) -> "Figure":
    from knobwise.experiments.plots.study import single_knob

    test = _column([row.test_mse for row in study.rows])
    return single_knob.draw(study.trials, "n_samples", drawn=test, drawn_name="test MSE")


def _first_knob(study: Study) -> "Figure":
    from knobwise.experiments.plots.study import single_knob

    return single_knob.draw(study.trials, next(iter(study.trials.knobs)))


def _progress(study: Study) -> "Figure":
    from knobwise.experiments.plots.study import search_progress

    return search_progress.draw(study.trials)


def _is_structures(study: Study) -> bool:
    return study.sweep.knobs[:1] == ("widths",) and any(
        row.n_parameters is not None for row in study.rows if row.status == "complete"
    )


def _is_map(study: Study) -> bool:
    return len(study.trials.knobs) == 2 and not study.trials.choices


def _is_learning_curve(study: Study) -> bool:
    return _is_first_knob(study) and study.sweep.knobs[0] == "n_samples"


def _is_first_knob(study: Study) -> bool:
    return 0 < len(study.trials.knobs) <= SEVERAL


KINDS = (
    Kind(lambda study: bool(study.costs), _front),
    Kind(_is_structures, _structures),
    Kind(_is_map, _map),
    Kind(_is_learning_curve, _learning_curve),
    Kind(_is_first_knob, _first_knob),
    Kind(lambda _: True, _progress),
)
"""The kinds of main picture: the first that fits is drawn."""


def _widths(study: Study) -> list[tuple[int, ...]]:
    return [study.sweep.shown(row.params).get("widths", ()) for row in study.rows]


def _column(values: Sequence[float | None]) -> "Array":
    import numpy as np

    return np.array([np.nan if value is None else value for value in values], float)
