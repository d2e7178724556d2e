"""How the report writes numbers: four significant digits, thousands apart, and no more zeros than needed."""

import math
from collections.abc import Sequence

Value = float | int | str | bool | Sequence[int] | None


def shown(value: object) -> str:
    """A value as tables and sentences show it.

    >>> shown(0.00114837), shown(7862), shown(12345.6), shown((64, 64)), shown("relu"), shown(float("nan"))
    ('0.001148', '7,862', '12,346', '64 × 64', 'relu', '–')
    """
    if isinstance(value, tuple | list):
        return " × ".join(map(str, value)) or "none"
    if isinstance(value, bool) or not isinstance(value, float | int):
        return str(value)
    if not math.isfinite(value):
        return "–"
    if isinstance(value, int) or (1000 <= abs(value) < 1e7):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def brief(value: float) -> str:
    """A number beside a tick of an axis, exact and short.

    >>> [brief(value) for value in (0.0005, 2e-7, 20.0, 5000.0, 2e4, 2e6, 0.0)]
    ['0.0005', '2e-7', '20', '5,000', '20k', '2M', '0']
    """
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:g}M"
    if size >= 10_000:
        return f"{value / 1000:g}k"
    if size >= 1000:
        return f"{value:,.0f}"
    if 0 < size < 1e-4:
        return f"{value:.0e}".replace("e-0", "e-")
    return f"{value:g}"


def times(factor: float) -> str:
    """A factor as a sentence has it.

    >>> times(1.7693), times(23.46), times(1234.5)
    ('1.77 times', '23.5 times', '1,234 times')
    """
    return f"{factor:,.0f} times" if factor >= 100 else f"{factor:.3g} times"


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things.

    >>> counted(1, "trial"), counted(1200, "trial"), counted(2, "study", "studies")
    ('1 trial', '1,200 trials', '2 studies')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a row.

    >>> listed(["lr", "epochs", "widths"]), listed(["lr"])
    ('lr, epochs and widths', 'lr')
    """
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def seconds(value: float) -> str:
    """A time.

    >>> seconds(0.0123), seconds(5.31), seconds(95), seconds(7500)
    ('0.012 s', '5.3 s', '1.6 min', '2.1 h')
    """
    if value >= 5400:
        return f"{value / 3600:.1f} h"
    if value >= 90:
        return f"{value / 60:.1f} min"
    return f"{value:.1f} s" if value >= 0.95 else f"{value:.2g} s"
