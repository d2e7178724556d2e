"""The imports between the files of the project, read from their text."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("nn_core", "experiments", "sweeps")
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def imported(source: str) -> set[str]:
    """The full names of all modules that `source` imports, anywhere in it; relative imports start with a dot.

    `from a import b` gives both `a` and `a.b`, since b may be a module.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names.add(module)
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


def module_of(file: Path) -> str:
    """`experiments/run.py` -> `knobwise.experiments.run`."""
    return "knobwise." + ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def graph() -> dict[str, set[str]]:
    """By module, the modules of the project that it imports.

    `from package import module` counts as an import of the module alone, not of the package's own file.
    """
    known = {module_of(file) for file in FILES}
    arrows: dict[str, set[str]] = {}
    for file in FILES:
        names = imported(file.read_text()) & known
        arrows[module_of(file)] = {n for n in names if not _only_leads_to_a_module(n, file, known)} - {module_of(file)}
    return arrows


def _only_leads_to_a_module(name: str, file: Path, known: set[str]) -> bool:
    """Whether `file` imports from the package `name` nothing but modules."""
    taken = [
        f"{name}.{alias.name}"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == name
        for alias in node.names
    ]
    return bool(taken) and set(taken) <= known


def circle(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    """Modules that import each other in a circle, in order; none where there is no circle."""
    done: set[str] = set()

    def walk(path: list[str]) -> list[str]:
        for following in arrows.get(path[-1], ()):
            if following in path:
                return path[path.index(following) :]
            if following not in done and (back := walk([*path, following])):
                return back
        done.add(path[-1])
        return []

    return next(filter(None, (walk([module]) for module in arrows)), [])


def upward(rooms: tuple[str, ...], arrows: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The imports that point from a lower room to a higher one.

    Args:
        rooms: modules or packages from the top floor down.
        arrows: by module, what it imports.
    """
    for module, targets in arrows.items():
        here = floor(rooms, module)
        for target in targets:
            there = floor(rooms, target)
            if here is not None and there is not None and there < here:
                yield f"{module} -> {target}"


def floor(rooms: tuple[str, ...], module: str) -> int | None:
    """The place of a module's room among `rooms`, 0 at the top; None where it is in none of them."""
    places = (at for at, room in enumerate(rooms) if module == room or module.startswith(f"{room}."))
    return next(places, None)
