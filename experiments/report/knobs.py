"""The knobs that a study turned: those fields of its configurations that differ between trials."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.config import RunConfig
from knobwise.experiments.report.scales import WIDE
from knobwise.experiments.text import typeset

Array = NDArray[np.float64]


FEW = 7  # different numbers at most that are shown one by one


class Knob(NamedTuple):
    """A knob and where each trial had it.

    Attributes:
        name: a field of `RunConfig`, or `depth` or `width` for what `widths` amounts to.
        settings: `(n,)`, a row a trial; NaN where a trial does not say. Of a choice: which one, from 0.
        choices: of a knob that is not a number, what can be chosen; empty for a number.
        log: whether a factor matters rather than a difference.
    """

    name: str
    settings: Array
    choices: tuple[str, ...] = ()
    log: bool = False

    @property
    def levels(self) -> list[float]:
        """The values of a number that has few of them; none where it has many."""
        values = np.unique(self.settings[np.isfinite(self.settings)])
        return values.tolist() if len(values) <= FEW and not self.choices else []


def turned(runs: pd.DataFrame, asked: Sequence[str] = ()) -> list[Knob]:
    """The knobs that differ between trials; those in `asked` first, in that order, then learning rate and epochs.

    The seed is none of them: it is varied to see how sure a result is, not to find a better one.
    """
    knobs = [knob for field in fields(RunConfig) if field.name in runs for knob in _knobs(runs, field.name)]
    order = {name: place for place, name in enumerate(dict.fromkeys([*asked, "lr", "epochs"]))}
    return sorted(knobs, key=lambda knob: order.get(knob.name, len(order)))


def _knobs(runs: pd.DataFrame, name: str) -> list[Knob]:
    column = runs[name]
    if name == "seed" or column.dropna().map(str).nunique() < 2:
        return []
    if name == "widths":
        return _structure(column)
    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(np.float64, na_value=np.nan)
        if name == "batch_size" and "n_samples" in runs:  # 0 stands for all of them
            values = np.where(values == 0, runs["n_samples"].to_numpy(np.float64, na_value=np.nan), values)
        return [_number(name, values)]
    texts = [None if pd.isna(value) else typeset(value) for value in column]
    choices = tuple(sorted({text for text in texts if text is not None}))
    codes = {text: float(code) for code, text in enumerate(choices)}
    return [Knob(name, np.array([codes[text] if text is not None else np.nan for text in texts]), choices)]


def _structure(widths: "pd.Series[Any]") -> list[Knob]:
    """A structure as two numbers: how many hidden layers, and how wide the widest is."""
    known = [value if isinstance(value, tuple) else None for value in widths]
    depth = np.array([np.nan if value is None else len(value) for value in known])
    width = np.array([np.nan if value is None else max(value, default=0) for value in known])
    pairs = (("depth", depth), ("width", width))
    return [_number(name, values) for name, values in pairs if len(np.unique(values[np.isfinite(values)])) > 1]


def _number(name: str, values: Array) -> Knob:
    finite = values[np.isfinite(values)]
    log = bool(finite.size) and finite.min() > 0 and bool(finite.max() / finite.min() >= WIDE)
    return Knob(name, values, (), log)
