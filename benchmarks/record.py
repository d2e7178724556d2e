"""The time to read the record: `python -m benchmarks.record --json FILE`, `--quick` for an answer within a minute.

`compare.runs` against `mlflow.search_runs`, and `compare.curves` against a loop over `MlflowClient.get_metric_history`,
on one study of 10,000 runs with 16 params, 12 metrics and two curves of 100 points, in SQLite; then, on fewer runs, the
same through a tracking server. They take turns, and their results must be equal.
"""

import importlib.metadata
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks import store
from benchmarks.command import parser
from benchmarks.report import duration
from benchmarks.server import serving
from knobwise.experiments import compare
from knobwise.experiments.record import names

Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}

T = TypeVar("T")
S = TypeVar("S")


class Size(NamedTuple):
    """The size of the benchmark.

    Attributes:
        runs: in the store.
        curves: runs whose curves are read.
        served: runs behind the server.
        rounds: of turns.
    """

    runs: int
    curves: int
    served: int
    rounds: int


FULL = Size(10_000, 2_000, 300, 3)
QUICK = Size(500, 100, 50, 3)
GOALS = {"runs": 3.0, "curves": 10.0}
"""How many times faster than MLflow each is to be, at full size over SQLite."""


def search(uri: str) -> pd.DataFrame:
    """All trials, read by MLflow."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    kind = f"tags.`{names.KIND}` = 'trial'"
    return mlflow.search_runs(experiment_names=[store.STUDY], filter_string=kind, max_results=1_000_000)


def histories(uri: str, run_ids: Sequence[str]) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """The curves, read by MLflow, one run and metric after the other: steps and values."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    return {
        (run_id, metric): [(point.step, point.value) for point in client.get_metric_history(run_id, metric)]
        for run_id in run_ids
        for metric in names.CURVES
    }


