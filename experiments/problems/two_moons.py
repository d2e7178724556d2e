"""Two moons: half circles that reach into each other; no line parts them.

    upper:  (cos t, sin t)              lower:  (1 - cos t, 1/2 - sin t)          0 <= t <= pi

to both coordinates of which Gaussian noise is added.

D. Zhou, O. Bousquet, T. N. Lal, J. Weston and B. Scholkopf (2004), "Learning with local and global consistency",
Advances in Neural Information Processing Systems 16; the measures are those of scikit-learn's `make_moons`.
"""

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem


def moon(codes: NDArray[np.int64], t: Array) -> Array:
    """Points `(m, 2)` at the place t of the lower (code 0) or the upper (code 1) moon, t from 0 to 1.

    >>> moon(np.array([0, 1]), np.array([0.5, 0.5])).round(12)
    array([[ 1. , -0.5], [ 0. ,  1. ]])
    """
    x, y = np.cos(np.pi * t), np.sin(np.pi * t)
    upper = codes == 1
    return np.column_stack([np.where(upper, x, 1 - x), np.where(upper, y, 0.5 - y)])


def two_moons(noise: float = 0.2) -> Problem:
    """The same number of samples of each moon; `noise` is the standard deviation about it, >= 0.

    Raises:
        ValueError: `noise` is out of range.
    """
    return synthetic.curves(
        "two_moons",
        moon,
        classes=("lower", "upper"),
        noise=noise,
        title="Two moons",
        about="Zhou et al. (2004), Learning with local and global consistency",
    )
