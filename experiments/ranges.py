"""Where the best setting lies in the ranges that were searched: at an edge, the best may lie beyond it."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from knobwise.experiments.text import listed, shown

MARGIN = 0.06
"""How near to an end counts as its edge, as a share of the range on the knob's own scale.

A sampler seldom proposes the end itself. Where the best lay anywhere in the range with equal chance, one knob in eight
would be named by chance; the best of `lr_epochs`, 6,798 of 500 to 8,000 epochs, lies within it.
"""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A knob whose best value lies at an end of what was searched.

    Attributes:
        knob: its name in the space.
        value: of the best trial.
        low, high: the range, or the smallest and the largest of a list.
        upper: whether it lies at the upper end.
        listed: whether the knob has a list of values, which a study cannot change.
        beyond: the new end if the range is extended; None where it cannot be.
    """

    knob: str
    value: float
    low: float
    high: float
    upper: bool
    listed: bool = False
    beyond: float | None = None


def near_end(value: float, low: float, high: float, *, log: bool) -> bool | None:
    """At which end of a range a value lies: True for the upper, False for the lower, None where it lies inside.

    >>> near_end(6798, 500, 8000, log=True), near_end(0.11, 0.1, 0.9, log=False), near_end(4, 1, 8, log=True)
    (True, False, None)
    """
    if not low < high:
        return None
    at = math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)
    return True if at >= 1 - MARGIN else False if at <= MARGIN else None


def sentence(edges: Sequence[Edge]) -> str:
    """The edges in one sentence; empty where there are none.

    >>> sentence([Edge(knob="epochs", value=6798, low=500, high=8000, upper=True, beyond=16000)])
    'The best lies at the edge of what was searched, at the upper end of epochs (6798 of 500 to 8000): better settings may lie beyond it, and --extend-range searches there.'
    """  # noqa: E501
    if not edges:
        return ""
    where = listed(
        [
            f"at the {'upper' if edge.upper else 'lower'} end of {edge.knob} "
            f"({shown(edge.value)} of {shown(edge.low)} to {shown(edge.high)})"
            for edge in edges
        ]
    )
    open_ended = [edge.knob for edge in edges if edge.beyond is not None]
    lists = [edge.knob for edge in edges if edge.listed]
    how = []
    if open_ended:
        which = "" if len(open_ended) == len(edges) else f" for {listed(open_ended)}"
        how.append(f"--extend-range searches there{which}")
    if lists:
        how.append(f"another study (--fresh) can, with a longer list of {listed(lists)} in the sweep")
    then = f", and {'; '.join(how)}" if how else ""
    return f"The best lies at the edge of what was searched, {where}: better settings may lie beyond it{then}."


def dumps(edges: Iterable[Edge]) -> str:
    """As text for a tag."""
    return json.dumps([asdict(edge) for edge in edges])


def loads(text: str) -> list[Edge]:
    """The inverse of `dumps`; fields that this version does not know are left out."""
    known = Edge.__dataclass_fields__
    rows: list[dict[str, Any]] = json.loads(text) if text else []
    return [Edge(**{name: value for name, value in row.items() if name in known}) for row in rows]
