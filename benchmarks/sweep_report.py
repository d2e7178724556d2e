"""The report of the measured sweeps: a table for the terminal, a page for the documentation."""

from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.sweeping import CURVE

Result = dict[str, Any]

FIGURES = {
    "rate": ("trials recorded in a second", "{:.0f}"),
    "first": ("seconds for the first thousand", "{:.1f}"),
    "last": ("seconds for the last thousand", "{:.1f}"),
    "last / first": ("last thousand / first thousand", "{:.2f}"),
    "memory_mb": ("most memory of the process, MB", "{:.0f}"),
    "resume_s": ("seconds to start again and find all done", "{:.1f}"),
}
"""The title and the format of each figure; others are not shown."""

HOW = f"""\
How much a whole sweep costs, beside the trainings in it. Everybody trains the article's network, `[2, 64, 64, 64, 1]`
with ReLU, on 1,000 points of the article's surface by gradient descent on the full batch, searches the learning rate
between 0.0001 and 0.001 (none diverges: every training is whole), records {CURVE} points of each loss curve and draws
the true and the predicted surface of each trial.

- **Whole processes, in turns.** A B C A B C ..., each in an empty folder, from its start to its end: imports, making
  the database, starting workers, and the final report are in it. A ratio is formed for each round by itself; the table
  gives the median over the rounds and, in brackets, the quartiles.
- **Checked:** what each has left behind is counted: trials with their learning rate and final loss, points, pictures.
  Who lacks any is left out.
- **Optuna, nested MLflow runs** is the pattern of the public pages: `study.optimize` inside a parent run, a nested run
  a trial, `log_metric` every 5 epochs, a pyplot contour by `log_figure`; the training is the article's own code.
- **Ray Tune, PyTorch** is that of Ray's: `tune.report` every 5 epochs, one core and one thread a trial, the data in the
  object store, a pyplot contour in the trial's folder. It keeps no checkpoint.
- **Knobwise** is the command with its defaults, but for the runs on fresh seeds that confirm a winner (`--confirm 0`).
- **Trainings alone** are the same trainings on the same workers, without search, record and pictures, timed from the
  moment that the workers are there.

Measure on your own machine with `python -m benchmarks.sweep`, or `--quick` for an answer within two minutes (of so few
trials that start-up is most of it).
"""


def show(result: Result, console: Console) -> None:
    """The table, the goals and the remarks, on a terminal or in a file."""
    machine = result["machine"]
    table = Table(title=f"{machine['cpu']}, {machine['cores']} core(s)", title_justify="left")
    table.add_column("contender")
    for column in ("seconds", "times the first", "quartiles"):
        table.add_column(column, justify="right")
    for case in result["cases"]:
        table.add_row(f"[bold]{case['name']}[/bold]: {case['title']}")
        for place, lane in enumerate(case["lanes"]):
            ratio, low, high = lane["ratio"]
            between = f"{low:.2f} - {high:.2f}" if place else ""
            table.add_row("  " + lane["label"], f"{lane['seconds'][0]:.1f}", f"{ratio:.2f}", between)
        table.add_section()
    console.print(table)
    for line in [*_figures(result), *goals(result), *remarks(result)]:
        console.print(line, highlight=False, markup=False)
    if result["quick"]:
        console.print("So few trials are mostly start-up: they are not held against the goals.", highlight=False)
    console.print(f"{result['wall_s']:.0f} s in all", highlight=False)


def goals(result: Result) -> list[str]:
    """A line for each goal: what was asked, what came out."""
    return [
        f"{case['name']}: {FIGURES.get(goal['what'], (goal['what'],))[0]} {goal['value']:.2f}, "
        f"{goal['kind']} {goal['bound']:g} wanted: {'met' if goal['met'] else 'MISSED'}"
        for case in result["cases"]
        for goal in case["goals"]
    ]


def remarks(result: Result) -> list[str]:
    """Who is left out, and why."""
    return [
        f"{case['name']}: without {name}: {why}" for case in result["cases"] for name, why in case["left_out"].items()
    ]


def markdown(result: Result) -> str:
    """The page of the documentation."""
    machine = result["machine"]
    libraries = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    parts = ["# What a sweep costs", "", HOW, f"{machine['cpu']}, {machine['cores']} cores; {libraries}.", ""]
    for case in result["cases"]:
        size = f"Trials: {case['trials']:,}; epochs of each: {case['epochs']:,}; rounds: {case['rounds']}."
        parts += [f"## {case['title'][0].upper()}{case['title'][1:]}", "", size, ""]
        if len(case["lanes"]) > 1:
            parts += ["| contender | seconds | times the first | |", "|---|---:|---:|---|"]
            for place, lane in enumerate(case["lanes"]):
                ratio, low, high = lane["ratio"]
                between = f"[{low:.2f}, {high:.2f}]" if place else ""
                parts.append(f"| {lane['label']} | {lane['seconds'][0]:.1f} | {ratio:.2f} | {between} |")
            parts.append("")
            notes = {lane["label"]: lane["note"] for lane in case["lanes"] if lane["note"]}
            parts += [*(f"- {name}: {note}." for name, note in notes.items()), ""] if notes else []
        shown = [(FIGURES[name], values) for name, values in case["figures"].items() if name in FIGURES]
        if shown:
            parts += ["| figure | |", "|---|---:|"]
            parts += [f"| {name} | {form.format(values[0])} |" for (name, form), values in shown]
            parts.append("")
    parts += [f"- {line}" for line in remarks(result)]
    return "\n".join(parts).rstrip() + "\n"


def _figures(result: Result) -> list[str]:
    return [
        f"{case['name']}: {FIGURES[name][0]}: {FIGURES[name][1].format(values[0])}"
        for case in result["cases"]
        for name, values in case["figures"].items()
        if name in FIGURES
    ]
