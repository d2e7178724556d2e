"""The page: head, answer, sections in their order, foot. One file, which needs nothing from anywhere else."""

import re
from importlib.resources import files
from types import ModuleType

from knobwise.experiments.data.spec import Spec
from knobwise.experiments.record import names
from knobwise.experiments.report import sections
from knobwise.experiments.report.answer import answer, tiles
from knobwise.experiments.report.facts import Facts, Missing
from knobwise.experiments.report.markup import Markup, tag


def page(facts: Facts) -> str:
    """The whole report as HTML."""
    question = facts.tags.get(names.ABOUT + "question", "")
    shown = _drawn(facts)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="Knobwise"),
        tag("title", f"{facts.study}: report"),
        tag("link", rel="icon", href="data:,"),  # or a browser asks the server for one
        tag("style", Markup(style())),
    )
    links = (tag("li", tag("a", module.TITLE, href=f"#{anchor(module)}")) for module, _ in shown)
    body = tag(
        "body",
        tag(
            "header",
            tag("p", f"{facts.study} · {Spec.parse(facts.problem).title}", class_="study"),
            tag("h1", question or f"What the study {facts.study} found"),
            answer(facts),
            tiles(facts),
        ),
        tag("nav", tag("ul", *links), aria_label="Sections") if shown else None,
        tag("main", *(_section(module, content) for module, content in shown)),
        tag("footer", tag("p", f"Made by Knobwise from the record on {facts.made:%Y-%m-%d at %H:%M} UTC.")),
    )
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en") + "\n"


def style() -> str:
    """The style sheet."""
    text = (files("knobwise.experiments.report") / "style.css").read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/|\n\s*", "", text, flags=re.DOTALL)


def anchor(module: ModuleType) -> str:
    """What a section is called in addresses: its module's name."""
    return module.__name__.rpartition(".")[2]


def _drawn(facts: Facts) -> list[tuple[ModuleType, Markup]]:
    """The sections and their content. What is missing is written once, in the answer, where no trial is complete."""
    drawn: list[tuple[ModuleType, Markup]] = []
    for module in sections.ORDER if len(facts.runs) else ():
        try:
            content: Markup | None = module.content(facts)
        except Missing as missing:
            content = tag("p", str(missing), class_="missing") if facts.order else None
        if content is not None:
            drawn.append((module, content))
    return drawn


def _section(module: ModuleType, content: Markup) -> Markup:
    name = anchor(module)
    return tag(
        "section", tag("h2", module.TITLE, id=f"{name}-title"), content, id=name, aria_labelledby=f"{name}-title"
    )
