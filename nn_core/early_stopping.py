"""Early stopping: end when the validation loss has not improved for a while, and return to the best weights.

Prechelt (1998), "Early stopping - but when?".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class EarlyStopping:
    """The best parameters so far, and the number of evaluations since.

    Attributes:
        patience: evaluations without improvement after which `stopped` is true; 0 for never, and then nothing is kept.
        best_loss: the lowest validation loss so far.
        waited: evaluations since then.

    >>> stopping = EarlyStopping(patience=2)
    >>> [stopping.seen(loss, np.array([loss])) for loss in (3.0, 1.0, 2.0, 1.5)]
    [False, False, False, True]
    >>> stopping.best(np.array([1.5]))
    array([1.])
    """

    patience: int
    best_loss: float = math.inf
    waited: int = 0
    _params: Array = field(default_factory=lambda: np.empty(0))

    @property
    def stopped(self) -> bool:
        """Whether patience has run out."""
        return 0 < self.patience <= self.waited

    def seen(self, loss: float, params: Array) -> bool:
        """Record a validation loss and the parameters that gave it; returns `stopped`."""
        if self.patience and loss < self.best_loss:
            self.best_loss, self.waited, self._params = loss, 0, params.copy()
        elif self.patience:
            self.waited += 1
        return self.stopped

    def best(self, params: Array) -> Array:
        """The parameters to use at the end: the best, or `params` where none were kept."""
        return self._params if self._params.size else params

    def arrays(self) -> dict[str, Array]:
        """The state as arrays, for a checkpoint."""
        return {"best_params": self._params, "best_loss": np.array([self.best_loss, self.waited])}

    @classmethod
    def restore(cls, patience: int, arrays: Mapping[str, Array]) -> "EarlyStopping":
        """The inverse of `arrays`."""
        loss, waited = arrays["best_loss"]
        return cls(patience, float(loss), int(waited), arrays["best_params"])
