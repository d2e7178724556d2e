"""How a problem is named: a source, and options behind a question mark, as in an address.

    article                                         a problem of `experiments/problems/`
    friedman1?noise=0.5                             one with an option
    wine.csv?target=quality&drop=id                 a table from disk
    mine.py:surface?bounds=-1..1,-1..1              a function

The text says all that decides the data, so it is what is recorded, and what a worker loads the data by.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

DIGEST = "sha256"
"""The option that holds a file's SHA-256: what was begun with one content is not gone on with with another."""


class Spec(NamedTuple):
    """Attributes: `source`, what the data come from; `options`, texts by name.

    >>> spec = Spec.parse("friedman1?noise=0.5")
    >>> spec
    Spec(source='friedman1', options={'noise': '0.5'})
    >>> str(spec)
    'friedman1?noise=0.5'
    """

    source: str
    options: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> "Spec":
        """The inverse of `str`.

        Raises:
            ValueError: what follows the question mark is not `name=value`, with `&` between several.
        """
        source, _, rest = text.partition("?")
        try:
            pairs = parse_qsl(rest, keep_blank_values=True, strict_parsing=bool(rest))
        except ValueError:
            raise ValueError(f"problem must be SOURCE?option=value&option=value, got {text!r}") from None
        return cls(source, dict(pairs))

    def __str__(self) -> str:
        options = "&".join(f"{name}={quote(value, safe='/:,.@ ')}" for name, value in sorted(self.options.items()))
        return f"{self.source}?{options}" if options else self.source

    @property
    def title(self) -> str:
        """For people: the source's last part, and the options but for the file's digest.

        >>> Spec.parse("data/wine.csv?sha256=f00&target=quality").title
        'wine.csv (target quality)'
        """
        told = ", ".join(f"{name} {value}" for name, value in self.options.items() if name != DIGEST)
        source = self.source.rpartition("/")[2]
        return f"{source} ({told})" if told else source

    @property
    def typed(self) -> str:
        """What a user types for it: all but the file's digest."""
        return str(Spec(self.source, {name: value for name, value in self.options.items() if name != DIGEST}))

    def having(self, options: Mapping[str, str]) -> "Spec":
        """The spec with `options` added to its own.

        Raises:
            ValueError: one is there already, with another value.
        """
        for name, value in options.items():
            if self.options.get(name, value) != value:
                raise ValueError(f"{name} must be given once, got {self.options[name]!r} and {value!r}")
        return Spec(self.source, {**self.options, **options})
