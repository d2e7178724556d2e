"""Problems: something to fit, with its training, validation and test parts. One problem a file, found by its name.

A problem's module holds a function of the module's own name that returns a `Problem`; its first docstring line is
what a listing shows. The function's parameters, each with a type and a default, are the problem's options:
`friedman1?noise=0.5` calls `friedman1(noise=0.5)`.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from knobwise.experiments.data.problem import TABLES, Problem
from knobwise.experiments.data.spec import Spec

_KINDS: dict[type, str] = {int: "a whole number", float: "a number", str: "a text"}
_KEPT = 4  # problems that stay loaded: a worker is given one over and over
_LOADED: dict[str, Problem] = {}


def names() -> list[str]:
    """The names of all problems that have a file here, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(text: str) -> Problem:
    """The problem that `text` names: one of `names()`, a table's file, or `module:function`; options after a `?`.

    The `name` of what is returned has all that decides the data in it, a file's SHA-256 too, and loads the same again.

    Raises:
        ValueError: there is none, an option is not one that it takes, or the data are not fit to learn from; one line.
    """
    if text in _LOADED:
        return _LOADED[text]
    spec = Spec.parse(text)
    if spec.source in names():
        problem = variant(spec)
    elif Path(spec.source).suffix.lower() in TABLES:
        from knobwise.experiments.data import tables

        problem = tables.load(spec)
    elif ":" in spec.source:
        from knobwise.experiments.data import functions

        problem = functions.load(spec)
    else:
        raise ValueError(
            f"problem must be one of {', '.join(names())}, a file that ends in {', '.join(TABLES)}, or "
            f"module:function, got {spec.source!r}"
        )
    _LOADED[problem.name] = problem
    while len(_LOADED) > _KEPT:
        del _LOADED[next(iter(_LOADED))]
    return problem


def variant(spec: Spec) -> Problem:
    """The problem of a file here, made with the options of `spec`.

    Raises:
        ValueError: an option that it does not take, or not a value for it.
    """
    make = getattr(importlib.import_module(f"{__name__}.{spec.source}"), spec.source)
    problem: Problem = make(**arguments(make, spec))
    return problem._replace(name=str(spec))


def arguments(make: Callable[..., Problem], spec: Spec) -> dict[str, Any]:
    """The options of `spec` as what `make` takes, by the types of its parameters.

    >>> arguments(lambda noise=0.0: ..., Spec("f", {"noise": "0.5"}))
    {'noise': 0.5}
    """
    takes = {name: type(each.default) for name, each in inspect.signature(make).parameters.items()}
    return {name: _argument(spec.source, name, value, takes) for name, value in spec.options.items()}


def _argument(source: str, name: str, value: str, takes: Mapping[str, type]) -> Any:
    if name not in takes:
        known = f"takes the options {', '.join(takes)}" if takes else "takes no options"
        raise ValueError(f"problem {source} {known}, got {name}")
    try:
        return takes[name](value)
    except ValueError:
        raise ValueError(f"{name} of problem {source} must be {_KINDS[takes[name]]}, got {value!r}") from None
