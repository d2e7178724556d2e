"""Spirals: arms that wind about each other; a long border between classes.

    (r cos a, r sin a),    r = 0.1 + 0.9 t,    a = 2 pi (turns t + arm / arms),    0 <= t <= 1

to both coordinates of which Gaussian noise is added. More turns and more arms are harder; the spirals of the paper are
2 arms of 3 turns.

K. J. Lang and M. J. Witbrock (1988), "Learning to tell two spirals apart", Proceedings of the 1988 Connectionist Models
Summer School, Morgan Kaufmann, 52-59.
"""

import math

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem


def spiral(codes: NDArray[np.int64], t: Array, arms: int, turns: float) -> Array:
    """Points `(m, 2)` at the place t of the arm of each code, t from 0 (the middle) to 1.

    >>> spiral(np.array([0, 1]), np.array([0.0, 1.0]), arms=2, turns=1.0).round(12)
    array([[ 0.1,  0. ], [-1. ,  0. ]])
    """
    r, angle = 0.1 + 0.9 * t, 2 * np.pi * (turns * t + codes / arms)
    return np.column_stack([r * np.cos(angle), r * np.sin(angle)])


def spirals(noise: float = 0.05, arms: int = 2, turns: float = 1.5) -> Problem:
    """The same number of samples of each arm.

    Args:
        noise: standard deviation about the arm, >= 0; the outermost radius is 1.
        arms: number of arms, the classes, 2 to 20.
        turns: times an arm winds about the middle, > 0.

    Raises:
        ValueError: one of them is out of range.
    """
    synthetic.check_count("arms", arms, 2, 20)
    if not 0 < turns < math.inf:
        raise ValueError(f"turns must be a finite number > 0, got {turns:g}")
    digits = len(str(arms))  # 01 before 10: the classes are sorted
    return synthetic.curves(
        "spirals",
        lambda codes, t: spiral(codes, t, arms, turns),
        classes=tuple(f"arm {arm:0{digits}d}" for arm in range(1, arms + 1)),
        noise=noise,
        title="Spirals",
        about="Lang and Witbrock (1988), Learning to tell two spirals apart",
    )
