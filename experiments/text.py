"""Values as text, for tables, sentences and pictures alike."""


def shown(value: object) -> str:
    """A parameter as tables show it: four significant digits; widths as 64-32.

    >>> shown(0.00123456), shown((64, 32))
    ('0.001235', '64-32')
    """
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
