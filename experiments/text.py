"""Values as text, for tables, sentences and pictures alike."""

import difflib
from collections.abc import Iterable


def shown(value: object) -> str:
    """A parameter as tables show it: four significant digits; widths as 64-32.

    >>> shown(0.00123456), shown((64, 32))
    ('0.001235', '64-32')
    """
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at what was probably meant, or nothing where no name is near.

    >>> nearest("--trails", ["--trials", "--jobs"])
    '; did you mean --trials?'
    >>> nearest("zzz", ["--trials"])
    ''
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
