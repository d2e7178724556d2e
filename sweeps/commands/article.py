"""Walk through the article: its data, its runs, what each knob bought.

Usage: knobwise article [options]

    knobwise article --quick

Draws the data and the true surface, makes the three runs of the article's table with `SimpleNN` and with the fast
network, compares the figures digit by digit, and records every run in MLflow. About three minutes on two cores.

Options:
  --quick       SimpleNN for the first run only, the long ones by the fast network alone; about a minute
  --out DIR     where the pictures and the tables go [mlruns/article]
  --no-record   record nothing in MLflow
  --json        one line of JSON on stdout, and nothing else there

Exit code 1 where a run does not have the figures that the article's table has.
"""

import json
import multiprocessing
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console

from knobwise.experiments import article, shell
from knobwise.experiments.article import ROWS, Row, figures, knobs
from knobwise.experiments.article import tables as walkthrough_tables
from knobwise.experiments.article.tables import FAST, SIMPLE
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.problems.article import sample
from knobwise.experiments.record import names
from knobwise.experiments.record.stores import browse_command, without_credentials
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput, Unfinished
from knobwise.sweeps.engine.results import table
from knobwise.sweeps.engine.settings import cores
from knobwise.sweeps.engine.workers import pool as pools
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, Work, train
from knobwise.sweeps.engine.workers.pool import Finished, Pool

if TYPE_CHECKING:
    from knobwise.experiments.record.tracker import StudyRun, Tracker

NAME = "article"
HEAD = 5  # rows of data shown


class Options(NamedTuple):
    """What to do, as the page of help describes it."""

    quick: bool
    record: bool
    json: bool
    out: Path


class Record(NamedTuple):
    """Attributes: who writes to MLflow, and the study it writes."""

    tracker: "Tracker"
    study: "StudyRun"


class Task(NamedTuple):
    """Attributes: a row of the article's table, the network to compute it by, and its number in the record."""

    row: Row
    by: str
    number: int

    @property
    def work(self) -> float:
        """Roughly how long it takes, in no unit: SimpleNN's epochs are about four times as long."""
        return self.row.config.n_samples * self.row.config.epochs * (4.0 if self.by == SIMPLE else 1.0)


def main(given: Given) -> int:
    """Walk through the article as `given` asks."""
    options = Options(
        quick="--quick" in given,
        record="--no-record" not in given,
        json="--json" in given,
        out=Path(given.get("--out", f"mlruns/{NAME}")),
    )
    with Interrupts() as interrupts:
        return _walk(options, interrupts)


def simple_nn(job: Job) -> Outcome:
    """What a worker does with a run by SimpleNN."""
    return article.by_simple_nn(job.config)


WORK: dict[str, Work] = {SIMPLE: simple_nn, FAST: train}


def tasks(rows: tuple[Row, ...], quick: bool) -> list[Task]:
    """What is to be computed; SimpleNN's runs come first in the record."""
    pairs = [(row, SIMPLE) for row in (rows[:1] if quick else rows)] + [(row, FAST) for row in rows]
    return [Task(row, by, number) for number, (row, by) in enumerate(pairs)]


def _walk(options: Options, interrupts: Interrupts) -> int:
    began = time.monotonic()
    console = Console(stderr=options.json, highlight=False)
    if not console.is_terminal:
        console.width = 110  # what a file or a pipe is read at
    _folder(options.out)
    _show_data(console, options.out)
    todo = tasks(ROWS, options.quick)
    slots = min(2, cores())
    wait = "about a minute" if options.quick else "about three minutes"
    console.print(
        f"\n[bold]The runs.[/] {len(todo)} of them, {slots} at once, {wait} on two free cores.\n"
        "Every run starts from the same weights (seed 99) and sees the same samples (seed 0)."
    )
    record = _open(options) if options.record else None
    done = _compute(console, todo, slots, record, interrupts)
    if interrupts.signal:
        if record:
            _close(record, "Interrupted: not every run was made.", interrupted=True)
        sys.stderr.write("interrupted; the runs that had ended are recorded\n" if record else "interrupted\n")
        return interrupts.exit_code
    _save(done, options.out)
    tables = [make(ROWS, done) for make in walkthrough_tables.ALL]
    text = walkthrough_tables.markdown(tables)
    (options.out / "article_tables.md").write_text(text, encoding="utf-8")
    if record:
        _close(record, text, interrupted=False)
    for shown in tables:
        console.print(f"\n[bold]{shown.title}[/]")
        columns = [table.Column(*column) for column in zip(shown.head, zip(*shown.rows, strict=True), strict=True)]
        table.show(columns, console, more=f"{options.out}/article_tables.md has all", bold=False)
    same = walkthrough_tables.reproduced(ROWS, done)
    _conclude(console, done, same, options, record)
    if options.json:
        facts = {
            "study": record.study.study if record else None,
            **walkthrough_tables.facts(ROWS, done),
            "reproduced": same,
            "wall_s": time.monotonic() - began,
            "tracking_uri": without_credentials(record.tracker.uri) if record else None,
            "experiment_id": record.study.experiment_id if record else None,
            "run_id": record.study.run_id if record else None,
        }
        sys.stdout.write(json.dumps(facts, allow_nan=False) + "\n")
    return 0 if same else 1


