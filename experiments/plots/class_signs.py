"""The colour and the marker of each class, the same in every figure."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#333333")
"""Those of Okabe and Ito that are visible on white, colour-blind safe; and a violet and a dark grey."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p")
"""Eleven, so that no pair of colour and marker repeats in the first 88 classes: 8 and 11 have no common divisor."""

LONGEST = 14  # letters of a class's name in a picture


def colour(number: int) -> str:
    """The colour of the class with this number, from 0."""
    return COLOURS[number % len(COLOURS)]


def marker(number: int) -> str:
    """The marker of the class with this number, from 0."""
    return MARKERS[number % len(MARKERS)]


def short(name: str, longest: int = LONGEST) -> str:
    """`name`, shortened to `longest` letters.

    >>> short("versicolor"), short("a very long name of a class")
    ('versicolor', 'a very long n…')
    """
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
