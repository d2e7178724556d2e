"""How a sweep is getting on: a live display on a terminal, plain lines elsewhere, or nothing. Always on stderr."""

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

LINES = 100  # at most about so many plain lines a sweep
DRAWN = 0.125  # seconds between pictures on a terminal


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Attributes:
    counts: how many trials ended how, those of earlier runs among them.
    trials: how many there are to be.
    best: the best so far.
    epochs: trained in all.
    flops: that they took.
    failures: how many trials failed since this run of the sweep began.
    ended: how many ended since then.
    began: when that was, on the clock of `time.monotonic`.
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
        """As it is when a run of the sweep begins."""
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

    def plus(self, row: Row) -> "Standing":
        """With one more trial ended."""
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
        """Trials that count towards `trials`."""
        return sum(count for status, count in self.counts.items() if status != "failed")

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None where there is none yet."""
        if not self.ended:
            return None
        return (time.monotonic() - self.began) / self.ended * max(0, self.trials - self.done)


class Display(Protocol):
    """Shows how things stand."""

    def show(self, standing: Standing, running: int) -> None:
        """How things stand now; called several times a second."""

    def ended(self, row: Row, error: str, standing: Standing) -> None:
        """A trial has ended, with an error where it failed."""

    def confirming(self, trials: list[int], done: int, runs: int) -> None:
        """How many of the runs on fresh seeds are done; called several times a second."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Silent:
    """Shows nothing but failures."""

    def show(self, standing: Standing, running: int) -> None:
        """Nothing."""

    def ended(self, row: Row, error: str, standing: Standing) -> None:
        """A line where the trial failed."""
        if error:
            sys.stderr.write(_failed(row, error) + "\n")

    def confirming(self, trials: list[int], done: int, runs: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing to leave."""


class Lines:
    """A line for every trial that ends; where there are many, for every few."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._confirming = False

    def show(self, standing: Standing, running: int) -> None:
        """Nothing: lines tell what ended, not what runs."""

    def ended(self, row: Row, error: str, standing: Standing) -> None:
        """The line."""
        if error:
            sys.stderr.write(_failed(row, error) + "\n")
        elif standing.done % max(1, standing.trials // LINES) == 0 or standing.done == standing.trials:
            knobs = ", ".join(f"{name} {shown(value)}" for name, value in row.params.items())
            value = f", val MSE {row.val_mse:.4g}" if row.val_mse is not None else ""
            best = f", best {_value(standing.best):.4g}" if standing.best else ""
            sys.stderr.write(
                f"{self._name} {standing.done}/{standing.trials}: trial {row.number} {row.status} ({knobs}){value}"
                f"{best}{_left(standing)}\n"
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
    """Two lines that are drawn anew: a bar with the counts, and the best so far with the time left."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        self._live.start()
        self._drawn = 0.0

    def show(self, standing: Standing, running: int) -> None:
        """Draw, at most eight times a second."""
        if time.monotonic() - self._drawn >= DRAWN:
            self._drawn = time.monotonic()
            self._live.update(_picture(self._name, standing, running), refresh=True)

    def ended(self, row: Row, error: str, standing: Standing) -> None:
        """A line above the display where the trial failed."""
        if error:
            self._live.console.print(Text(_failed(row, error), style="red"))

    def confirming(self, trials: list[int], done: int, runs: int) -> None:
        """Draw the bar of this stage in the place of the search's."""
        if time.monotonic() - self._drawn >= DRAWN or done == 0:
            self._drawn = time.monotonic()
            table = Table.grid(padding=(0, 1))
            table.add_row(
                Text(self._name, "bold"),
                ProgressBar(total=max(1, runs), completed=done, width=24),
                Text(f"{done}/{runs} runs of the best on fresh seeds (trials {', '.join(map(str, trials))})"),
            )
            self._live.update(table, refresh=True)

    def close(self) -> None:
        """Take the display away."""
        self._live.stop()


def choose(name: str, quiet: bool) -> Display:
    """The display for where stderr goes."""
    if quiet:
        return Silent()
    return Terminal(name) if sys.stderr.isatty() else Lines(name)


def _picture(name: str, standing: Standing, running: int) -> Table:
    table = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=standing.trials, completed=min(standing.done, standing.trials), width=24)
    counts = Text(f"{standing.done}/{standing.trials} done, {running} running")
    for status, style in (("pruned", "yellow"), ("diverged", "magenta"), ("failed", "red")):
        if standing.counts.get(status):
            counts.append(f", {standing.counts[status]} {status}", style)
    best = standing.best
    text = f"best val MSE {_value(best):.4g} (trial {best.number})" if best else "no trial is complete yet"
    table.add_row(Text(name, "bold"), bar, counts)
    table.add_row("", Text(_left(standing).removeprefix(", "), "dim"), Text(text, "green" if best else "dim"))
    return table


def _left(standing: Standing) -> str:
    seconds = standing.seconds_left
    if seconds is None or seconds < 1:
        return ""
    return f", about {seconds:.0f} s left" if seconds < 100 else f", about {seconds / 60:.0f} min left"


def _failed(row: Row, error: str) -> str:
    return f"trial {row.number} failed: {' '.join(error.split())}"


def _value(row: Row | None) -> float:
    return row.val_mse if row is not None and row.val_mse is not None else float("inf")
