"""A race: contenders take turns, A B C A B C ..., so that a change of the machine's speed affects all alike."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

import numpy as np

from benchmarks.case import Case
from benchmarks.entrant import Entrant

Clock = Literal["wall", "cpu"]

LEAST_ROUNDS = 3
EARLY_EPOCHS = 4
MOST_EPOCHS = 2**12  # in a turn; far more than a working contender reaches
FULL_BATCH_TOLERANCE = 0.01  # after a few epochs
FULL_BATCH_LATE = 0.05  # after more than MANY_EPOCHS: roundings alone had taken two runs 1.7% apart after 4,820
MANY_EPOCHS = 1000
EARLY_TOLERANCE = 0.15  # with minibatches
LATE_TOLERANCE = 1.0
MINIBATCH_EPOCHS = 5  # whose median loss is compared: that of one epoch varies by half


@dataclass
class Lane:
    """One contender's part in a race.

    Attributes:
        seconds: per epoch, one figure a round, by the race's clock.
        shared: share of its cores' time, 0 to 1, that other processes took, one figure a round.
        epochs: in total, warm-up included.
        loss: the last epoch's, or with minibatches the median of the last few.
    """

    seconds: list[float] = field(default_factory=list)
    shared: list[float] = field(default_factory=list)
    epochs: int = 0
    loss: float = math.nan


class Spread(NamedTuple):
    """One figure over the rounds.

    Attributes:
        median: of the rounds.
        low, high: the quartiles.
    """

    median: float
    low: float
    high: float


class Pace(NamedTuple):
    """The length of a race.

    Attributes:
        rounds: turns of each contender.
        turn: approximate seconds of a turn.
        limit: seconds after which no further round begins; three are run in any case.
        clock: `wall`, or `cpu` for the time that the process had the core, where the machine has other work.
    """

    rounds: int
    turn: float
    limit: float = math.inf
    clock: Clock = "wall"


def spread(values: Sequence[float]) -> Spread:
    """The median and the quartiles.

    >>> spread([1.0, 2.0, 3.0, 4.0, 5.0])
    Spread(median=3.0, low=2.0, high=4.0)
    """
    low, middle, high = (float(q) for q in np.percentile(values, [25, 50, 75]))
    return Spread(middle, low, high)


def ratios(of: Lane, to: Lane) -> Spread:
    """How many times as long `of` takes as `to`: each round's ratio by itself, so that drift between rounds cancels.

    >>> ratios(Lane([2.0, 4.0, 8.0]), Lane([1.0, 2.0, 4.0]))
    Spread(median=2.0, low=2.0, high=2.0)
    """
    return spread([a / b for a, b in zip(of.seconds, to.seconds, strict=True)])


def race(case: Case, entrants: Mapping[str, Entrant], pace: Pace) -> dict[str, Lane]:
    """Times the entrants, which have prepared the case, in turns, after a warm-up that sets the epochs of a turn."""
    lanes = {name: Lane() for name in entrants}
    turns = {name: _epochs_in(pace.turn, entrant) for name, entrant in entrants.items()}
    started = time.perf_counter()
    for number in range(pace.rounds):
        if number >= LEAST_ROUNDS and time.perf_counter() - started > pace.limit:
            break
        for name, entrant in entrants.items():
            lane, answer = lanes[name], entrant.run(turns[name])
            lane.seconds.append(answer[pace.clock] / turns[name])
            lane.shared.append(answer["shared"])
            lane.epochs, lane.loss = int(answer["epochs"]), answer["loss"]
    if case.batch:
        for name, entrant in entrants.items():
            lanes[name].epochs, lanes[name].loss = _settled(entrant)
    return lanes


def _settled(entrant: Entrant) -> tuple[int, float]:
    """Epochs done after a few more, and the median of their losses."""
    answers = [entrant.run(1) for _ in range(MINIBATCH_EPOCHS)]
    return int(answers[-1]["epochs"]), median(answer["loss"] for answer in answers)


def _epochs_in(turn: float, entrant: Entrant) -> int:
    """How many epochs take about `turn` seconds: from a run that is long enough, found by doubling."""
    k = 1
    while (seconds := entrant.run(k)["cpu"]) < turn / 3 and k < MOST_EPOCHS:
        k *= 2
    return min(max(1, round(k * turn / seconds)), MOST_EPOCHS)


def early_disagreements(case: Case, entrants: Mapping[str, Entrant], first: str) -> dict[str, str]:
    """Contenders whose loss after 5 epochs differs from that of `first`. As `disagreements`.

    With minibatches 15% are allowed: the order of the samples has little effect then, and with half of the steps left
    out the loss is at least 36% too high in the cases measured.
    """
    if len(entrants) < 2:
        return {}
    answers = {name: entrant.run(EARLY_EPOCHS) for name, entrant in entrants.items()}
    due = answers[first]["loss"]
    off = EARLY_TOLERANCE if case.batch else FULL_BATCH_TOLERANCE
    by_name = {name: _disagreement(off, int(answer["epochs"]), answer["loss"], due) for name, answer in answers.items()}
    return {name: why for name, why in by_name.items() if why}


def disagreements(case: Case, lanes: Mapping[str, Lane], reference: Entrant, data: Path) -> dict[str, str]:
    """Contenders whose loss differs from that of `reference` after as many epochs from the same start.

    On the full batch all train identically, and 1% is allowed, or 5% after more than a thousand epochs: rounding errors
    in float32 add up. With minibatches each contender has its own order of the samples, and a factor of 2 is allowed.

    Returns:
        By name, a line for each contender that disagrees.
    """
    if not lanes:
        return {}
    reference.prepare(case, data)
    done, due = 1, math.nan
    by_name = {}
    for name, lane in sorted(lanes.items(), key=lambda item: item[1].epochs):
        if case.batch and lane.epochs - MINIBATCH_EPOCHS > done:
            reference.run(lane.epochs - MINIBATCH_EPOCHS - done)
            done, due = _settled(reference)
        elif lane.epochs > done:
            answer = reference.run(lane.epochs - done)
            done, due = int(answer["epochs"]), answer["loss"]
        together = FULL_BATCH_LATE if lane.epochs > MANY_EPOCHS else FULL_BATCH_TOLERANCE
        off = LATE_TOLERANCE if case.batch else together
        by_name[name] = _disagreement(off, lane.epochs, lane.loss, due)
    return {name: why for name, why in by_name.items() if why}


def _disagreement(tolerance: float, epochs: int, loss: float, due: float) -> str:
    if due / (1 + tolerance) <= loss <= due * (1 + tolerance):
        return ""
    return f"loss {loss:.4g} after {epochs} epochs, where {due:.4g} was due"


def busy(lanes: Mapping[str, Lane]) -> float:
    """The share of the cores' time, 0 to 1, that other processes took: the largest median of a contender."""
    return max(median(lane.shared) for lane in lanes.values())
