"""The parser of every command line: a page of help declares words and options, and that page is what is read.

    Usage: knobwise export STUDY FILE [options]

    Options:
      --first N     at most so many rows (>= 1)
      --order a|b   one of these names
      --json        a flag: it takes no value

In the usage line a word in capitals is required, and one in brackets may be left out. The capitals behind an option
name the kind of its value, as in `KINDS`; a number has the range that its text gives in parentheses.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from knobwise.experiments.text import nearest
from knobwise.sweeps.engine.errors import BadInput

Given = dict[str, Any]
"""The words and options that were typed, by their names in the page (`STUDY`, `--first`); True for a flag."""

KINDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "N": ("a whole number", int),
    "TRIAL": ("a whole number", int),
    "X": ("a number", float),
    "SECONDS": ("a number of seconds", float),
    "FILE": ("a file name", str),
    "DIR": ("a folder", str),
    "URL": ("an Optuna URL or a journal file", str),
}
"""What a value is called in a message, and how it is converted; any other value is text."""

_USAGE = re.compile(r"^Usage: (?P<program>.*?)(?P<words>(?: \[?[A-Z]+\]?)*)(?: \[options\])?$", re.MULTILINE)
_OPTION = re.compile(r"^  (--[\w-]+)(?: (\S+))?(?: {2,}|\n {3,})(.*(?:\n {3,}.*)*)", re.MULTILINE)
_RANGE = re.compile(r"\((>=?) (\d+)\)")
_NEGATIVE = re.compile(r"-[\d.]+")


class Option(NamedTuple):
    """An option of a page, or a word of its usage line.

    name: as typed, `--first`; of a word, its capitals.
    value: the kind of its value, or the values that it takes as `a|b`; "" for a flag.
    text: what the page says of it.
    """

    name: str
    value: str
    text: str

    @property
    def choices(self) -> list[str]:
        """The values that it takes; empty where any is taken."""
        return self.value.split("|") if "|" in self.value else []

    @property
    def wanted(self) -> str:
        """What its value must be, for a message."""
        return f"one of {', '.join(self.choices)}" if self.choices else KINDS.get(self.value, (self.value, str))[0]

    def convert(self, typed: str) -> Any:
        """The value for what was typed.

        Raises:
            BadInput: it is of another kind, out of range, or none of the choices.
        """
        if self.choices and typed not in self.choices:
            raise BadInput(f"{self.name} must be {self.wanted}, got {typed!r}{nearest(typed, self.choices)}")
        make = KINDS.get(self.value, ("", str))[1]
        try:
            value = make(typed)
        except ValueError:
            raise BadInput(f"{self.name} must be {self.wanted}, got {typed!r}") from None
        if make is str:
            return value
        limits = _RANGE.search(self.text)
        sign, least = limits.groups() if limits else (">=", "0" if make is int else "-inf")
        if not (value > float(least) or (sign == ">=" and value == float(least))):
            limit = "" if least == "-inf" else f" {sign} {least}"
            raise BadInput(f"{self.name} must be {self.wanted}{limit}, got {typed}")
        return value


def options_of(page: str) -> dict[str, Option]:
    """The options that a page declares, by name.

    >>> options_of("  --first N   so many rows (>= 1)")
    {'--first': Option(name='--first', value='N', text='so many rows (>= 1)')}
    """
    return {name: Option(name, value, text) for name, value, text in _OPTION.findall(page)}


def words_of(page: str) -> list[str]:
    """The words of a page's usage line, in order; those that may be left out in brackets.

    >>> words_of("Usage: knobwise export STUDY [FILE] [options]")
    ['STUDY', '[FILE]']
    """
    usage = _USAGE.search(page)
    return usage["words"].split() if usage else []


def asks_for_help(words: Sequence[str]) -> bool:
    """Whether `words` hold -h or --help."""
    return "-h" in words or "--help" in words


def read(page: str, words: Sequence[str]) -> Given:
    r"""What was typed, checked against `page`; `--option value` and `--option=value` are the same.

    Raises:
        BadInput: an option is unknown, lacks its value or has a wrong one, or a word is missing or unknown.

    >>> read("Usage: knobwise export STUDY [options]\n\n  --first N   so many rows", ["lr_epochs", "--first=9"])
    {'--first': 9, 'STUDY': 'lr_epochs'}
    """
    options, given = options_of(page), Given()
    rest, alone = list(words), []
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-" or _NEGATIVE.fullmatch(word):
            alone.append(word)
            continue
        name, equals, value = word.partition("=")
        option = options.get(name.replace("_", "-"))
        if option is None:
            known = [*options, "--help"]
            raise BadInput(f"option must be one of {', '.join(known)}, got {name!r}{nearest(name, known)}")
        if not option.value:
            if equals:
                raise BadInput(f"{option.name} must stand alone, got {value!r}")
            given[option.name] = True
            continue
        if not equals and rest and not rest[0].startswith("--"):  # a single dash may begin a negative number
            value = rest.pop(0)
        if not value:
            raise BadInput(f"{option.name} must be followed by {option.wanted}, got nothing")
        given[option.name] = option.convert(value)
    return given | _words(page, alone)


def _words(page: str, alone: list[str]) -> Given:
    """The words that are no options, by their names in the usage line.

    Raises:
        BadInput: one is missing, unknown or of the wrong kind.
    """
    names, usage = words_of(page), _USAGE.search(page)
    program, line = (usage["program"], usage[0]) if usage else ("", "")
    missing = [name for name in names[len(alone) :] if not name.startswith("[")]
    if missing:
        raise BadInput(f"{program}: missing {missing[0]}; {line}")
    if len(alone) > len(names):
        raise BadInput(f"{program}: unknown word {alone[len(names)]!r}; {line}")
    named = zip((name.strip("[]") for name in names), alone, strict=False)
    return {name: Option(name, name, "").convert(word) for name, word in named}
