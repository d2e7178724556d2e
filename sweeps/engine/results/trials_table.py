"""The table of a study's best trials next to the baseline, as text: for the terminal and for the study's page."""

import math
from collections.abc import Sequence
from statistics import fmean

from knobwise.experiments.statistics import interval
from knobwise.experiments.text import r2_text, shown
from knobwise.sweeps.engine.results.results import Results, Row
from knobwise.sweeps.engine.results.table import Column
from knobwise.sweeps.engine.sweep import Sweep

BEST = 5  # trials shown
FRONT = 10  # those shown of a front
TIED = "≈"


def columns(sweep: Sweep, results: Results) -> list[Column]:
    """The columns: the best few, then the baseline unless it is among them."""
    rows = chosen(results)
    knobs = [sweep.shown(row.params) for row in rows]
    asked = [name for name in sweep.knobs if any(name in each for each in knobs)]
    found = [
        Column("", [_label(results, row.number) for row in rows]),
        Column("trial", [str(row.number) for row in rows]),
    ]
    found += [Column(name, [shown(each[name]) if name in each else "-" for each in knobs]) for name in asked]
    found.append(
        Column("val MSE", [row.status if row.val_mse is None else with_interval(row.val_mse, row.high) for row in rows])
    )
    if finalists := results.ranking.finalists:
        found.append(Column("fresh seeds", [_fresh(finalists.get(row.number, row.fresh)) for row in rows]))
    found += [Column(name, [_number(row.cost) for row in rows]) for name in results.objectives[1:]]
    found.append(Column("test MSE", [_number(row.test_mse) for row in rows], spare=2))
    found.append(_quality(rows))
    if "epochs" not in asked:
        found.append(Column("epochs", [str(row.epochs) for row in rows], spare=3))
    if "train_seconds" not in results.objectives:
        found.append(Column("seconds", [f"{row.seconds:.1f}" for row in rows], spare=4))
    return found


def _quality(rows: list[Row]) -> Column:
    """What people know a good fit by: the share of right answers where there are classes, R2 otherwise."""
    if any(row.test_accuracy is not None for row in rows):
        texts = ["-" if row.test_accuracy is None else f"{row.test_accuracy:.4f}" for row in rows]
        return Column("test accuracy", texts, spare=1)
    return Column("test R2", ["-" if row.test_r2 is None else r2_text(row.test_r2) for row in rows], spare=1)


def chosen(results: Results) -> list[Row]:
    """The rows of the table: the best few and the baseline; of a study that weighs a cost, its front."""
    if len(results.objectives) == 1:
        return results.rows_of(results.ranking.top(BEST))
    front = _spread(results.front, FRONT)
    baseline = results.baseline
    return [*front, *([baseline] if baseline is not None and baseline not in front else [])]


def _spread(rows: list[Row], most: int) -> list[Row]:
    """At most so many of `rows`, evenly spaced, the first and the last among them."""
    if len(rows) <= most:
        return rows
    return [rows[round(at * (len(rows) - 1) / (most - 1))] for at in range(most)]


def _label(results: Results, number: int) -> str:
    ranking = results.ranking
    if len(results.objectives) > 1:
        return label(baseline=number == ranking.baseline)
    tied = number in (ranking.tied or ())
    return label(best=number == ranking.best, tied=tied, baseline=number == ranking.baseline)


def label(*, best: bool = False, tied: bool = False, baseline: bool = False) -> str:
    """What stands before a trial in the first column.

    >>> label(best=True), label(tied=True, baseline=True)
    ('best', '≈ baseline')
    """
    return " ".join([TIED] * tied + (["baseline"] if baseline else ["best"] * best))


def with_interval(value: float, high: float | None) -> str:
    """A mean, with half the width of its 95% interval where its upper end is known: two significant digits.

    >>> with_interval(1.5, 1.5123), with_interval(1500.0, 1602.4), with_interval(1.5, None)
    ('1.5 ± 0.012', '1500 ± 102', '1.5')
    """
    if high is None or not math.isfinite(high):
        return f"{value:.4g}"
    half = high - value
    # Without an exponent where the number can be read as it stands.
    return f"{value:.4g} ± " + (f"{half:.0f}" if 10 <= half < 1e6 else f"{half:.2g}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _fresh(values: Sequence[float | None]) -> str:
    """The mean over fresh seeds, with half the width of its 95% interval."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "diverged"
    return with_interval(fmean(known), interval(known).high if len(known) > 1 else None) if known else ""