def _folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "article_tables.md").touch()
    except OSError as error:
        raise BadInput(f"--out must be a folder that can be written to, got {str(out)!r} ({error.strerror})") from None


def _show_data(console: Console, out: Path) -> None:
    """The problem, the head of its data, and the two pictures of them."""
    n_samples = ROWS[0].config.n_samples
    console.print(
        "[bold]The problem.[/] A network is to learn the surface z = sin(x) + x cos(y) + y + 3^(x/3), for x and y\n"
        f"from -10 to 10, from {n_samples:,} random points of it. The first {HEAD}:\n"
    )
    console.print(sample(n_samples).head(HEAD).to_string(float_format="{:.3f}".format))
    for name, picture in article.data_pictures(n_samples).items():
        (out / f"article_{name}.png").write_bytes(picture)
    console.print(
        f"\nThe sample and the true surface are drawn in {out}/article_sample.png and article_true_surface.png."
    )


def _open(options: Options) -> Record:
    """A study of its own for every walk: its key is the moment it began."""
    from knobwise.experiments.record.tracker import Tracker

    tracker = Tracker()
    key = f"{NAME}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    about = {"quick": str(options.quick).lower()}
    return Record(tracker, tracker.open_study(sweep=NAME, name=NAME, study=key, problem=NAME, about=about))


def _compute(
    console: Console, todo: list[Task], slots: int, record: Record | None, interrupts: Interrupts
) -> dict[tuple[str, str], Outcome]:
    """Make the runs, longest first, and record each as it ends; after an interrupt, only those that have ended.

    Raises:
        Unfinished: a run failed, or workers cannot start.
    """
    done: dict[tuple[str, str], Outcome] = {}
    workers = pools.start("local", slots, "")
    pool: Pool[Task] = Pool(workers, interrupts, _call)
    pool.queue.extend(sorted(todo, key=lambda task: -task.work))
    began = time.monotonic()
    try:
        with console.status("") as status:
            while pool.queue or pool.in_flight:
                pool.fill()
                status.update(f"{len(done)} of {len(todo)} runs done, {time.monotonic() - began:.0f} s so far")
                for finished in pool.wait():
                    if isinstance(finished, Finished):
                        task, outcome = finished.task, _outcome(finished)
                        done[task.row.name, task.by] = outcome
                        if record:
                            _record(record, task, outcome)
                        seconds = f"{outcome.metrics['train_seconds']:.1f} s"
                        console.print(f"  {task.row.name}, {task.by}: {seconds}, grid MSE {figures(outcome).grid_mse}")
                if interrupts.signal:  # a run may have minutes to go, and Python would wait for it
                    for process in multiprocessing.active_children():
                        process.terminate()
                    break
    finally:
        workers.close()
    return done


def _call(task: Task) -> tuple[Work, Job]:
    return WORK[task.by], Job(problem=article.PROBLEM, config=task.row.config)


def _outcome(finished: Finished[Task]) -> Outcome:
    if finished.outcome is None:
        raise Unfinished(f"the run {finished.task.row.name!r} ({finished.task.by}) failed: {finished.error}")
    return finished.outcome


def _record(record: Record, task: Task, outcome: Outcome) -> None:
    ended = time.time()
    said = {names.RUN_NAME: f"{task.row.name} ({task.by})", names.ABOUT + "by": task.by}
    record.tracker.record(
        record.study,
        trial=task.number,
        status="complete",
        outcome=outcome,
        started=ended - outcome.metrics["train_seconds"],
        ended=ended,
        tags=said | ({names.BASELINE: "true"} if task.number == 0 else {}),
    )


def _save(done: walkthrough_tables.Done, out: Path) -> None:
    """The pictures of every row, by SimpleNN where it ran."""
    for row in ROWS:
        outcome = done.get((row.name, SIMPLE)) or done[row.name, FAST]
        for path, picture in outcome.pictures.items():
            (out / f"article_{row.name.replace(' ', '_')}_{Path(path).name}").write_bytes(picture)


def _close(record: Record, text: str, interrupted: bool) -> None:
    record.tracker.summarise(record.study, description=text, metrics={}, tags={})
    record.tracker.close_study(record.study, interrupted=interrupted)


def _conclude(
    console: Console, done: dict[tuple[str, str], Outcome], same: bool, options: Options, record: Record | None
) -> None:
    turned = knobs(ROWS, [done[row.name, FAST] for row in ROWS])
    best = max(turned, key=lambda knob: knob.error_factor)
    said = (
        "Every run has the article's figures, digit by digit." if same else "NOT every run has the article's figures."
    )
    console.print(f"{said} The knob that bought most: {best.knob}, {best.error_factor:.2f} times less error.")
    console.print("Turned one at a time, by hand, that is hard to see. Let a sweep turn them:\n")
    console.print(f"  {shell.program('knobwise')} sweep lr_epochs\n", style="bold", soft_wrap=True)
    console.print(f"Pictures and tables: {options.out}", soft_wrap=True)
    if record:
        console.print(f"Recorded runs: {browse_command(record.tracker.uri)}", soft_wrap=True)
