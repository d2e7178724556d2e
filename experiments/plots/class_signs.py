"""How classes are told apart: a colour and a marker each, the same in every picture."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#333333")
"""Those of Okabe and Ito that can be seen on white, told apart by everyone; a violet and a dark grey besides."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p")
"""As many as are needed for no sign to come twice in the first 88 classes: 8 and 11 have no common divisor."""

LONGEST = 14  # letters of a class's name in a picture


def colour(number: int) -> str:
    """The colour of the class with this number, from 0."""
    return COLOURS[number % len(COLOURS)]


def marker(number: int) -> str:
    """The marker of the class with this number, from 0."""
    return MARKERS[number % len(MARKERS)]


def short(name: str, longest: int = LONGEST) -> str:
    """A name that fits.

    >>> short("versicolor"), short("a very long name of a class")
    ('versicolor', 'a very long n…')
    """
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
