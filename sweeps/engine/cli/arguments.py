"""The words after a verb of the `knobwise` command: what stands alone, options with a value, flags."""

from collections.abc import Mapping
from typing import NamedTuple

from knobwise.sweeps.engine.errors import BadInput, nearest


class Words(NamedTuple):
    """Attributes: the words that are no options, in order; each option's value; the flags given."""

    alone: list[str]
    options: dict[str, str]
    flags: set[str]

    def whole(self, option: str, least: int = 0) -> int | None:
        """The whole number given for `option`; None where it was not given.

        Raises:
            BadInput: it is none, or too small.
        """
        text = self.options.get(option)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise BadInput(f"{option} must be a whole number >= {least}, got {text!r}")
        return int(text)


def read(words: list[str], *, alone: tuple[str, ...], options: Mapping[str, str], flags: tuple[str, ...] = ()) -> Words:
    """Sort out `words`; `--option value` and `--option=value` are the same.

    Args:
        words: as typed.
        alone: what must stand there besides options, in order, as the help names it.
        options: those that take a value, with what that is: `{"--epochs": "a whole number"}`.
        flags: those that take none.

    Raises:
        BadInput: an option is unknown or lacks its value, or a word is missing or too many.

    >>> read(["lr_epochs", "--epochs=9"], alone=("STUDY",), options={"--epochs": "a whole number"})
    Words(alone=['lr_epochs'], options={'--epochs': '9'}, flags=set())
    """
    found = Words([], {}, set())
    rest, known = list(words), [*options, *flags]
    while rest:
        typed = rest.pop(0)
        word, equals, value = typed.partition("=")
        if not word.startswith("--"):
            found.alone.append(typed)
        elif word not in known:
            raise BadInput(f"option must be one of {', '.join(known)}, got {word!r}{nearest(word, known)}")
        elif word in flags and not equals:
            found.flags.add(word)
        elif word in flags:
            raise BadInput(f"{word} must stand alone, got {value!r}")
        else:
            if not equals and rest and not rest[0].startswith("--"):
                value = rest.pop(0)
            if not value:
                raise BadInput(f"{word} must be followed by {options[word]}, got nothing")
            found.options[word] = value
    if len(found.alone) != len(alone):
        got = " ".join(found.alone) or "nothing"
        raise BadInput(f"the words that are no options must be {' '.join(alone) or 'none'}, got {got}")
    return found
