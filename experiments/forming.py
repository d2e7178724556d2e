"""How a predicted surface forms: pictures of it at points of the training that are evenly apart in doublings."""

from typing import NamedTuple

from knobwise.experiments import problems
from knobwise.nn_core import checkpoint as checkpoints
from knobwise.nn_core import predictor

FRAMES = 12
"""Pictures of a run at most."""


class Frame(NamedTuple):
    """Attributes: the epochs that were done, and the picture of the surface then, a PNG file."""

    epoch: int
    png: bytes


def epochs_shown(epochs: int) -> list[int]:
    """The epochs after which to look: the last, and the powers of two before it, the last `FRAMES` of all.

    Training moves fast at first and ever slower, so what is even to the eye is a factor, not a difference.

    >>> epochs_shown(20)
    [1, 2, 4, 8, 16, 20]
    >>> epochs_shown(8000)[:2]
    [4, 8]
    """
    doublings = [1 << power for power in range(epochs.bit_length()) if 1 << power < epochs]
    return [*doublings, epochs][-FRAMES:]


def has_surface(problem: str) -> bool:
    """Whether runs of the problem called `problem` have a surface to draw."""
    from knobwise.experiments.plots.surface_forming import drawable

    return drawable(problems.load(problem))


def frame(problem: str, checkpoint: bytes) -> Frame:
    """The surface that the network in `checkpoint` predicts.

    Args:
        problem: the name of one that has a surface.
        checkpoint: of a run or of a rung of it.
    """
    from knobwise.experiments.plots.canvas import render
    from knobwise.experiments.plots.surface_forming import draw

    fitted = problems.load(problem)
    test = fitted.test()
    epoch = checkpoints.load(checkpoint).state.epoch
    predicted = predictor.load(checkpoint).predict(test.X)
    return Frame(epoch, render(draw(fitted, test, predicted, f"epoch {epoch}")))
