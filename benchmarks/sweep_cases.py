"""What `benchmarks.sweep` measures, and the goals set for it."""

from dataclasses import dataclass
from typing import Literal, NamedTuple


class Lane(NamedTuple):
    """One contender's part in a case.

    Attributes:
        contender: by file name in `sweeping/`.
        jobs: trainings at once; 0 for one on every core.
        label: for tables, where the contender's own label is not unique.
    """

    contender: str
    jobs: int = 0
    label: str = ""


class Goal(NamedTuple):
    """A bound on a ratio of seconds, or on a figure.

    Attributes:
        of: "A / B", lanes by number; or the name of a figure.
        kind: of the bound.
        bound: on the ratio or the figure.
    """

    of: str
    kind: Literal["at least", "at most"]
    bound: float

    def met(self, value: float) -> bool:
        """Whether `value` is within the bound."""
        return value >= self.bound if self.kind == "at least" else value <= self.bound


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing to measure.

    Attributes:
        name: as given to `--only`.
        title: for the table.
        lanes: the contenders; the others are compared with the first.
        trials, quick: number of trainings, and of those in a quick run.
        epochs: of each training; 0 where `seconds` is given.
        seconds: of a training, with all cores at work; the number of epochs is measured first.
        goals: for ratios and figures.
    """

    name: str
    title: str
    lanes: tuple[Lane, ...]
    trials: int
    quick: int
    epochs: int = 0
    seconds: float = 0.0
    goals: tuple[Goal, ...] = ()


BARE = (Lane("bare"), Lane("ours"))

CASES = (
    Case(
        name="peers",
        title="the same sweep, from start to end of the process",
        lanes=(Lane("ours"), Lane("nested_mlflow"), Lane("ray_tune"), Lane("ray_tune_reused")),
        trials=40,
        quick=4,
        epochs=500,
        goals=(Goal("1 / 0", "at least", 5.0), Goal("2 / 0", "at least", 8.0)),
    ),
    Case(
        name="short",
        title="trainings of 0.2 s: the whole sweep, against the trainings alone",
        lanes=BARE,
        trials=200,
        quick=10,
        seconds=0.2,
        goals=(Goal("1 / 0", "at most", 1.6),),
    ),
    Case(
        name="long",
        title="trainings of 2 s: the whole sweep, against the trainings alone",
        lanes=BARE,
        trials=40,
        quick=2,
        seconds=2.0,
        goals=(Goal("1 / 0", "at most", 1.15),),
    ),
    Case(
        name="jobs",
        title="trainings of 2 s: one job, against two",
        lanes=(Lane("ours", 2, "Knobwise, --jobs 2"), Lane("ours", 1, "Knobwise, --jobs 1")),
        trials=40,
        quick=4,
        seconds=2.0,
        goals=(Goal("1 / 0", "at least", 1.8),),
    ),
    Case(
        name="many",
        title="trials that take no time, random sampler",
        lanes=(Lane("instant", 1),),
        trials=10_000,
        quick=200,
        epochs=1,
        goals=(
            Goal("rate", "at least", 30.0),
            Goal("last / first", "at most", 1.5),
            Goal("memory_mb", "at most", 600.0),
            Goal("resume_s", "at most", 10.0),
        ),
    ),
)
