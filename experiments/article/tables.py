"""The walkthrough's tables as text: the article's runs, both ways to compute them, the effect of each knob."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from knobwise.experiments.article import Figures, Knob, Row, figures, knobs
from knobwise.experiments.outcome import Outcome

SIMPLE, FAST = "SimpleNN", "fast path"
NAMES = Figures("train MSE", "grid MSE", "grid R2", "worst error")

Done = Mapping[tuple[str, str], Outcome]
"""Outcomes by the name of the row and the network, `SIMPLE` or `FAST`."""


class Table(NamedTuple):
    """A table of text.

    Attributes:
        title: of the table.
        head: column heads.
        rows: cells of each row.
    """

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def runs(rows: tuple[Row, ...], done: Done) -> Table:
    """The article's own table; by SimpleNN where that was run, otherwise by the fast path, which is then named."""
    cells = []
    for row in rows:
        by = SIMPLE if (row.name, SIMPLE) in done else FAST
        config = row.config
        name = row.name if by == SIMPLE else f"{row.name} ({FAST})"
        knobs_set = f"{config.n_samples:,}", f"{config.epochs:,}", f"{config.lr:g}"
        cells.append((name, *knobs_set, *figures(done[row.name, by])))
    return Table("The article's runs", ("run", "n_samples", "epochs", "lr", *NAMES), cells)


def equality(rows: tuple[Row, ...], done: Done) -> Table:
    """Seconds of both networks, and whether their figures equal each other and the published ones."""
    cells = []
    for row in rows:
        simple, fast = done.get((row.name, SIMPLE)), done[row.name, FAST]
        seconds = fast.metrics["train_seconds"]
        alike = _compared(figures(fast), figures(simple)) if simple else "not run"
        cells.append(
            (
                row.name,
                f"{simple.metrics['train_seconds']:.1f}" if simple else "-",
                f"{seconds:.1f}",
                f"{simple.metrics['train_seconds'] / seconds:.1f} x" if simple else "-",
                alike,
                _compared(figures(simple or fast), row.published),
            )
        )
    head = ("run", f"{SIMPLE}, s", f"{FAST}, s", "faster", "same figures", "as published")
    return Table("The same runs by the fast path, in float64", head, cells)


def bought(rows: tuple[Row, ...], done: Done) -> Table:
    """The effect of each knob and its cost; all seconds by one network, SimpleNN where it ran every row."""
    by = SIMPLE if all((row.name, SIMPLE) in done for row in rows) else FAST
    cells = [_bought(knob) for knob in knobs(rows, [done[row.name, by] for row in rows])]
    head = ("knob", "grid MSE", "smaller", f"seconds ({by})", "longer", "saved per doubling")
    return Table("What each knob bought, and what it cost", head, cells)


def reproduced(rows: Sequence[Row], done: Done) -> bool:
    """Whether every run that was made, by either network, has the published figures."""
    return all(
        figures(outcome) == row.published for row in rows for (name, _), outcome in done.items() if name == row.name
    )


def facts(rows: tuple[Row, ...], done: Done) -> dict[str, Any]:
    """The same as JSON can hold it: `runs`, and `knobs` with the seconds of the fast path, which makes every run."""
    runs_made = [
        {
            "run": row.name,
            "by": by,
            "n_samples": row.config.n_samples,
            "epochs": row.config.epochs,
            "lr": row.config.lr,
            "train_mse": float(done[row.name, by].curves.train_loss[-1]),
            "grid_mse": done[row.name, by].metrics["test_mse"],
            "grid_r2": done[row.name, by].metrics["test_r2"],
            "worst_error": done[row.name, by].metrics["test_max_error"],
            "seconds": done[row.name, by].metrics["train_seconds"],
        }
        for row in rows
        for by in (SIMPLE, FAST)
        if (row.name, by) in done
    ]
    turned = [
        {
            "knob": knob.knob,
            "grid_mse": knob.grid_mse,
            "seconds": knob.seconds,
            "saved_per_doubling": None if math.isnan(knob.saved_per_doubling) else knob.saved_per_doubling,
        }
        for knob in knobs(rows, [done[row.name, FAST] for row in rows])
    ]
    return {"runs": runs_made, "knobs": turned}


def markdown(tables: Sequence[Table]) -> str:
    """The tables in Markdown."""
    lines = []
    for table in tables:
        lines += [f"**{table.title}**", "", _line(table.head), "|" + "---|" * len(table.head)]
        lines += [*map(_line, table.rows), ""]
    return "\n".join(lines)


ALL = (runs, equality, bought)
"""In the order of display."""


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _compared(ours: Figures, theirs: Figures) -> str:
    different = [f"{name} {a}, not {b}" for name, a, b in zip(NAMES, ours, theirs, strict=True) if a != b]
    return "no: " + "; ".join(different) if different else "yes"


def _bought(knob: Knob) -> tuple[str, ...]:
    saved = knob.saved_per_doubling
    return (
        knob.knob,
        f"{knob.grid_mse[0]:.3f} -> {knob.grid_mse[1]:.3f}",
        f"{knob.error_factor:.2f} x",
        f"{knob.seconds[0]:.1f} -> {knob.seconds[1]:.1f}",
        f"{knob.cost_factor:.1f} x",
        "it cost nothing" if math.isnan(saved) else f"{saved:.1%}",
    )
