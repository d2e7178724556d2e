"""The picture of the rooms in `docs/architecture.md`, drawn from the code itself.

    python -m tests.rooms_picture    writes docs/pictures/rooms.svg

Each room is a line: its name, and the first line of its docstring. A test fails where the picture is not of this code.
"""

import ast
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

from tests.imports import ROOT
from tests.test_architecture import ROOMS

FILE = ROOT / "docs" / "pictures" / "rooms.svg"
WIDTH, LINE, MARGIN, NAME = 1060, 24, 16, 168
HEAD = 34
LONGEST = 118  # characters of a room's text that have room beside its name
COLOURS = {"sweeps": "#e8f1fa", "experiments": "#eef7e9", "nn_core": "#fdf3e3"}
CORE = ("simple", "network", "training", "optimizers", "activations", "losses", "initializers", "schedules")


class Room(NamedTuple):
    """A line of the picture.

    Attributes:
        name: as it is imported, without the package; a folder ends in a slash.
        text: the first line of its docstring.
    """

    name: str
    text: str


def room(package: str, name: str) -> Room:
    """The room `name` of a package, given as a path below the project."""
    folder = ROOT / package / name
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    text = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").splitlines()[0].rstrip(".")
    return Room(f"{name}/" if folder.is_dir() else f"{name}.py", text.replace("`", ""))


def packages() -> Iterator[tuple[str, str, list[Room]]]:
    """Each package from the top down: its name, what it is, and its rooms from the top floor down."""
    engine = [room("sweeps/engine", name) for name in ROOMS["knobwise.sweeps.engine"]]
    rooms = [room("experiments", name) for name in ROOMS["knobwise.experiments"]]
    sweeps = [
        Room("*.py", "The sweeps: a question, a space, a baseline, a budget; one a file"),
        room("sweeps", "commands"),
    ]
    yield "sweeps", "many runs", [*sweeps, *(Room(f"engine/{each.name}", each.text) for each in engine)]
    yield "experiments", "one run, its record, and what is made of many", rooms
    yield "nn_core", "the network: NumPy alone", [room("nn_core", name) for name in CORE]


def svg() -> str:
    """The picture as SVG text."""
    parts, y = [], MARGIN
    for name, what, rooms in packages():
        height = HEAD + LINE * len(rooms) + 8
        parts.append(f'<rect x="{MARGIN}" y="{y}" width="{WIDTH - 2 * MARGIN}" height="{height}" rx="6" '
                     f'fill="{COLOURS[name]}" stroke="#8a949e"/>')  # fmt: skip
        parts.append(f'<text x="{2 * MARGIN}" y="{y + 23}" class="head">{name}</text>')
        parts.append(f'<text x="{2 * MARGIN + NAME}" y="{y + 23}" class="what">{what}</text>')
        for at, each in enumerate(rooms):
            base = y + HEAD + LINE * at + 16
            text = each.text if len(each.text) <= LONGEST else f"{each.text[: LONGEST - 3].rstrip()}..."
            parts.append(f'<text x="{2 * MARGIN}" y="{base}" class="name">{escape(each.name)}</text>')
            parts.append(f'<text x="{2 * MARGIN + NAME}" y="{base}">{escape(text)}</text>')
        y += height + 26
        if name != "nn_core":
            parts.append(f'<text x="{WIDTH / 2}" y="{y - 8}" class="arrow">&#8595; imports</text>')
    style = (
        "text{font:13px sans-serif;fill:#1d2733}.name{font:12.5px monospace;font-weight:bold}"
        ".head{font:bold 16px monospace}.what{font-style:italic}.arrow{text-anchor:middle;fill:#5b6672}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">'
        f'<style>{style}</style><rect width="100%" height="100%" fill="white"/>' + "\n".join(parts) + "</svg>\n"
    )


if __name__ == "__main__":
    Path(FILE).write_text(svg(), encoding="utf-8")
