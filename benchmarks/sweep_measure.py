"""Sweeps measured from outside: each contender a process in an empty folder, in turns, into one JSON-ready result."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.entrant import ROOT, Failed
from benchmarks.measure import versions
from benchmarks.race import spread
from benchmarks.sweep_cases import Case, Goal, Lane
from benchmarks.sweeping import CURVE, Left, Work, load, missing
from knobwise.nn_core import blas

Result = dict[str, Any]
Tell = Callable[[str], None]
LIBRARIES = ("numpy", "matplotlib", "optuna", "mlflow", "ray", "torch")
TRIED_EPOCHS = 200  # to find how many a training of so many seconds has


def cores() -> int:
    """The cores that this process, and so every contender, may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measure(cases: Sequence[Case], rounds: int, *, quick: bool = False, tell: Tell = lambda _: None) -> Result:
    """The results of measuring `cases`.

    Args:
        cases: what to measure.
        rounds: turns of each contender.
        quick: whether to take each case's small number of trials. A ratio of a few trials is one of start-ups, so it is
            not held against a goal.
        tell: called with a line on the progress.
    """
    started = time.perf_counter()
    return {
        "kind": "sweep",
        "machine": {**blas.report(), "system": platform.platform(), "cores": cores()},
        "versions": {"python": platform.python_version(), **versions(LIBRARIES)},
        "quick": quick,
        "cases": [_case(case, rounds, quick, tell) for case in cases],
        "wall_s": round(time.perf_counter() - started, 2),
    }


def _case(case: Case, rounds: int, quick: bool, tell: Tell) -> Result:
    work = Work(trials=case.quick if quick else case.trials, epochs=case.epochs, jobs=cores())
    if not case.epochs:
        tell(f"{case.name}: how many epochs are {case.seconds:g} s")
        work = replace(work, epochs=epochs_in(case.seconds, work))
    absent = {lane: missing(load(lane.contender)) for lane in case.lanes}
    left_out = {label(lane): f"{', '.join(needs)} is not installed" for lane, needs in absent.items() if needs}
    seconds: dict[Lane, list[float]] = {lane: [] for lane in case.lanes if not absent[lane]}
    figures: dict[str, list[float]] = {}
    for number in range(rounds):
        for lane in list(seconds):
            tell(f"{case.name}: {label(lane)}, round {number + 1} of {rounds}")
            try:
                took, measured = turn(lane.contender, replace(work, jobs=lane.jobs or work.jobs))
            except Failed as failure:
                left_out[label(lane)] = str(failure)
                del seconds[lane]
                continue
            seconds[lane].append(measured.pop("seconds", took))
            for name, value in measured.items():
                figures.setdefault(name, []).append(value)
    if {"first", "last"} <= figures.keys():
        figures["last / first"] = [last / first for first, last in zip(figures["first"], figures["last"], strict=True)]
    ratios = {
        f"{place} / 0": spread([one / other for one, other in zip(seconds[lane], seconds[case.lanes[0]], strict=True)])
        for place, lane in enumerate(case.lanes)
        if place and lane in seconds and case.lanes[0] in seconds
    }
    spreads = {name: spread(values) for name, values in figures.items()} | ratios
    return {
        "name": case.name,
        "title": case.title,
        **{name: value for name, value in asdict(work).items() if name in ("trials", "epochs", "samples", "jobs")},
        "rounds": rounds,
        "lanes": [
            {
                "label": label(lane),
                "seconds": list(spread(seconds[lane])),
                "ratio": list(ratios.get(f"{place} / 0", (1.0, 1.0, 1.0))),
                "note": load(lane.contender).note,
            }
            for place, lane in enumerate(case.lanes)
            if lane in seconds
        ],
        "figures": {name: list(spread(values)) for name, values in figures.items()},
        "left_out": left_out,
        "goals": [
            _goal(goal, case, spreads[goal.of].median) for goal in case.goals if goal.of in spreads and not quick
        ],
    }


def turn(contender: str, work: Work) -> tuple[float, dict[str, float]]:
    """The seconds that a contender's whole process takes, and the figures that it has measured itself.

    Raises:
        Failed: it failed, or did not record all that it should; the message says why.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.sweeping", contender, json.dumps(asdict(work))],
            cwd=folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
        if done.returncode:
            errors.seek(0)
            lines = errors.read().strip().splitlines() or [f"exit code {done.returncode}"]
            raise Failed(lines[-1])
        measured: dict[str, float] = json.loads(done.stdout)
        count = load(contender).left
        if count and (lacks := lacking(count(Path(folder)), work, contender)):
            raise Failed(f"did not do the work: {lacks}")
        return seconds, measured


def lacking(left: Left, work: Work, contender: str) -> str:
    """The part of the record that is missing; "" where it is complete.

    >>> lacking(Left(trials=4, points=400, pictures=3), Work(trials=4, epochs=500), "ours")
    '3 pictures of 4'
    """
    pictures = 0 if contender == "instant" else work.trials
    due = Left(work.trials, work.trials * min(CURVE, work.epochs), pictures)
    short = [
        f"{got} {name} of {wanted}" for name, got, wanted in zip(Left._fields, left, due, strict=True) if got < wanted
    ]
    return ", ".join(short)


def epochs_in(seconds: float, work: Work) -> int:
    """How many epochs a training of about `seconds` has, with as many at once as `work` has jobs.

    A training costs so much and so much an epoch: two short measurements tell the two, and a third, of about as many
    epochs as there are to be, corrects them.
    """

    def takes(epochs: int) -> float:
        tried = replace(work, trials=2 * work.jobs, epochs=epochs)
        _, measured = turn("bare", tried)
        return measured["seconds"] * work.jobs / tried.trials

    few, many = takes(TRIED_EPOCHS), takes(2 * TRIED_EPOCHS)
    an_epoch = max(many - few, few / 2) / TRIED_EPOCHS
    found = max(1, round(TRIED_EPOCHS + (seconds - few) / an_epoch))
    return max(1, round(found + (seconds - takes(found)) / an_epoch))


def label(lane: Lane) -> str:
    """What tables call a lane."""
    return lane.label or load(lane.contender).label


def _goal(goal: Goal, case: Case, value: float) -> Result:
    what = goal.of
    if what.endswith(" / 0"):
        what = f"{label(case.lanes[int(what.split()[0])])} / {label(case.lanes[0])}"
    return {"what": what, "kind": goal.kind, "bound": goal.bound, "value": value, "met": goal.met(value)}


def _environment() -> dict[str, str]:
    """As a user's, but for a store or threads that the user has set for something else."""
    env = {name: value for name, value in os.environ.items() if name not in (*blas.THREADS, "MLFLOW_TRACKING_URI")}
    return {**env, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [env.get("PYTHONPATH")])])}
