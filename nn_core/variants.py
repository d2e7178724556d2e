"""Variants, found by the name of their file: `nn_core/optimizers/adam.py` is the optimizer `"adam"`.

A variant's module has a function of the module's own name that takes the variant's options, all with defaults, and
returns the `NamedTuple` of its kind. Nothing is registered: a file in the folder is a variant.
"""

import importlib
import pkgutil
from functools import lru_cache
from typing import Any, Literal, get_args

Kind = Literal["activations", "losses", "initializers", "optimizers", "schedules"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_CORE = __name__.rpartition(".")[0]  # a logged model holds a copy of the core under another name


def singular(kind: Kind) -> str:
    """The singular of `kind`: `losses` -> `loss`. `RunConfig` has a field of that name."""
    return "loss" if kind == "losses" else kind.removesuffix("s")


def names(kind: Kind) -> list[str]:
    """The names of all variants of `kind`, sorted.

    >>> "relu" in names("activations")
    True
    """
    package = importlib.import_module(f"{_CORE}.{kind}")
    return list(_names_in(tuple(package.__path__)))


@lru_cache(maxsize=64)
def _names_in(folders: tuple[str, ...]) -> tuple[str, ...]:
    # Every configuration is checked against five folders: reading them each time would take longer than the search.
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folders)))


def load(kind: Kind, name: str, **options: Any) -> Any:
    """The variant `name` of `kind`, made with `options`.

    Raises:
        ValueError: there is no such variant; the message lists those that exist.

    >>> load("schedules", "constant").factor(3.0, 10.0)
    1.0
    """
    if name not in names(kind):
        raise ValueError(f"{singular(kind)} must be one of {', '.join(names(kind))}, got {name!r}")
    return getattr(importlib.import_module(f"{_CORE}.{kind}.{name}"), name)(**options)
