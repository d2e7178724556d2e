"""The cases that `benchmarks.core` measures, and the goals set for them."""

from typing import NamedTuple

from benchmarks.case import Case

PEERS = ("article", "sklearn_mlp", "torch_eager", "torch_compiled", "jax_scan")
EVERYBODY = ("ours", *PEERS, "limit")
MINIBATCH = ("ours", "sklearn_mlp", "torch_eager", "torch_compiled", "jax_scan", "limit")
FULL_BATCH_GOALS = {"jax_scan": 1.0, "sklearn_mlp": 2.3, "torch_eager": 2.3, "torch_compiled": 1.8, "article": 5.0}
MINIBATCH_GOALS = {"jax_scan": 1.3, "sklearn_mlp": 3.0, "torch_eager": 4.0}

CASES = (
    Case(
        name="minibatch_1000",
        title="1,000 samples, batches of 100, Adam",
        contenders=MINIBATCH,
        n=1000,
        batch=100,
        optimizer="adam",
        lr=1e-4,
        slow=("torch_compiled",),
    ),
    Case(
        name="minibatch_10000",
        title="10,000 samples, batches of 100, Adam",
        contenders=MINIBATCH,
        n=10_000,
        batch=100,
        optimizer="adam",
        lr=1e-4,
        slow=("torch_compiled",),
    ),
    Case(name="full_1000", title="1,000 samples, full batch", contenders=EVERYBODY, n=1000),
    Case(
        name="full_10000", title="10,000 samples, full batch", contenders=EVERYBODY, n=10_000, slow=("torch_compiled",)
    ),
    Case(
        name="silu_1000",
        title="1,000 samples, batches of 100, Adam, SiLU",
        contenders=MINIBATCH,
        n=1000,
        batch=100,
        optimizer="adam",
        lr=1e-4,
        activation="silu",
        slow=("torch_compiled",),
    ),
    Case(
        name="wide",
        title="[2, 512, 512, 512, 1], batches of 256",
        contenders=("ours", "limit"),
        n=1024,
        batch=256,
        sizes=(2, 512, 512, 512, 1),
    ),
    Case(
        name="replicates",
        title="8 replicates, batches of 32, Adam",
        contenders=("ours", "one_by_one"),
        n=1024,
        batch=32,
        optimizer="adam",
        lr=1e-4,
        replicates=8,
    ),
    Case(name="million", title="1,000,000 samples, full batch", contenders=("ours", "in_parts"), n=1_000_000),
)


class Goal(NamedTuple):
    """The goal for a ratio.

    Attributes:
        case: the case's name.
        contender: whose time is divided by ours.
        at_least: how many times our time theirs should be.
    """

    case: str
    contender: str
    at_least: float


ONE_CORE = (
    *(Goal("minibatch_1000", name, ratio) for name, ratio in MINIBATCH_GOALS.items()),
    *(Goal("minibatch_10000", name, ratio) for name, ratio in MINIBATCH_GOALS.items()),
    *(Goal("full_1000", name, ratio) for name, ratio in FULL_BATCH_GOALS.items()),
    *(Goal("full_10000", name, ratio) for name, ratio in FULL_BATCH_GOALS.items()),
    Goal("full_1000", "limit", 1 / 1.5),
    Goal("full_10000", "limit", 1 / 1.5),
    Goal("wide", "limit", 1 / 1.15),
    Goal("replicates", "one_by_one", 1 / 0.55),
    Goal("million", "in_parts", 1 / 1.2),
)
SEVERAL_CORES = tuple(Goal(case.name, name, 1.0) for case in CASES for name in case.contenders if name in PEERS)
MEMORY_MB = 60.0  # beyond the program and its data, at a million samples


def goals(cores: int) -> tuple[Goal, ...]:
    """The goals on this number of cores: on several, that no other library is faster."""
    return ONE_CORE if cores == 1 else SEVERAL_CORES
