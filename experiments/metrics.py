"""How good a prediction is, on the problem's original scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def errors(part: str, true: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Mean squared error and R2 of `predicted` against `true`, both `(n, k)`; for the test part also RMSE and worst.

    R2 = 1 - sum (y - p)^2 / sum (y - mean y)^2; 0 for a target that does not vary.

    >>> errors("val", np.array([[1.0], [3.0]]), np.array([[1.0], [2.0]]))
    {'val_mse': 0.5, 'val_r2': 0.5}
    """
    error = predicted - true
    mse = float(np.mean(error**2))
    spread = float(np.mean((true - true.mean(axis=0)) ** 2))
    found = {f"{part}_mse": mse, f"{part}_r2": 1 - mse / spread if spread > 0 else 0.0}
    if part == "test":
        found |= {"test_rmse": mse**0.5, "test_max_error": float(np.abs(error).max())}
    return found
