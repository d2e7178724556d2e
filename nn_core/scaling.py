"""Standardising: zero mean, unit standard deviation, column by column; and back."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Scaling:
    """x' = (x - mean) / std, with the mean and standard deviation of the sample it was fitted on.

    Attributes: `mean` and `std`, both `(d,)` float64; `std` is the population's (divided by n), and 1 for a column
    that does not vary, which so becomes zeros.

    >>> scaling = Scaling.fit(np.array([[1.0], [3.0]]))
    >>> scaling.apply(np.array([[5.0]]))
    array([[3.]])
    >>> scaling.undo(np.array([[3.0]]))
    array([[5.]])
    """

    mean: Array
    std: Array

    @classmethod
    def fit(cls, X: Array) -> "Scaling":
        """The scaling that standardises `X` `(n, d)`."""
        mean, std = X.mean(axis=0), X.std(axis=0)
        # A constant that binary cannot hold exactly, like 0.1, has a standard deviation of rounding errors.
        return cls(mean, np.where(std > 10 * np.finfo(float).eps * np.abs(mean), std, 1.0))

    def apply(self, X: Array) -> Array:
        """`X` `(n, d)` standardised."""
        return (X - self.mean) / self.std

    def undo(self, X: Array) -> Array:
        """Standardised `X` `(n, d)` on its original scale."""
        return X * self.std + self.mean
