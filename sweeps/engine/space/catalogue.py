"""The bundled sweeps: each module of `sweeps/` has one as its `SWEEP`, found by the module's name."""

import importlib
import pkgutil
import runpy
from pathlib import Path

from knobwise import sweeps
from knobwise.experiments.text import nearest
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.sweep import Sweep


def names() -> list[str]:
    """Their names, sorted.

    >>> "lr_epochs" in names()
    True
    """
    modules = pkgutil.iter_modules(sweeps.__path__)
    return sorted(module.name for module in modules if not module.ispkg)


def load(name: str) -> Sweep:
    """The sweep called `name`, or the one in the file `name` where that ends in `.py`.

    Raises:
        BadInput: there is none; the line lists those that exist.
    """
    if name.endswith(".py"):
        return _in_file(Path(name))
    if name not in names():
        raise BadInput(f"sweep must be one of {', '.join(names())}, got {name!r}{nearest(name, names())}")
    sweep: Sweep = importlib.import_module(f"{sweeps.__name__}.{name}").SWEEP
    return sweep


def _in_file(path: Path) -> Sweep:
    """The sweep of the user's own script, which is executed without its `if __name__ == "__main__"` part."""
    if not path.is_file():
        raise BadInput(f"sweep must be one of {', '.join(names())}, or a Python file, got {str(path)!r}: no such file")
    sweep = runpy.run_path(str(path)).get("SWEEP")
    if not isinstance(sweep, Sweep):
        raise BadInput(f"the file of a sweep must hold one as its SWEEP, got {str(path)!r}, which has none")
    return sweep
