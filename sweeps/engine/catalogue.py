"""The sweeps there are: each module of `sweeps/` holds one as its `SWEEP`, found by the module's name."""

import importlib
import pkgutil

import sweeps
from sweeps.engine.errors import BadInput, nearest
from sweeps.engine.sweep import Sweep


def names() -> list[str]:
    """Their names, sorted.

    >>> "lr_epochs" in names()
    True
    """
    modules = pkgutil.iter_modules(sweeps.__path__)
    return sorted(module.name for module in modules if not module.ispkg)


def load(name: str) -> Sweep:
    """The sweep called `name`.

    Raises:
        BadInput: there is none; the line lists those there are.
    """
    if name not in names():
        raise BadInput(f"sweep must be one of {', '.join(names())}, got {name!r}{nearest(name, names())}")
    sweep: Sweep = importlib.import_module(f"sweeps.{name}").SWEEP
    return sweep
