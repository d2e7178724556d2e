"""The progress of a sweep: a live display on a terminal, plain lines elsewhere, or nothing. Always on stderr."""

import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from knobwise.experiments.text import shown
from knobwise.sweeps.engine.results.results import Results, Row

LINES = 100  # about the most plain lines for one sweep
REDRAW = 0.125  # seconds between frames on a terminal


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The trials of a study that have ended.

    Attributes:
        counts: how many, by status, those of earlier sessions included.
        trials: how many were asked for.
        best: the best so far.
        epochs: epochs trained.
        flops: floating-point operations of that training.
        failures: how many trials failed in this session.
        ended: how many ended in this session.
        began: when this session began, on the clock of `time.monotonic`.
    """

    counts: dict[str, int]
    trials: int
    best: Row | None
    epochs: int
    flops: float
    failures: int
    ended: int
    began: float

    @classmethod
    def of(cls, results: Results, trials: int) -> Self:
        """The progress when a session begins.

        Args:
            results: of the trials that have ended.
            trials: how many were asked for.
        """
        return cls(
            counts=results.counts,
            trials=trials,
            best=next(iter(results.rows_of(results.ranking.by_search)), None),
            epochs=sum(row.epochs_trained for row in results.rows),
            flops=sum(row.flops_trained for row in results.rows),
            failures=0,
            ended=0,
            began=time.monotonic(),
        )

    def plus(self, row: Row) -> "Progress":
        """The progress with one more trial ended."""
        better = row.status == "complete" and (self.best is None or _value(row) < _value(self.best))
        counts = dict(Counter(self.counts) + Counter([row.status]))
        return replace(
            self,
            counts=counts,
            best=row if better else self.best,
            epochs=self.epochs + row.epochs_trained,
            flops=self.flops + row.flops_trained,
            failures=self.failures + (row.status == "failed"),
            ended=self.ended + 1,
        )

    @property
    def done(self) -> int:
        """How many trials count towards `trials`: all but those that failed."""
        return sum(count for status, count in self.counts.items() if status != "failed")

    @property
    def seconds_left(self) -> float | None:
        """At this session's pace; None before its first trial has ended."""
        if not self.ended:
            return None
        return (time.monotonic() - self.began) / self.ended * max(0, self.trials - self.done)


class Display(Protocol):
    """Shows the progress."""

    def show(self, progress: Progress, running: int) -> None:
        """Show the progress, and how many trials run; called several times a second."""

    def ended(self, row: Row, error: str, progress: Progress) -> None:
        """Show that a trial has ended, with its error where it failed."""

    def confirming(self, trials: list[int], done: int, runs: int) -> None:
        """Show how many of the runs on fresh seeds are done; called several times a second.

        Args:
            trials: the trials that are run again.
            done: how many runs have ended.
            runs: how many there are.
        """

    def close(self) -> None:
        """Leave the terminal as it was before."""


class Silent:
    """Shows nothing but failures."""

    def show(self, progress: Progress, running: int) -> None:
        """Nothing."""

    def ended(self, row: Row, error: str, progress: Progress) -> None:
        """A line where the trial failed."""
        if error:
            sys.stderr.write(_failed(row, error) + "\n")

    def confirming(self, trials: list[int], done: int, runs: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing to leave."""


class Lines:
    """A line for every trial that ends; in a long sweep, for every few."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._confirming = False

    def show(self, progress: Progress, running: int) -> None:
        """Nothing: a line is written for a trial that has ended."""

    def ended(self, row: Row, error: str, progress: Progress) -> None:
        """A line for the trial, or for every few."""
        if error:
            sys.stderr.write(_failed(row, error) + "\n")
        elif progress.done % max(1, progress.trials // LINES) == 0 or progress.done == progress.trials:
            knobs = ", ".join(f"{name} {shown(value)}" for name, value in row.params.items())
            value = f", val MSE {row.val_mse:.4g}" if row.val_mse is not None else ""
            best = f", best {_value(progress.best):.4g}" if progress.best else ""
            sys.stderr.write(
                f"{self._name} {progress.done}/{progress.trials}: trial {row.number} {row.status} ({knobs}){value}"
                f"{best}{_left(progress)}\n"
            )

    def confirming(self, trials: list[int], done: int, runs: int) -> None:
        """One line, before the first run."""
        if runs and not self._confirming:
            self._confirming = True
            numbers = ", ".join(map(str, trials))
            sys.stderr.write(f"{self._name}: trials {numbers} again on fresh seeds, {runs} runs\n")

    def close(self) -> None:
        """Nothing to leave."""


class Terminal:
    """Two lines that are redrawn: a bar with the counts, and the time left with the best so far."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        self._live.start()
        self._last_drawn = 0.0

    def show(self, progress: Progress, running: int) -> None:
        """Draw, at most eight times a second."""
        if time.monotonic() - self._last_drawn >= REDRAW:
            self._last_drawn = time.monotonic()
            self._live.update(_frame(self._name, progress, running), refresh=True)

    def ended(self, row: Row, error: str, progress: Progress) -> None:
        """A line above the display where the trial failed."""
        if error:
            self._live.console.print(Text(_failed(row, error), style="red"))

    def confirming(self, trials: list[int], done: int, runs: int) -> None:
        """Draw the bar of the confirmation in place of the search's."""
        if time.monotonic() - self._last_drawn >= REDRAW or done == 0:
            self._last_drawn = time.monotonic()
            table = Table.grid(padding=(0, 1))
            table.add_row(
                Text(self._name, "bold"),
                ProgressBar(total=max(1, runs), completed=done, width=24),
                Text(f"{done}/{runs} runs of the best on fresh seeds (trials {', '.join(map(str, trials))})"),
            )
            self._live.update(table, refresh=True)

    def close(self) -> None:
        """Remove the display."""
        self._live.stop()


def choose(name: str, quiet: bool) -> Display:
    """The display that suits stderr."""
    if quiet:
        return Silent()
    return Terminal(name) if sys.stderr.isatty() else Lines(name)


def _frame(name: str, progress: Progress, running: int) -> Table:
    table = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=progress.trials, completed=min(progress.done, progress.trials), width=24)
    counts = Text(f"{progress.done}/{progress.trials} done, {running} running")
    for status, style in (("pruned", "yellow"), ("diverged", "magenta"), ("failed", "red")):
        if progress.counts.get(status):
            counts.append(f", {progress.counts[status]} {status}", style)
    best = progress.best
    text = f"best val MSE {_value(best):.4g} (trial {best.number})" if best else "no trial is complete yet"
    table.add_row(Text(name, "bold"), bar, counts)
    table.add_row("", Text(_left(progress).removeprefix(", "), "dim"), Text(text, "green" if best else "dim"))
    return table


def _left(progress: Progress) -> str:
    seconds = progress.seconds_left
    if seconds is None or seconds < 1:
        return ""
    return f", about {seconds:.0f} s left" if seconds < 100 else f", about {seconds / 60:.0f} min left"


def _failed(row: Row, error: str) -> str:
    return f"trial {row.number} failed: {' '.join(error.split())}"


def _value(row: Row | None) -> float:
    return row.val_mse if row is not None and row.val_mse is not None else float("inf")