def same_runs(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    """Whether both hold the same runs, with every param, metric and start of MLflow's table equal in ours."""
    ours, theirs = ours.set_index("run_id").sort_index(), theirs.set_index("run_id").sort_index()
    if not ours.index.equals(theirs.index):
        return False
    for column in theirs:
        kind, _, name = str(column).partition(".")
        if kind == "metrics" and not np.array_equal(ours[name], theirs[column], equal_nan=True):
            return False
        if kind == "params" and not _texts(ours[name]).equals(theirs[column].astype("str")):
            return False
    starts = pd.to_datetime(theirs["start_time"], utc=True)
    return bool((ours["started"] == starts).all())


def same_curves(ours: pd.DataFrame, theirs: dict[tuple[str, str], list[tuple[int, float]]]) -> bool:
    """Whether both hold the same points of the same curves."""
    by_curve = {
        key: list(zip(curve["epoch"], curve["value"], strict=True)) for key, curve in ours.groupby(["run_id", "metric"])
    }
    return by_curve == {key: sorted(points) for key, points in theirs.items()}


def measure(size: Size, clock: str = "wall", tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Build, time and compare; the result as JSON can hold it.

    Args:
        size: of the benchmark.
        clock: `wall` or `cpu`; reads through a server are timed by the wall clock in any case.
        tell: called with a line on the progress.
    """
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="knobwise-benchmark-") as at:
        folder = Path(at)
        tell(f"building a store of {size.runs:,} runs")
        uri = store.build(folder, size.runs)
        built, megabytes = time.perf_counter() - began, (folder / "mlflow.db").stat().st_size / 1e6
        cases = _cases("SQLite", uri, size.runs, size.curves, size.rounds, CLOCKS[clock], tell)
        (folder / "served").mkdir()
        tell(f"building a store of {size.served:,} runs for a server")
        direct = store.build(folder / "served", size.served)
        with serving(folder / "served", direct) as address:
            served = _cases("server", address, size.served, size.served, size.rounds, CLOCKS["wall"], tell)
            served[0]["equal"] &= compare.runs(store.STUDY, uri=address).equals(compare.runs(store.STUDY, uri=direct))
    return {
        "machine": {"cores": os.cpu_count(), "system": platform.system()},
        "versions": {name: importlib.metadata.version(name) for name in ("mlflow", "pandas", "numpy")},
        "clock": clock,
        "size": size._asdict(),
        "build_s": built,
        "store_mb": megabytes,
        "cases": [*cases, *served],
        "wall_s": time.perf_counter() - began,
    }


def _cases(
    where: str, uri: str, runs: int, curves: int, rounds: int, clock: Clock, tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    run_ids = compare.runs(store.STUDY, uri=uri)["run_id"].head(curves).to_list()
    histories(uri, run_ids[:1])  # imports, connections
    tell(f"{where}: runs")
    of_runs = _race(lambda: compare.runs(store.STUDY, uri=uri), lambda: search(uri), same_runs, rounds, clock)
    tell(f"{where}: curves")
    of_curves = _race(
        lambda: compare.curves(store.STUDY, uri=uri, trials=range(curves)),
        lambda: histories(uri, run_ids),
        same_curves,
        rounds,
        clock,
    )
    goals = GOALS if where == "SQLite" and runs == FULL.runs else dict.fromkeys(GOALS)
    return [
        {"store": where, "name": "runs", "title": f"runs of {runs:,} trials", "goal": goals["runs"], **of_runs},
        {
            "store": where,
            "name": "curves",
            "title": f"curves of {curves:,} trials",
            "goal": goals["curves"],
            **of_curves,
        },
    ]


def _race(
    ours: Callable[[], T], theirs: Callable[[], S], same: Callable[[T, S], bool], rounds: int, clock: Clock
) -> dict[str, Any]:
    """Both in turns: the median times, how many times faster ours is, and whether all results were equal."""
    seconds, equal = [], True
    for _ in range(rounds):
        result, ours_s = _timed(ours, clock)
        mlflow_result, theirs_s = _timed(theirs, clock)
        seconds.append((ours_s, theirs_s))
        equal = equal and same(result, mlflow_result)
    ratios = [theirs_s / ours_s for ours_s, theirs_s in seconds]
    return {
        "seconds": statistics.median(pair[0] for pair in seconds),
        "mlflow_seconds": statistics.median(pair[1] for pair in seconds),
        "times_faster": [statistics.median(ratios), min(ratios), max(ratios)],
        "equal": equal,
    }


def _timed(work: Callable[[], T], clock: Clock) -> tuple[T, float]:
    began = clock()
    result = work()
    return result, clock() - began


def _texts(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """A column of knobs as recorded text."""
    return values.map(lambda value: json.dumps(list(value)) if isinstance(value, tuple) else str(value)).astype("str")


def show(result: dict[str, Any], console: Console) -> None:
    """The table, on a terminal."""
    table = Table(title="Reading the record: how many times faster than MLflow", title_justify="left")
    for column in ("store", "table", "Knobwise", "MLflow", "times faster", "goal", "equal"):
        table.add_column(column, justify="left" if column in ("store", "table") else "right")
    for case in result["cases"]:
        middle, low, high = case["times_faster"]
        goal = "" if case["goal"] is None else f"{case['goal']:g} {'met' if middle >= case['goal'] else 'MISSED'}"
        times = f"{middle:.1f} ({low:.1f}-{high:.1f})"
        spent = (duration(case["seconds"]), duration(case["mlflow_seconds"]))
        table.add_row(case["store"], case["title"], *spent, times, goal, "yes" if case["equal"] else "NO")
    console.print(table)
    built = f"built in {result['build_s']:.0f} s, {result['store_mb']:.0f} MB; {result['wall_s']:.0f} s in all"
    console.print(built, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 1 where the contents are not equal."""
    command = parser("Measure how fast the record is read, against MLflow's own ways.")
    command.add_argument("--quick", action="store_true", help="few runs: an answer within a minute")
    command.add_argument("--clock", choices=tuple(CLOCKS), default="wall", help="cpu where the machine is not idle")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    options = command.parse_args(arguments)
    if options.json and not options.json.absolute().parent.is_dir():
        command.error(f"{options.json} must be in a folder that exists")
    with Console(stderr=True).status("starting", refresh_per_second=2) as status:
        result = measure(QUICK if options.quick else FULL, options.clock, status.update)
    show(result, Console())
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if all(case["equal"] for case in result["cases"]) else 1


if __name__ == "__main__":
    sys.exit(main())
