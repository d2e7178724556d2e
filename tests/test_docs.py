"""What the documentation says is true: examples run, links and pictures are there."""

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import rooms_picture
from tests.conftest import RecordedSweep

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("nn_core", "experiments", "sweeps")
HIDDEN = {".git", ".venv", "mlruns", "node_modules"}
PAGES = sorted(page for page in ROOT.rglob("*.md") if not HIDDEN & set(page.relative_to(ROOT).parts[:-1]))
FENCE = re.compile(r"^(?:(?P<mark><!-- run -->)\n)?```python\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)|<(?:img|a)\s[^>]*(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


class Example(NamedTuple):
    """A fenced python block: where it begins, what it says, whether it is marked to be run."""

    line: int
    code: str
    run: bool


def modules() -> list[str]:
    names = ["knobwise", *(f"knobwise.{package}" for package in PACKAGES)]
    for package in PACKAGES:
        walk = pkgutil.walk_packages([str(ROOT / package)], f"knobwise.{package}.")
        names += [module.name for module in walk if not module.name.endswith("__main__")]
    return names


def examples(text: str) -> list[Example]:
    found = FENCE.finditer(text)
    return [Example(text.count("\n", 0, m.start("code")) + 1, m["code"], bool(m["mark"])) for m in found]


def links(text: str) -> list[str]:
    return [first or second for first, second in LINK.findall(CODE.sub("", text))]


def anchors(text: str) -> set[str]:
    """The names of a page's headings in links, as GitHub makes them."""
    titles = HEADING.findall(re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(page: Path, text: str) -> list[str]:
    """The links of a page to places in this project that are not there."""
    wrong = []
    for link in links(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(text if target == page else target.read_text())):
            wrong.append(link)
    return wrong


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("name", modules())
def test_docstring_examples(name: str, workdir: Path) -> None:
    tried = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert tried.failed == 0


def test_docstring_examples_are_found() -> None:
    assert len(modules()) > len(PACKAGES)
    simple = importlib.import_module("knobwise.nn_core.simple")
    assert sum(len(test.examples) for test in doctest.DocTestFinder().find(simple)) >= 3


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_in_the_pages_compiles(page: Path) -> None:
    for example in examples(page.read_text()):
        compile(example.code, f"{named(page)}:{example.line}", "exec")


@pytest.mark.parametrize("page", [p for p in PAGES if any(e.run for e in examples(p.read_text()))], ids=named)
def test_marked_python_in_the_pages_runs(
    page: Path, recorded_sweep: RecordedSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block under `<!-- run -->` runs after those above it, in a folder where a sweep has been recorded."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(recorded_sweep.folder)
    names: dict[str, object] = {"__name__": "__example__"}
    for example in (e for e in examples(page.read_text()) if e.run):
        code = compile(example.code, f"{named(page)}:{example.line}", "exec")
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, names)  # the page is ours


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_and_pictures_exist(page: Path) -> None:
    assert broken(page, page.read_text()) == []


def test_the_picture_of_the_rooms_is_of_this_code() -> None:
    assert rooms_picture.FILE.read_text(encoding="utf-8") == rooms_picture.svg(), "python -m tests.rooms_picture"


def test_a_broken_link_is_seen() -> None:
    page = ROOT / "CONTRIBUTING.md"
    text = '# Here\n\n[a](nowhere.md) ![b](no.png) [c](LICENSE) [d](#here) [e](#there) <img src="x.png">'
    assert broken(page, text) == ["nowhere.md", "no.png", "#there", "x.png"]
    assert broken(page, "`[a](nowhere.md)`\n```\n[b](nowhere.md)\n```\n[c](https://example.org)") == []


def test_marked_examples_are_told_from_others() -> None:
    text = "a\n\n<!-- run -->\n```python\nx = 1\n```\n\n```python\ny = 2\n```\n"
    assert examples(text) == [Example(5, "x = 1\n", True), Example(9, "y = 2\n", False)]
