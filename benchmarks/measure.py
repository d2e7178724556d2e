"""Cases measured, one after the other, into one JSON-ready result."""

import importlib.metadata
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.case import Case, save_data
from benchmarks.cases import Goal, goals
from benchmarks.contenders import load, missing
from benchmarks.entrant import CONTENDERS, Entrant, Failed
from benchmarks.memory import beyond_data
from benchmarks.race import Lane, Pace, busy, disagreements, early_disagreements, race, ratios, spread
from knobwise.nn_core import blas

Result = dict[str, Any]
LIBRARIES = ("numpy", "scikit-learn", "torch", "jax", "jaxlib")
MEMORY_CASE = "million"


def measure(
    cases: Sequence[Case],
    pace: Pace,
    cores: Sequence[int],
    *,
    patience: float | None = None,
    tell: Callable[[str], None] = lambda _: None,
    package: str = CONTENDERS,
) -> Result:
    """The results of measuring `cases` on `cores`.

    Args:
        patience: seconds that a contender may take to get ready before it is left out; the slow ones are not tried.
            None for no limit.
        tell: called with a line on the progress.
        package: of the contenders.
    """
    started = time.perf_counter()
    entrants: dict[str, Entrant] = {}
    names = list(dict.fromkeys(name for case in cases for name in case.contenders))
    by_name = {name: load(name, package) for name in names}
    absent = {name: f"{', '.join(missing(by_name[name]))} is not installed" for name in names if missing(by_name[name])}
    try:
        with tempfile.TemporaryDirectory() as folder:
            measured = [
                _case(case, save_data(case, Path(folder)), entrants, absent, pace, cores, patience, tell, package)
                for case in cases
            ]
    finally:
        for entrant in entrants.values():
            entrant.close()
    return {
        "machine": {**blas.report(), "system": platform.platform(), "cores": len(cores)},
        "versions": {"python": platform.python_version(), **versions(LIBRARIES)},
        "clock": pace.clock,
        "rounds": pace.rounds,
        "contenders": {name: {"label": one.label, "note": one.note} for name, one in by_name.items()},
        "cases": measured,
        "goals": [_goal(goal, case) for goal in goals(len(cores)) for case in measured if _applies(goal, case)],
        "wall_s": round(time.perf_counter() - started, 2),
    }


def versions(names: Iterable[str]) -> dict[str, str]:
    """The versions of the installed distributions among `names`."""
    by_name = {}
    for name in names:
        try:
            by_name[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return by_name


def _case(
    case: Case,
    data: Path,
    entrants: dict[str, Entrant],
    absent: dict[str, str],
    pace: Pace,
    cores: Sequence[int],
    patience: float | None,
    tell: Callable[[str], None],
    package: str,
) -> Result:
    """One case. A contender's process is started when first needed; one that fails is left out of later cases too."""
    started = time.perf_counter()
    left_out, ready = {}, []
    for name in case.contenders:
        if name in absent or (name in case.slow and patience is not None):
            left_out[name] = absent.get(name, "takes long to get ready; not in a quick answer")
            continue
        tell(f"{case.name}: {name} gets ready")
        if name not in entrants:
            entrants[name] = Entrant(name, cores, package)
        try:
            why = entrants[name].prepare(case, data, patience)
        except Failed as failure:
            why = absent[name] = str(failure)
            entrants.pop(name).close()
        if why:
            left_out[name] = why
        else:
            ready.append(name)
    first = case.contenders[0]
    trains = {name for name in ready if load(name, package).trains}
    wrong = early_disagreements(case, {name: entrants[name] for name in ready if name in trains}, first)
    tell(f"{case.name}: {', '.join(ready)} take turns")
    lanes = race(case, {name: entrants[name] for name in ready if name not in wrong}, pace)
    trained = {name: lane for name, lane in lanes.items() if name in trains and name != first}
    wrong |= disagreements(case, trained, entrants[first], data)
    for name, why in wrong.items():
        left_out[name] = f"did not do the work: {why}"
    kept = {name: lane for name, lane in lanes.items() if name not in wrong}
    result: Result = {
        **case.as_dict(),
        "lanes": {name: _lane(lane, lanes[first], case) for name, lane in kept.items()},
        "left_out": left_out,
        "busy": round(busy(lanes), 3),
        "wall_s": round(time.perf_counter() - started, 2),
    }
    if case.name == MEMORY_CASE:
        result["memory_mb"] = round(beyond_data(case, data), 1)
    return result


def _lane(lane: Lane, first: Lane, case: Case) -> Result:
    return {
        "seconds_per_step": [t / case.steps for t in spread(lane.seconds)],
        "ratio": list(ratios(lane, first)),
        "rounds": len(lane.seconds),
        "epochs": lane.epochs,
        "loss": lane.loss if lane.loss == lane.loss else None,
    }


def _applies(goal: Goal, case: Result) -> bool:
    return goal.case == case["name"] and goal.contender in case["lanes"]


def _goal(goal: Goal, case: Result) -> Result:
    ratio = case["lanes"][goal.contender]["ratio"][0]
    return {**goal._asdict(), "ratio": ratio, "met": ratio >= goal.at_least}
