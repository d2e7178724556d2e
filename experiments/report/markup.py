"""HTML and SVG, escaped by construction: text that is put into a page is text, whatever it holds.

`tag` makes an element of its children. A child that is a plain `str` is escaped; only what `tag` itself has made, a
`Markup`, is taken as it is. So a study named `<script>` is shown as that, and no section has to remember to escape.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

VOID = frozenset({"meta", "br", "hr", "img", "link", "path", "circle", "line", "rect", "use"})
"""Elements that may stand without an end: those of HTML that never have content, and shapes of SVG."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: Any) -> Markup:
    """The element `name`.

    Args:
        name: of the element.
        children: `Markup` is taken as it is, every other object by its text, which is escaped; None is nothing.
        attributes: by name, `_` for `-` (`aria_label`), with a `_` at the end where Python keeps the word
            (`class_`). True gives the name alone; None and False give nothing; floats have at most two decimals.

    >>> tag("p", "a < b", tag("b", "!"), class_="note")
    '<p class="note">a &lt; b<b>!</b></p>'
    >>> tag("circle", cx=1.23456, cy=2.0)
    '<circle cx="1.23" cy="2"/>'
    """
    text = "".join(_attribute(key, value) for key, value in attributes.items())
    if not children and name in VOID:
        return Markup(f"<{name}{text}/>")
    return Markup(f"<{name}{text}>{join(children)}</{name}>")


def join(children: Iterable[object]) -> Markup:
    """Children one after the other, as `tag` takes them.

    >>> join(["<", tag("br"), None])
    '&lt;<br/>'
    """
    texts = (child if isinstance(child, Markup) else escape(str(child)) for child in children if child is not None)
    return Markup("".join(texts))


def number(value: float) -> str:
    """A coordinate: at most two decimals, and no zeros that say nothing.

    >>> number(3.0), number(1 / 3), number(-0.001)
    ('3', '0.33', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
    if value is True:
        return f" {name}"
    return f' {name}="{escape(number(value) if isinstance(value, float) else str(value))}"'
