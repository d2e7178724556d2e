"""What a sweep found, for people: a table of the best trials next to the baseline, and what to type next."""

import sys

from rich.console import Console
from rich.text import Text

from knobwise.experiments.record.stores import browse_command, runs_page
from knobwise.experiments.references import against
from knobwise.experiments.references.against import Scored
from knobwise.sweeps.engine.recording import reference_models
from knobwise.sweeps.engine.results import table
from knobwise.sweeps.engine.results.pictures import study_pictures
from knobwise.sweeps.engine.results.results import Results
from knobwise.sweeps.engine.results.summary import legend, sentences
from knobwise.sweeps.engine.sweep import Sweep


def show(
    sweep: Sweep, results: Results, beside: list[Scored], notes: list[str], commands: list[tuple[str, str]]
) -> None:
    """Print the report on stdout.

    Args:
        sweep, results: what was asked and found.
        beside: the reference models, none where there are none.
        notes, commands: what is to be said and to be typed after it.
    """
    console = Console(highlight=False, soft_wrap=False)
    rows = table.cells(sweep, results)
    console.print(table.rich_table(rows))
    if beside:
        console.print(table.rich_table(reference_models.cells(beside)))
    for line in (*legend(rows), *sentences(sweep, results), *against.sentences(beside), counted(results), *notes):
        console.print(Text(line))
    console.print()
    width = max(len(what) for what, _ in commands)
    for what, command in commands:  # not wrapped: they are to be copied
        sys.stdout.write(f"{what:<{width}}  {command}\n")
    sys.stdout.flush()


def commands(study: str, tracking_uri: str, experiment_id: str, program: str, trials: int) -> list[tuple[str, str]]:
    """What to type to browse the record, to compare the runs in pandas, and to go on."""
    best = f"kw.runs('{study}').sort_values('val_mse').head()"
    on_server = tracking_uri.startswith(("http://", "https://"))
    page = runs_page(experiment_id, tracking_uri) if on_server else runs_page(experiment_id)
    return [
        *([] if on_server else [("Browse", browse_command(tracking_uri))]),
        ("Open", page),
        ("Compare", f'python -c "import knobwise as kw; print({best})"'),
        ("Go on", f"{program} --trials {2 * trials}"),
    ]


def counted(results: Results) -> str:
    """How many trials ended how, in a sentence."""
    parts = [f"{count} {status}" for status, count in results.counts.items() if count or status == "complete"]
    return f"{len(results.rows)} trials: {', '.join(parts)}."


def markdown(sweep: Sweep, results: Results, beside: list[Scored]) -> str:
    """The same, as Markdown, for the study's page in MLflow."""
    rows = table.cells(sweep, results)
    lines = [
        f"**{sweep.question}**",
        "",
        " ".join([*sentences(sweep, results), *against.sentences(beside)]),
        "",
        *table.markdown_table(rows),
        *(["", *table.markdown_table(reference_models.cells(beside))] if beside else []),
        "",
        " ".join([*legend(rows), counted(results), "Selected by val MSE; the test part is only reported."]),
    ]
    return "\n".join(lines)


def pictures(sweep: Sweep, results: Results) -> dict[str, bytes]:
    """The pictures of a study, PNG files by artifact path."""
    return study_pictures(sweep, results)
