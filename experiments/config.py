"""`RunConfig`: every knob of a run, documented and checked."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from knobwise.nn_core import variants


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """All that determines a run, besides the problem. The defaults are the article's baseline.

    Two runs with equal configurations on the same machine and libraries give the same numbers.

    Raises:
        ValueError: a value of the wrong type or out of range; one line with the knob, what it must be, and its value.

    >>> RunConfig(lr=0.01).lr
    0.01
    >>> RunConfig(lr=-1)
    Traceback (most recent call last):
    ValueError: lr must be a number > 0, got -1
    """

    n_samples: int = 1000
    """Number of training samples, >= 2."""
    epochs: int = 2000
    """Passes over the training samples, >= 1."""
    lr: float = 0.001
    """Learning rate, > 0, before the schedule."""
    widths: tuple[int, ...] = (64, 64, 64)
    """Perceptrons in each hidden layer, each >= 1; empty for a linear model."""
    activation: str = "relu"
    """Activation of the hidden layers: a file in `nn_core/activations/`."""
    loss: str = "half_mse"
    """What training minimises: a file in `nn_core/losses/`."""
    initializer: str = "uniform"
    """How initial weights are drawn: a file in `nn_core/initializers/`."""
    optimizer: str = "sgd"
    """How a gradient becomes a step: a file in `nn_core/optimizers/`."""
    schedule: str = "constant"
    """How the learning rate changes over the run: a file in `nn_core/schedules/`."""
    batch_size: int = 0
    """Samples in a step, 1 to `n_samples`; 0 for all of them (full batch)."""
    weight_decay: float = 0.0
    """Strength of the pull of the weights towards zero, >= 0."""
    dropout: float = 0.0
    """Probability that a hidden perceptron is left out of a step, in [0, 1)."""
    clip_norm: float = 0.0
    """Gradients longer than this are scaled down to it, > 0; 0 for no clipping."""
    patience: int = 0
    """Evaluations without a better validation loss before training stops, with the best weights; 0 for never."""
    dtype: str = "float32"
    """`float32` or `float64`."""
    seed: int = 0
    """Varies data, initial weights and order of batches together, 0 to 2^31 - 1. 0 is the article's draw."""

    def __post_init__(self) -> None:
        widths: Any = self.widths
        if isinstance(widths, list):  # JSON has no tuples
            object.__setattr__(self, "widths", tuple(widths))
        self._whole("n_samples", 2)
        self._whole("epochs", 1)
        self._number("lr", above=0.0)
        widths = self.widths
        if not isinstance(widths, tuple) or not all(_is_whole(w) and w >= 1 for w in widths):
            raise ValueError(f"widths must be whole numbers >= 1, got {widths!r}")
        for kind in variants.KINDS:
            name = variants.singular(kind)
            if getattr(self, name) not in variants.names(kind):
                raise ValueError(
                    f"{name} must be one of {', '.join(variants.names(kind))}, got {getattr(self, name)!r}"
                )
        self._whole("batch_size", 0)
        if self.batch_size > self.n_samples:
            raise ValueError(f"batch_size must be at most n_samples = {self.n_samples}, got {self.batch_size}")
        if variants.load("optimizers", self.optimizer).full_batch:
            for name in ("batch_size", "dropout", "clip_norm"):  # a line search needs the loss and its own gradient
                value = getattr(self, name)
                if value:
                    raise ValueError(f"{name} must be 0 for the optimizer {self.optimizer}, got {value!r}")
        self._number("weight_decay", least=0.0)
        self._number("dropout", least=0.0, below=1.0)
        self._number("clip_norm", least=0.0)
        self._whole("patience", 0)
        if self.dtype not in ("float32", "float64"):
            raise ValueError(f"dtype must be float32 or float64, got {self.dtype!r}")
        self._whole("seed", 0)
        if self.seed >= 2**31:  # the generator of the first weights takes 32 bits
            raise ValueError(f"seed must be at most {2**31 - 1}, got {self.seed}")

    def _whole(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if not _is_whole(value) or value < least:
            raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")

    def _number(self, name: str, least: float = -math.inf, above: float = -math.inf, below: float = math.inf) -> None:
        value = getattr(self, name)
        ok = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not ok or not (value >= least and above < value < below):
            bounds = [f">= {least:g}"] * (least > -math.inf)
            bounds += [f"> {above:g}"] * (above > -math.inf) + [f"< {below:g}"] * (below < math.inf)
            raise ValueError(f"{name} must be a number {' and '.join(bounds)}, got {value!r}")

    def as_dict(self) -> dict[str, Any]:
        """The fields in order, as values that JSON can hold (`widths` a list)."""
        return {**asdict(self), "widths": list(self.widths)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `as_dict`.

        Raises:
            ValueError: an unknown field, or an invalid value.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise ValueError(f"a run has no knob {name!r}; the knobs are {', '.join(known)}")
        return cls(**values)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
