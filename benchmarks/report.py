"""The report of the measurements: a table for the terminal, a page for the documentation."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.cases import MEMORY_MB

Result = dict[str, Any]

BUSY = 0.1

HOW = """\
Every contender trains the same network, `[2, 64, 64, 64, 1]` with ReLU unless stated otherwise, on the same data
(the article's surface, standardised), from the same initial weights, with the same optimizer, for the article's loss;
in float32, except the article's own code.

- **In turns.** Each runs in its own process and only one works at a time: A B C A B C ..., a fraction of a second
  each, on the same core. A ratio is computed for each round, so that a change of the machine's speed cancels; the
  table has the median over the rounds and, in brackets, the quartiles.
- **Left out of the time:** starting the process, importing, compiling, the first epoch, and a warm-up.
- **Counted:** the whole epoch, including shuffling.
- **Checked:** each contender's loss must equal Knobwise's after as many epochs. On the full batch, where all train
  identically, within 1%, or within 5% after a thousand epochs and more. With minibatches, where each draws its own
  order, within 15% after 5 epochs (with half of the steps left out it would be 36% too high) and within a factor of 2
  at the end. A contender that disagrees is left out.
- **Threads:** as many as cores. Knobwise divides a step's samples among its own threads and gives BLAS one.
- **The limit** is a step's matrix products alone, in NumPy, into buffers made once, in the fastest layout and chunk: no
  bias, no activation, no loss, no step.

Measure on your own machine with `make bench`, or `python -m benchmarks.core --quick` for an answer within a minute.
"""


def table(result: Result) -> Table:
    """One row a contender and case: its time for a step, and how many times ours that is."""
    machine = result["machine"]
    rich = Table(
        title=f"{machine['cpu']}, {machine['cores']} core(s), BLAS kernel {machine['kernel']}, {result['clock']} clock",
        title_justify="left",
    )
    rich.add_column("contender")
    for column in ("a step", "times ours", "quartiles", "goal"):
        rich.add_column(column, justify="right")
    goals = {(goal["case"], goal["contender"]): goal for goal in result["goals"]}
    for case in result["cases"]:
        rich.add_row(f"[bold]{case['name']}[/bold]: {case['title']}")
        for i, (name, lane) in enumerate(case["lanes"].items()):
            ratio, low, high = lane["ratio"]
            rich.add_row(
                "  " + result["contenders"][name]["label"],
                duration(lane["seconds_per_step"][0]),
                f"{ratio:.2f}",
                "" if i == 0 else f"{low:.2f} - {high:.2f}",
                _goal(goals.get((case["name"], name))),
            )
        rich.add_section()
    return rich


def remarks(result: Result) -> list[str]:
    """Remarks on the table: contenders left out and why, where the machine was busy, the memory."""
    lines = []
    for case in result["cases"]:
        for name, why in case["left_out"].items():
            lines.append(f"{case['name']}: without {result['contenders'][name]['label']}: {why}")
        if case["busy"] > BUSY:
            lines.append(f"{case['name']}: other work took {case['busy']:.0%} of the cores' time: measure again")
        if "memory_mb" in case:
            memory = f"{case['memory_mb']:.0f} MB beyond the program and its data"
            lines.append(f"{case['name']}: peak memory {memory} (goal: at most {MEMORY_MB:.0f})")
    return lines


def show(result: Result, console: Console) -> None:
    """The table and the remarks, on a terminal or in a file."""
    console.print(table(result))
    for line in remarks(result):
        console.print(line, highlight=False, markup=False)
    console.print(f"{result['wall_s']:.0f} s in all", highlight=False)


def markdown(results: Sequence[Result], recipes: Sequence[Result] = (), charts: Sequence[str] = ()) -> str:
    """The page of the documentation: how it is measured, then each result with its table and chart.

    Args:
        results: of `measure`.
        recipes: of `benchmarks.recipe`.
        charts: paths of pictures, one a result, as seen from the page.
    """
    parts = ["# How fast it is", "", HOW]
    for i, result in enumerate(results):
        cores = result["machine"]["cores"]
        parts += [f"## On {'one core' if cores == 1 else f'{cores} cores'}", "", _machine(result), ""]
        if i < len(charts):
            parts += [f"![Time of each contender, in units of Knobwise's own]({charts[i]})", ""]
        parts += _rows(result)
        parts += [f"- {line}" for line in remarks(result)]
        parts += [f"- {one['label']}: {one['note']}." for one in result["contenders"].values() if one["note"]]
        parts.append("")
    for recipe in recipes:
        parts += _recipe(recipe)
    return "\n".join(parts).rstrip() + "\n"


def _machine(result: Result) -> str:
    machine = result["machine"]
    libraries = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    clock = "the wall clock" if result["clock"] == "wall" else "the processor's clock"
    return (
        f"{machine['cpu']}; {machine['library']} {machine['version']} with the kernel {machine['kernel']}; "
        f"{libraries}. Medians of up to {result['rounds']} rounds, by {clock}."
    )


def _rows(result: Result) -> list[str]:
    rows = ["| case | contender | a step | times ours | |", "|---|---|---:|---:|---|"]
    for case in result["cases"]:
        for i, (name, lane) in enumerate(case["lanes"].items()):
            ratio, low, high = lane["ratio"]
            title, quartiles = (case["title"], "") if i == 0 else ("", f"[{low:.2f}, {high:.2f}]")
            time = duration(lane["seconds_per_step"][0])
            rows.append(f"| {title} | {result['contenders'][name]['label']} | {time} | {ratio:.2f} | {quartiles} |")
    return [*rows, ""]


def _recipe(recipe: Result) -> list[str]:
    rows = ["| samples | trainer | seconds | grid R2 |", "|---:|---|---:|---:|"]
    for run in recipe["runs"]:
        for name, lane in run["lanes"].items():
            rows.append(f"| {run['n']:,} | {name} | {lane['seconds']:.2f} | {lane['grid_r2']:.7f} |")
    return ["## The recipe for one to one", "", recipe["about"], "", *rows, ""]


def duration(seconds: float) -> str:
    """A short time with its unit.

    >>> duration(0.0000714), duration(0.0123), duration(2.5)
    ('71.4 us', '12.30 ms', '2.50 s')
    """
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _goal(goal: Result | None) -> str:
    return "" if goal is None else f"{'met' if goal['met'] else 'MISSED'}: {goal['at_least']:.2f}"
