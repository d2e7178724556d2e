"""Values as text, for tables, sentences and figures."""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence


def shown(value: object) -> str:
    """A parameter as the terminal's tables show it: four significant digits; widths as 64-32.

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


def typeset(value: object) -> str:
    """A value as the report prints it: four significant digits, thousands separated, widths as 64 × 64, NaN as a dash.

    >>> typeset(0.00114837), typeset(7862), typeset(12345.6), typeset((64, 64)), typeset("relu"), typeset(float("nan"))
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


def r2_text(r2: float) -> str:
    """An R2 with four decimals, or with six where four would make it a perfect fit.

    >>> r2_text(0.91997), r2_text(0.9999958)
    ('0.9200', '0.999996')
    """
    return f"{r2:.4f}" if r2 < 0.9995 else f"{r2:.6f}"


def scores_text(metrics: Mapping[str, float]) -> str:
    """The recorded scores of the test part as a title has them; "" where there are none.

    >>> scores_text({"test_r2": 0.92, "test_mse": 10.375}), scores_text({"test_accuracy": 0.975, "test_log_loss": 0.08})
    ('R² 0.9200, MSE 10.38', 'accuracy 0.975, log loss 0.08')
    """
    scores: dict[str, tuple[str, Callable[[float], str]]]
    if "test_accuracy" in metrics:
        scores = {"test_accuracy": ("accuracy", "{:.4g}".format), "test_log_loss": ("log loss", "{:.3g}".format)}
    else:
        scores = {"test_r2": ("R²", r2_text), "test_mse": ("MSE", "{:.4g}".format)}
    return ", ".join(f"{name} {text(metrics[key])}" for key, (name, text) in scores.items() if key in metrics)


def times(factor: float) -> str:
    """A factor as a sentence has it.

    >>> times(1.7693), times(23.46), times(1234.5)
    ('1.77 times', '23.5 times', '1,234 times')
    """
    return f"{factor:,.0f} times" if factor >= 100 else f"{factor:.3g} times"


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


def plural(count: int, one: str, many: str = "") -> str:
    """The word for `count` things.

    >>> plural(1, "trial"), plural(2, "trial"), plural(2, "study", "studies")
    ('trial', 'trials', 'studies')
    """
    return one if count == 1 else many or one + "s"


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things.

    >>> counted(1, "trial"), counted(1200, "trial"), counted(2, "study", "studies")
    ('1 trial', '1,200 trials', '2 studies')
    """
    return f"{count:,} {plural(count, one, many)}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a row.

    >>> listed(["lr", "epochs", "widths"]), listed(["lr"])
    ('lr, epochs and widths', 'lr')
    """
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def first_of(words: Iterable[object], most: int, separator: str = ", ") -> str:
    """The first `most` words in a row, and how many more there are.

    >>> first_of(["lr", "epochs", "widths"], 2), first_of([3, 4], 2)
    ('lr, epochs and 1 more', '3, 4')
    """
    texts = [str(word) for word in words]
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return separator.join(texts[:most]) + more


def trials_text(numbers: Sequence[int], most: int = 10) -> str:
    """Trials by their numbers.

    >>> trials_text([3]), trials_text([7, 0, 5]), trials_text([1, 2, 3], most=2)
    ('trial 3', 'trials 7, 0, 5', 'trials 1, 2 and 1 more')
    """
    return f"{plural(len(numbers), 'trial')} {first_of(numbers, most)}"


def capitalised(words: str) -> str:
    """Words with a capital at the beginning, the rest left as it is.

    >>> capitalised("the R2 of trial 3")
    'The R2 of trial 3'
    """
    return words[:1].upper() + words[1:]
