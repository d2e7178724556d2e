"""The bundled problems, one a file, found by its name.

A problem's module has a function of the module's own name that returns a `Problem`; the first line of its docstring is
shown by listings. The function's parameters, each with a type and a default, are the problem's options:
`friedman1?noise=0.5` calls `friedman1(noise=0.5)`.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

from knobwise.experiments.data import formats
from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.spec import Spec

_KINDS: dict[type, str] = {int: "a whole number", float: "a number", str: "a text"}
_CACHED = 4  # problems that stay loaded: a worker gets the same one many times
_LOADED: dict[str, Problem] = {}


def names() -> list[str]:
    """The names of all bundled problems, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(text: str) -> Problem:
    """The problem that `text` names: one of `names()`, a table's file, or `module:function`; options after a `?`.

    The `name` of the result determines the data, with a file's SHA-256, and loads the same problem.

    Raises:
        ValueError: there is none, an option is unknown or wrong, or the data cannot be learned; one line.
    """
    if text in _LOADED:
        return _LOADED[text]
    if "://" in text and formats.advice(text):  # the options of a URL are its own
        raise ValueError(
            f"problem must be a bundled one, a file or module:function, got {text!r}, which {formats.advice(text)}"
        )
    spec = Spec.parse(text)
    if spec.source in names():
        problem = variant(spec)
    elif formats.ending(spec.source) and "://" not in spec.source:
        from knobwise.experiments.data import tables

        problem = tables.load(spec)
    elif advice := formats.advice(spec.source):
        raise ValueError(
            f"problem must be a bundled one, a file or module:function, got {spec.source!r}, which {advice}"
        )
    elif ":" in spec.source:
        from knobwise.experiments.data import functions

        problem = functions.load(spec)
    else:
        raise ValueError(
            f"problem must be one of {', '.join(names())}, a file that ends in {', '.join(formats.TABLES)}, or "
            f"module:function, got {spec.source!r}"
        )
    _LOADED[problem.name] = problem
    while len(_LOADED) > _CACHED:
        del _LOADED[next(iter(_LOADED))]
    return problem


def variant(spec: Spec) -> Problem:
    """The bundled problem of `spec`, made with its options.

    Raises:
        ValueError: an unknown option, or an invalid value.
    """
    make = getattr(importlib.import_module(f"{__name__}.{spec.source}"), spec.source)
    problem: Problem = make(**arguments(make, spec))
    return problem._replace(name=str(spec))


def arguments(make: Callable[..., Problem], spec: Spec) -> dict[str, Any]:
    """The options of `spec` as arguments of `make`, by the types of its parameters.

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
