"""What a sweep found, for people: a table of the best trials next to the baseline, and what to type next."""

import sys

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.metrics import r2_text
from experiments.record.stores import browse_command, runs_page
from sweeps.engine.display import shown
from sweeps.engine.results import Results, Row
from sweeps.engine.sweep import Sweep

BEST = 5


def show(sweep: Sweep, results: Results, notes: list[str], commands: list[tuple[str, str]]) -> None:
    """Print the report on stdout."""
    console = Console(highlight=False, soft_wrap=False)
    console.print(_table(sweep, results))
    replicated = any(row.high is not None for row in results.rows)
    intervals = ["± is half of the 95% interval for the mean over the seeds."] if replicated else []
    for line in (*intervals, verdict(results), counted(results), *notes):
        console.print(Text(line))
    console.print()
    width = max(len(what) for what, _ in commands)
    for what, command in commands:  # not wrapped: they are to be copied
        sys.stdout.write(f"{what:<{width}}  {command}\n")
    sys.stdout.flush()


def commands(study: str, tracking_uri: str, experiment_id: str, program: str, trials: int) -> list[tuple[str, str]]:
    """What to type to browse the record, to compare the runs in pandas, and to go on."""
    table = f"compare.runs('{study}').sort_values('val_mse').head()"
    on_server = tracking_uri.startswith(("http://", "https://"))
    page = runs_page(experiment_id, tracking_uri) if on_server else runs_page(experiment_id)
    return [
        *([] if on_server else [("Browse", browse_command(tracking_uri))]),
        ("Open", page),
        ("Compare", f'python -c "from experiments import compare; print({table})"'),
        ("Go on", f"{program} --trials {2 * trials}"),
    ]


def verdict(results: Results) -> str:
    """What the best bought against the baseline, in a sentence."""
    best, baseline = results.best, results.baseline
    if best is None or best.val_mse is None:
        return "No trial is complete, so there is no best one."
    if baseline is None or baseline.val_mse is None:
        return f"The best, trial {best.number}, has a val MSE of {best.val_mse:.4g}; the baseline has none."
    if best.number == baseline.number:
        return f"No trial beat the baseline, whose val MSE is {baseline.val_mse:.4g}."
    knobs = ", ".join(f"{name} {shown(value)}" for name, value in best.params.items())
    times = baseline.val_mse / best.val_mse if best.val_mse > 0 else float("inf")
    return (
        f"The best, trial {best.number} ({knobs}), has a val MSE {times:.2f} times lower than the baseline's: "
        f"{best.val_mse:.4g} instead of {baseline.val_mse:.4g}."
    )


def counted(results: Results) -> str:
    """How many trials ended how, in a sentence."""
    parts = [f"{count} {status}" for status, count in results.counts.items() if count or status == "complete"]
    return f"{len(results.rows)} trials: {', '.join(parts)}."


def markdown(sweep: Sweep, results: Results) -> str:
    """The same, as Markdown, for the study's page in MLflow."""
    head, *rows = _cells(sweep, results)
    lines = [
        f"**{sweep.question}**",
        "",
        verdict(results),
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
        f"{counted(results)} Selected by val MSE; the test part is only reported.",
    ]
    return "\n".join(lines)


def pictures(sweep: Sweep, results: Results) -> dict[str, bytes]:
    """The map of all trials over the knobs in question, where these are two numbers; PNG files by artifact path."""
    rows = [row for row in results.rows if all(_number(row.params.get(knob)) for knob in sweep.knobs)]
    if len(sweep.knobs) != 2 or not rows:
        return {}
    import numpy as np

    from experiments.plots.canvas import render
    from experiments.plots.trials_map import draw

    settings = np.array([[float(row.params[knob]) for knob in sweep.knobs] for row in rows])
    complete = [row.val_mse if row.status == "complete" and row.val_mse is not None else np.nan for row in rows]
    words = {0: "baseline"} | ({results.best.number: "best"} if results.best else {})
    marked = [(at, words[row.number]) for at, row in enumerate(rows) if row.number in words]
    knobs = (sweep.knobs[0], sweep.knobs[1])
    return {"pictures/trials.png": render(draw(knobs, settings, np.array(complete), value="val MSE", marked=marked))}


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _table(sweep: Sweep, results: Results) -> Table:
    head, *rows = _cells(sweep, results)
    narrow = any(row.high is not None for row in results.rows)  # the intervals need room
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0 if narrow else (0, 1))
    for column in head:
        table.add_column(column, justify="left" if column == "" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row, style="bold" if row is rows[0] else "")
    return table


def _cells(sweep: Sweep, results: Results) -> list[list[str]]:
    """Head and rows: the best few, then the baseline unless it is among them."""
    best = list(results.best_trials(BEST))
    baseline = results.baseline
    rows = [*best, *([baseline] if baseline is not None and baseline not in best else [])]
    knobs = [name for name in sweep.knobs if any(name in row.params for row in rows)]
    epochs = [] if "epochs" in knobs else ["epochs"]
    head = ["", "trial", *knobs, "val MSE", "test MSE", "test R2", *epochs, "seconds"]
    return [head, *(_row(row, row is results.best, knobs, bool(epochs)) for row in rows)]


def _row(row: Row, best: bool, knobs: list[str], epochs: bool) -> list[str]:
    label = "baseline" if row.number == 0 else "best" if best else ""
    return [
        label,
        str(row.number),
        *(shown(row.params[name]) if name in row.params else "-" for name in knobs),
        _val_mse(row),
        f"{row.test_mse:.4g}" if row.test_mse is not None else "-",
        r2_text(row.test_r2) if row.test_r2 is not None else "-",
        *([str(row.epochs)] if epochs else []),
        f"{row.seconds:.1f}",
    ]


def _val_mse(row: Row) -> str:
    """With half the width of its 95% interval, where there are replicates."""
    if row.val_mse is None:
        return row.status
    half = f" ± {row.high - row.val_mse:.2g}" if row.high is not None else ""
    return f"{row.val_mse:.4g}{half}"
