"""The table of a study's best trials next to the baseline, as text: for the terminal and for the study's page."""

from typing import NamedTuple

from rich import box
from rich.table import Table

from knobwise.experiments.metrics import r2_text
from knobwise.experiments.statistics import interval
from knobwise.experiments.text import shown
from knobwise.sweeps.engine.results.results import Results, Row
from knobwise.sweeps.engine.sweep import Sweep

BEST = 5  # trials shown
FRONT = 10  # those shown of a front
WIDTH = 80  # characters that a terminal has at least
TIED = "≈"


class Column(NamedTuple):
    """Attributes: its head, its text for each row, and, where there is no room for all, how soon it is left out."""

    head: str
    texts: list[str]
    spare: int = 0


def cells(sweep: Sweep, results: Results) -> list[list[str]]:
    """Head and rows: the best few, then the baseline unless it is among them."""
    rows = chosen(results)
    knobs = [sweep.shown(row.params) for row in rows]
    asked = [name for name in sweep.knobs if any(name in each for each in knobs)]
    columns = [Column("", [_label(results, row) for row in rows]), Column("trial", [str(row.number) for row in rows])]
    columns += [Column(name, [shown(each[name]) if name in each else "-" for each in knobs]) for name in asked]
    columns.append(Column("val MSE", [_val_mse(row) for row in rows]))
    if results.finalists:
        columns.append(Column("fresh seeds", [_fresh(row) for row in rows]))
    columns += [Column(name, [_number(row.cost) for row in rows]) for name in results.objectives[1:]]
    columns.append(Column("test MSE", [_number(row.test_mse) for row in rows], spare=2))
    columns.append(_quality(rows))
    if "epochs" not in asked:
        columns.append(Column("epochs", [str(row.epochs) for row in rows], spare=3))
    if "train_seconds" not in results.objectives:
        columns.append(Column("seconds", [f"{row.seconds:.1f}" for row in rows], spare=4))
    return _fitting(columns)


def _quality(rows: list[Row]) -> Column:
    """What people know a good fit by: the share of right answers where there are classes, R2 otherwise."""
    if any(row.test_accuracy is not None for row in rows):
        texts = ["-" if row.test_accuracy is None else f"{row.test_accuracy:.4f}" for row in rows]
        return Column("test accuracy", texts, spare=1)
    return Column("test R2", ["-" if row.test_r2 is None else r2_text(row.test_r2) for row in rows], spare=1)


def chosen(results: Results) -> list[Row]:
    """The rows of the table: those confirmed first, then by val MSE; of a study that weighs a cost, its front."""
    baseline = results.baseline
    if len(results.objectives) > 1:
        best = _spread(results.front, FRONT)
    else:
        steady = [row for row in results.finalists if row.steady]
        if steady and steady[-1].number == 0:  # it comes last in any case
            steady.pop()
        there = {row.number for row in steady} | {row.number for row in results.finalists if row.number == 0}
        best = [*steady, *(row for row in results.ranked if row.number not in there)][:BEST]
    numbers = {row.number for row in best}
    return [*best, *([baseline] if baseline is not None and 0 not in numbers else [])]


def rich_table(head_and_rows: list[list[str]]) -> Table:
    """For the terminal, the first trial in bold. Where too many knobs are in question, a trial is a column."""
    head, *rows = head_and_rows
    if _width(head_and_rows, 1) > WIDTH:
        return _turned(head_and_rows)
    narrow = _width(head_and_rows, 3) > WIDTH
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0 if narrow else (0, 1))
    for column in head:
        table.add_column(column, justify="left" if column == "" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row, style="bold" if row is rows[0] else "")
    return table


def _turned(head_and_rows: list[list[str]]) -> Table:
    """The table on its side, with the best trials that there is room for, and the last: the baseline."""
    head, *rows = head_and_rows
    while len(rows) > 2 and _width([*map(list, zip(head, *rows, strict=True))], 3) > WIDTH:
        del rows[-2]
    names, *trials = zip(head, *rows, strict=True)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(names[0], no_wrap=True)
    for at, label in enumerate(names[1:]):
        table.add_column(label, justify="right", no_wrap=True, style="bold" if at == 0 else "")
    for line in trials:
        table.add_row(*line)
    return table


def markdown_table(head_and_rows: list[list[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    head, *rows = head_and_rows
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)]


def _fitting(columns: list[Column]) -> list[list[str]]:
    """The table, without some of its spare columns where it would be too wide; with all where that does not help."""
    kept = list(columns)
    while _width(_of(kept), 1) > WIDTH:
        spare = max(kept, key=lambda column: column.spare)
        if not spare.spare:
            return _of(columns)
        kept.remove(spare)
    return _of(kept)


def _of(columns: list[Column]) -> list[list[str]]:
    """Head and rows."""
    return [[column.head for column in columns], *map(list, zip(*(c.texts for c in columns), strict=True))]


def _width(table: list[list[str]], gap: int) -> int:
    """Characters across, with so many between columns and one at each side."""
    return sum(max(map(len, column)) + gap for column in zip(*table, strict=True)) - gap + 2


def _spread(rows: list[Row], most: int) -> list[Row]:
    """At most so many of `rows`, evenly spaced, the first and the last among them."""
    if len(rows) <= most:
        return rows
    return [rows[round(at * (len(rows) - 1) / (most - 1))] for at in range(most)]


def _label(results: Results, row: Row) -> str:
    best = results.best if len(results.objectives) == 1 else None
    number = best.number if best else None
    tied = row.number != number and row.number in (results.tied or ()) and best is not None
    label = "baseline" if row.number == 0 else "best" if row.number == number else ""
    return f"{TIED} {label}".rstrip() if tied else label


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _val_mse(row: Row) -> str:
    """With half the width of its 95% interval, where there are replicates."""
    if row.val_mse is None:
        return row.status
    half = f" ± {_half(row.high - row.val_mse)}" if row.high is not None else ""
    return f"{row.val_mse:.4g}{half}"


def _fresh(row: Row) -> str:
    """The mean over fresh seeds, with half the width of its 95% interval."""
    if row.confirmed is None:
        return "diverged" if row.fresh else ""
    if len(row.steady) < 2:
        return f"{row.confirmed:.4g}"
    found = interval(row.steady)
    return f"{found.mean:.4g} ± {_half(found.high - found.mean)}"


def _half(width: float) -> str:
    """Two significant digits, without an exponent where the width is a number that is read as it stands.

    >>> _half(0.0123), _half(102.4)
    ('0.012', '102')
    """
    return f"{width:.0f}" if 10 <= width < 1e6 else f"{width:.2g}"
