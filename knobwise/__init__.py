"""Knobwise: which knob next? Neural network experiments in NumPy, swept with Optuna, recorded in MLflow.

    import knobwise as kw

    kw.runs("lr_epochs")    # the trials of a study, one row a trial
    kw.curves("lr_epochs")  # their loss curves, one row a point

What is named here is imported when it is first used, so that `import knobwise` costs milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knobwise.experiments.compare import best, between, curves, runs

__all__ = ["best", "between", "curves", "runs"]

_HOME = dict.fromkeys(__all__, "knobwise.experiments.compare")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("knobwise")
    if name not in _HOME:
        raise AttributeError(f"module 'knobwise' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
