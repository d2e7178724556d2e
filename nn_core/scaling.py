"""Standardization to zero mean and unit standard deviation, column by column, and its inverse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Scaling:
    """x' = (x - mean) / std, with the mean and standard deviation of the sample it was fitted on.

    Attributes:
        mean: `(d,)` float64.
        std: `(d,)` float64, divided by n; 1 for a constant column, which becomes zeros.
        log_shift: s, where log(x + s) is taken first, for a quantity that spans powers of ten; x must be > -s. Or None.

    >>> scaling = Scaling.fit(np.array([[1.0], [3.0]]))
    >>> scaling.apply(np.array([[5.0]]))
    array([[3.]])
    >>> scaling.undo(np.array([[3.0]]))
    array([[5.]])
    """

    mean: Array
    std: Array
    log_shift: float | None = None

    @classmethod
    def fit(cls, X: Array, log_shift: float | None = None) -> "Scaling":
        """The scaling that standardises `X` `(n, d)`, or its logarithm."""
        X = X if log_shift is None else np.log(X + log_shift)
        mean, std = X.mean(axis=0), X.std(axis=0)
        # A constant that binary cannot hold exactly, like 0.1, has a standard deviation of rounding errors.
        return cls(mean, np.where(std > 10 * np.finfo(float).eps * np.abs(mean), std, 1.0), log_shift)

    @classmethod
    def none(cls, d: int) -> "Scaling":
        """The identity on `d` columns."""
        return cls(np.zeros(d), np.ones(d))

    def apply(self, X: Array) -> Array:
        """`X` `(n, d)` standardised."""
        X = X if self.log_shift is None else np.log(X + self.log_shift)
        return (X - self.mean) / self.std

    def undo(self, X: Array) -> Array:
        """Standardised `X` `(n, d)` on its original scale."""
        X = X * self.std + self.mean
        if self.log_shift is None:
            return X
        with np.errstate(over="ignore"):  # the value of an extreme extrapolation is infinite
            return np.exp(X) - self.log_shift

    def arrays(self, name: str) -> dict[str, Array]:
        """The scaling as arrays for a file, under names that begin with `name`."""
        saved = {f"{name}_mean": self.mean, f"{name}_std": self.std}
        return saved if self.log_shift is None else {**saved, f"{name}_log_shift": np.array(self.log_shift)}

    @classmethod
    def restore(cls, arrays: Mapping[str, Array], name: str) -> "Scaling":
        """The inverse of `arrays`. Raises KeyError where an array is missing."""
        shift = arrays.get(f"{name}_log_shift")
        return cls(arrays[f"{name}_mean"], arrays[f"{name}_std"], None if shift is None else float(shift))
