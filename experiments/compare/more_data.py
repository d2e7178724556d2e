"""What more data bought: the best setting for each number of samples, and the gain split into its causes.

More samples seldom come alone. With batches of a fixed size an epoch on more of them has more steps, and each number
of samples is shown at its own best rate and length. So the gain from the fewest samples to the most is split along a
path of trials that differ in one thing at a time: the data, then the rate, then the steps.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from knobwise.experiments.compare import bins, columns
from knobwise.experiments.text import times, typeset

PARTS = {"data": "the data itself", "rate": "a re-tuned rate", "steps": "more steps"}
_NOT_REST = ("n_samples", "epochs", "lr", "batch_size", "seed")


class Setting(NamedTuple):
    """A complete trial.

    Attributes:
        trial: its number.
        n_samples, epochs, lr: as in `RunConfig`.
        batch: samples in a step: all of them for a full batch.
        full: whether it is a full batch.
        rest: the other knobs, as text.
        val_mse, test_mse: of the search.
    """

    trial: int
    n_samples: int
    epochs: int
    lr: float
    batch: int
    full: bool
    rest: str
    val_mse: float
    test_mse: float

    @property
    def steps(self) -> int:
        """Updates of the weights: epochs times batches in an epoch."""
        return self.epochs * math.ceil(self.n_samples / self.batch)


class Split(NamedTuple):
    """The gain between two settings, as factors of the test MSE; None for a part that no trial identifies.

    Attributes:
        total: of all together.
        data, rate, steps: of each part.
        lacks: which trial is missing, in words; empty where none is.
    """

    total: float
    data: float | None
    rate: float | None
    steps: float | None
    lacks: str = ""


def settings(table: pd.DataFrame) -> list[Setting]:
    """The complete trials of a table of `compare.runs`; none where `n_samples` does not vary among them."""
    needed = ("n_samples", "epochs", "lr", "batch_size", "val_mse", "test_mse", "status")
    if any(name not in table for name in needed):
        return []
    done = table[(table["status"] == "complete") & (table["val_mse"] < math.inf) & (table["test_mse"] < math.inf)]
    done = done.dropna(subset=["n_samples", "epochs", "lr"])
    rest = [name for name in columns.varied(done) if name not in _NOT_REST and name not in columns.metrics(done)]
    found = [
        _setting(dict(zip(done.columns, row, strict=True)), rest) for row in done.itertuples(index=False, name=None)
    ]
    return found if len({each.n_samples for each in found}) > 1 else []


def best_by_size(found: Sequence[Setting]) -> dict[str, Setting]:
    """The setting with the lowest val MSE for each number of samples, or for groups of them where there are many.

    In ascending order; the keys are the labels of the groups.
    """
    labels = bins.grouped(pd.Series([each.n_samples for each in found]))
    best: dict[str, Setting] = {}
    for label in labels.cat.categories:
        of_group = [each for each, group in zip(found, labels, strict=True) if group == label]
        if of_group:
            best[str(label)] = min(of_group, key=lambda each: each.val_mse)
    return best


def split(found: Sequence[Setting], small: Setting, large: Setting) -> Split:
    """Split the gain from `small` to `large` by trials among `found` that match in all but one thing.

    The path goes from `small` by more data, at the same rate and steps; then by the rate; then by the steps. Where its
    first trial is missing, the other way round is tried: the steps and the rate on the few samples, then the data.
    """
    total = small.test_mse / large.test_mse
    if small.rest != large.rest:
        return Split(total, None, None, None, "the two differ in other knobs too")
    first = _find(found, large, small.lr, small.steps)
    if first is not None:
        second = _find(found, large, large.lr, small.steps)
        lacks = "" if second else _lacking(large.n_samples, large.lr, small.steps)
        return Split(total, _ratio(small, first), _ratio(first, second), _ratio(second, large), lacks)
    longer, last = _find(found, small, small.lr, large.steps), _find(found, small, large.lr, large.steps)
    lacks = _lacking(large.n_samples, small.lr, small.steps)
    if last is not None:
        lacks = "" if longer else _lacking(small.n_samples, small.lr, large.steps)
    return Split(total, _ratio(last, large), _ratio(longer, last), _ratio(small, longer), lacks)


def sentences(found: Sequence[Setting]) -> list[str]:
    """What more data bought, in words; empty where there are not two numbers of samples."""
    best = [*best_by_size(found).values()] if found else []
    if len(best) < 2:
        return []
    small, large = best[0], best[-1]
    parts = split(found, small, large)
    named = [
        f"{PARTS[name]} {'not identified' if value is None else times(value)}"
        for name, value in (("data", parts.data), ("rate", parts.rate), ("steps", parts.steps))
    ]
    lacks = f" ({parts.lacks})" if parts.lacks else ""
    return [
        f"From {typeset(small.n_samples)} to {typeset(large.n_samples)} samples, each at its best setting, the test "
        f"MSE is {times(parts.total)} lower, {typeset(large.test_mse)} instead of {typeset(small.test_mse)}. "
        f"The factors of it: {', '.join(named)}{lacks}.",
        _about_steps(small, large),
    ]


def _about_steps(small: Setting, large: Setting) -> str:
    if small.full and large.full:
        return "Each step uses all samples, so an epoch is one step, whatever their number."
    of_small, of_large = small.steps // small.epochs, large.steps // large.epochs
    return (
        f"An epoch is {typeset(of_large)} steps on {typeset(large.n_samples)} samples and {typeset(of_small)} on "
        f"{typeset(small.n_samples)}: at the same epochs, more data also means more steps."
    )


def _setting(row: Mapping[str, Any], rest: Sequence[str]) -> Setting:
    n, batch = int(row["n_samples"]), int(row["batch_size"])
    others = ", ".join(f"{name} {row[name]}" for name in rest)
    return Setting(
        trial=int(row["trial"]),
        n_samples=n,
        epochs=int(row["epochs"]),
        lr=float(row["lr"]),
        batch=batch or n,
        full=batch in (0, n),
        rest=others,
        val_mse=float(row["val_mse"]),
        test_mse=float(row["test_mse"]),
    )


def _find(found: Sequence[Setting], like: Setting, lr: float, steps: int) -> Setting | None:
    """A trial on the samples of `like` with its other knobs, at this rate and number of steps."""
    return next(
        (
            each
            for each in found
            if (each.n_samples, each.rest, each.full) == (like.n_samples, like.rest, like.full)
            and (each.full or each.batch == like.batch)
            and math.isclose(each.lr, lr, rel_tol=1e-9)
            and each.steps == steps
        ),
        None,
    )


def _ratio(before: Setting | None, after: Setting | None) -> float | None:
    return None if before is None or after is None else before.test_mse / after.test_mse


def _lacking(n_samples: int, lr: float, steps: int) -> str:
    return f"no complete trial on {typeset(n_samples)} samples with lr {typeset(lr)} and {typeset(steps)} steps"
