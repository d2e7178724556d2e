"""`--extend-range`: a study whose best lies at the edge of its space is resumed with wider ranges."""

import math
from typing import Any, NamedTuple

import optuna

from knobwise.experiments import problems
from knobwise.experiments.ranges import Edge
from knobwise.experiments.text import listed, shown
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import edges
from knobwise.sweeps.engine.space.widened import further, widened
from knobwise.sweeps.engine.study_attrs import WIDENED
from knobwise.sweeps.engine.sweep import Sweep


class Extended(NamedTuple):
    """What extending a study's ranges comes to.

    Attributes:
        growths: of all its ranges, those of earlier sessions included; as they are kept with the study.
        starts: parameters to try first: the best, with one knob in the middle of what is new.
        note: for the user.
    """

    growths: list[list[Any]]
    starts: list[dict[str, Any]]
    note: str


def space_of(sweep: Sweep, study: optuna.Study) -> Sweep:
    """The sweep with the ranges that the study has now."""
    return widened(sweep, study.user_attrs.get(WIDENED, []))


def of_best(sweep: Sweep, study: optuna.Study, problem: str) -> list[Edge]:
    """The edges of the ranges at which the study's best trial lies; none where it has no best.

    Args:
        sweep: with the ranges that the study has now.
        study: in Optuna.
        problem: its name.
    """
    found = results.of(study)
    if found.best is None or len(found.objectives) > 1:
        return []
    return edges.of(sweep, found.best.params, problems.load(problem))


def extended(sweep: Sweep, study: optuna.Study, options: Options) -> Extended:
    """What `--extend-range` does to a study. Nothing is written.

    Args:
        sweep: with the ranges that it was begun with.
        study: in Optuna.
        options: of the command.

    Raises:
        BadInput: the study has no best trial, or no trials left to run.
    """
    found = results.of(study)
    best = found.best
    if best is None:
        raise BadInput(
            f"--extend-range must go with a study that has a complete trial, got {study.study_name!r}, which has none"
        )
    now = space_of(sweep, study)
    growths: list[list[Any]] = study.user_attrs.get(WIDENED, [])
    wanted = [edge for edge in of_best(now, study, options.problem) if edge.beyond is not None]
    if not wanted:
        inside = f"the best, trial {best.number}, lies at no edge of a range that can be extended"
        return Extended(growths, [], f"--extend-range has changed nothing: {inside}.")
    if found.done >= options.trials:
        raise BadInput(
            f"--trials must be more than the {found.done} that the study has, for --extend-range to search on, "
            f"got {options.trials}"
        )
    searched = edges.searched(now, best.params)
    starts, said = [], []
    for edge in wanted:
        assert edge.beyond is not None
        distribution = searched[edge.knob]
        growths = further(growths, edge.knob, distribution, edge.beyond, upper=edge.upper)
        starts.append(best.params | {edge.knob: _middle(edge, log=distribution.log)})
        old = edge.high if edge.upper else edge.low
        said.append(f"{edge.knob} {'up' if edge.upper else 'down'} to {shown(edge.beyond)} (it was {shown(old)})")
    return Extended(growths, starts, f"The range was extended: {listed(said)}.")


def _middle(edge: Edge, *, log: bool) -> float:
    """The middle of what is new, on the knob's scale; a whole number where both ends are."""
    assert edge.beyond is not None
    old = edge.high if edge.upper else edge.low
    middle = math.sqrt(old * edge.beyond) if log else (old + edge.beyond) / 2
    if not isinstance(edge.beyond, int):
        return middle
    # Away from the old end: the middle of 4 and 5 is no new value.
    return math.ceil(middle) if edge.upper else math.floor(middle)
