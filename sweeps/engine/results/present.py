"""The results of a sweep, printed: a table of the best trials and the baseline, sentences, and the next commands."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from knobwise.experiments import ranges, shell
from knobwise.experiments.ranges import Edge
from knobwise.experiments.record.stores import browse_command, runs_page
from knobwise.experiments.references import against
from knobwise.experiments.references.against import Scored
from knobwise.sweeps.engine.results import samples_table, table, trials_table
from knobwise.sweeps.engine.results.pictures import study_pictures
from knobwise.sweeps.engine.results.results import Results
from knobwise.sweeps.engine.results.summary import legend, sentences
from knobwise.sweeps.engine.sweep import Sweep


def show(
    sweep: Sweep,
    results: Results,
    beside: list[Scored],
    notes: list[str],
    commands: list[tuple[str, str]],
    edges: Sequence[Edge] = (),
) -> None:
    """Print the report on stdout.

    Args:
        sweep, results: the question and the results.
        beside: the reference models, empty where there are none.
        notes: lines to add.
        commands: the next commands to type, each with what it does.
        edges: of the ranges, at which the best lies.
    """
    console = Console(highlight=False)
    shown = trials_table.columns(sweep, results)
    console.print()
    table.show(shown, console)
    if beside:
        console.print()
        table.show(_references(beside), console, bold=False)
    by_size = samples_table.settings(sweep, results)
    if by_size:
        console.print()
        table.show(samples_table.columns(by_size), console, bold=False)
    console.print()
    explained = legend(table.fitted(shown))
    at_edge = [ranges.sentence(edges)] if edges else []
    of_results = (
        *sentences(sweep, results),
        *samples_table.sentences(by_size),
        *at_edge,
        *against.sentences(beside),
        counted(results),
    )
    for line in (*explained, *of_results, *notes):
        console.print(Text(line))
    console.print()
    width = max(len(what) for what, _ in commands)
    for what, command in commands:  # not wrapped: they are to be copied
        sys.stdout.write(f"{what:<{width}}  {command}\n")
    sys.stdout.flush()


def commands(study: str, tracking_uri: str, experiment_id: str, program: str, trials: int) -> list[tuple[str, str]]:
    """What to type to browse the record, to compare the runs in pandas, and to resume the study."""
    best = f"kw.best('{study}')"
    on_server = tracking_uri.startswith(("http://", "https://"))
    page = runs_page(experiment_id, tracking_uri) if on_server else runs_page(experiment_id)
    return [
        *([] if on_server else [("Browse", browse_command(tracking_uri))]),
        ("Open", page),
        ("Compare", f'{shell.program("python")} -c "import knobwise as kw; print({best})"'),
        ("Resume", f"{program} --trials {2 * trials}"),
    ]


def counted(results: Results) -> str:
    """How many trials ended how, in a sentence."""
    parts = [f"{count} {status}" for status, count in results.counts.items() if count or status == "complete"]
    return f"{len(results.rows)} trials: {', '.join(parts)}."


def markdown(sweep: Sweep, results: Results, beside: list[Scored], edges: Sequence[Edge] = ()) -> str:
    """The same, as Markdown, for the study's page in MLflow."""
    trials = table.fitted(trials_table.columns(sweep, results))
    by_size = samples_table.settings(sweep, results)
    said = [*sentences(sweep, results), *samples_table.sentences(by_size)]
    at_edge = [ranges.sentence(edges)] if edges else []
    lines = [
        f"**{sweep.question}**",
        "",
        " ".join([*said, *at_edge, *against.sentences(beside)]),
        "",
        *table.markdown(trials),
        *(["", *table.markdown(table.fitted(samples_table.columns(by_size)))] if by_size else []),
        *(["", *table.markdown(table.fitted(_references(beside)))] if beside else []),
        "",
        " ".join([*legend(trials), counted(results), "Selected by val MSE; the test part is only reported."]),
    ]
    return "\n".join(lines)


def _references(beside: list[Scored]) -> list[table.Column]:
    heads = {"val_mse": "val MSE", "test_mse": "test MSE", "test_r2": "test R2"}
    if any("test_accuracy" in each.metrics for each in beside):
        heads = {"val_mse": "val MSE", "test_mse": "test MSE", "test_accuracy": "test accuracy"}
    return [
        table.Column("for scale", [each.name for each in beside]),
        *(
            table.Column(head, [f"{each.metrics[name]:.4g}" if name in each.metrics else "-" for each in beside])
            for name, head in heads.items()
        ),
    ]


def pictures(sweep: Sweep, results: Results) -> dict[str, bytes]:
    """The pictures of a study, PNG files by artifact path."""
    return study_pictures(sweep, results)
