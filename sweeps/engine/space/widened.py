"""A space with wider ranges than its sweep's, for a study whose best lay at the edge of them."""

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import optuna
from optuna.distributions import FloatDistribution, IntDistribution

from knobwise.sweeps.engine.space.distributions import Space
from knobwise.sweeps.engine.sweep import Sweep

Range = FloatDistribution | IntDistribution


class Growth(NamedTuple):
    """By how much the ends of a knob's range are moved outwards: factors on a logarithmic scale, else differences.

    Attributes:
        knob: its name in the space.
        down, up: of its lower and its upper end; nothing where it stays (1 on a logarithmic scale, else 0).
        log: whether the scale is logarithmic.
    """

    knob: str
    down: float
    up: float
    log: bool

    def ends(self, low: float, high: float) -> tuple[float, float]:
        """The new ends of a range.

        >>> Growth("epochs", 1.0, 2.0, True).ends(500, 8000), Growth("depth", 0.0, 2.0, False).ends(1, 4)
        ((500.0, 16000.0), (1.0, 6.0))
        """
        return (low / self.down, high * self.up) if self.log else (low - self.down, high + self.up)


@dataclass(frozen=True)
class Widened:
    """A space whose ranges are wider.

    Attributes:
        space: a sweep's.
        growths: of the knobs that are.
    """

    space: Space
    growths: tuple[Growth, ...]

    def __call__(self, trial: optuna.Trial) -> dict[str, Any]:
        """The fields of a configuration that follow from the parameters of `trial`."""
        return self.space(cast(optuna.Trial, _WidenedTrial(trial, {growth.knob: growth for growth in self.growths})))


class _WidenedTrial:
    """A trial that is asked with wider ranges."""

    def __init__(self, trial: optuna.Trial, growths: dict[str, Growth]) -> None:
        self._trial, self._growths = trial, growths

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trial, name)

    def suggest_int(self, name: str, low: int, high: int, **how: Any) -> int:
        if name in self._growths:
            low, high = map(round, self._growths[name].ends(low, high))
        return self._trial.suggest_int(name, low, high, **how)

    def suggest_float(self, name: str, low: float, high: float, **how: Any) -> float:
        if name in self._growths:
            low, high = self._growths[name].ends(low, high)
        return self._trial.suggest_float(name, low, high, **how)


def widened(sweep: Sweep, growths: list[list[Any]]) -> Sweep:
    """The sweep with wider ranges.

    Args:
        growths: the fields of each, as they are kept with a study; none for the sweep as it is.
    """
    if not growths:
        return sweep
    return dataclasses.replace(sweep, space=Widened(sweep.space, tuple(Growth(*growth) for growth in growths)))


def further(growths: list[list[Any]], knob: str, distribution: Range, end: float, *, upper: bool) -> list[list[Any]]:
    """The growths with one more.

    Args:
        growths: those that the space has already.
        knob: its name in the space.
        distribution: its range with them.
        end: the new end.
        upper: whether it is the upper one.
    """
    by_knob = {growth[0]: Growth(*growth) for growth in growths}
    log = distribution.log
    was = by_knob.get(knob, Growth(knob, 1.0, 1.0, True) if log else Growth(knob, 0.0, 0.0, False))
    if upper:
        grown = was._replace(up=was.up * end / distribution.high if log else was.up + end - distribution.high)
    else:
        grown = was._replace(down=was.down * distribution.low / end if log else was.down + distribution.low - end)
    return [list(growth) for growth in (by_knob | {knob: grown}).values()]
