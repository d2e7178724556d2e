"""The name of a problem: a source, and options after a question mark, as in a URL.

    article                                         a problem of `experiments/problems/`
    friedman1?noise=0.5                             one with an option
    wine.csv?target=quality&drop=id                 a table from disk
    mine.py:surface?bounds=-1..1,-1..1              a function

The text determines the data: it is recorded, and workers load the data by it.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

DIGEST = "sha256"
"""The option with a file's SHA-256: a study is not resumed with another content."""


class Spec(NamedTuple):
    """A parsed name.

    Attributes:
        source: of the data: a bundled problem, a file, or a function.
        options: text by name.

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
        """For people: the last part of the source, and the options except the file's digest.

        >>> Spec.parse("data/wine.csv?sha256=f00&target=quality").title
        'wine.csv (target quality)'
        """
        options = ", ".join(f"{name} {value}" for name, value in self.options.items() if name != DIGEST)
        source = self.source.rpartition("/")[2]
        return f"{source} ({options})" if options else source

    @property
    def typed(self) -> str:
        """The text as a user types it, without the file's digest."""
        return str(Spec(self.source, {name: value for name, value in self.options.items() if name != DIGEST}))

    def having(self, options: Mapping[str, str]) -> "Spec":
        """The spec with `options` added to its own.

        Raises:
            ValueError: the spec has one of them with another value.
        """
        for name, value in options.items():
            if self.options.get(name, value) != value:
                raise ValueError(f"{name} must be given once, got {self.options[name]!r} and {value!r}")
        return Spec(self.source, {**self.options, **options})
