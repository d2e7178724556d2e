"""Warmup, stable, decay: a short linear rise, a long plateau, and a linear fall to zero at the end."""

from knobwise.nn_core.schedules import Schedule


def wsd(warmup: float = 0.05, decay: float = 0.2, start: float = 0.04) -> Schedule:
    """A straight line from `start` up to 1, then 1, then a straight line down to 0.

    Most of the gain of annealing comes in the short fall at the end.

    Args:
        warmup: the share of the run in which the rate rises, in [0, 1).
        decay: the share of the run in which it falls, in (0, 1 - warmup].
        start: the factor at the beginning, in (0, 1].

    Hu et al. (2024), "MiniCPM", section 4; Haegele et al. (2024), "Scaling laws and compute-optimal training beyond
    fixed training durations".

    >>> [round(wsd().factor(epoch, 100), 2) for epoch in (0, 5, 80, 90, 100)]
    [0.04, 1.0, 1.0, 0.5, 0.0]
    """

    def factor(epoch: float, total: float) -> float:
        progress = epoch / total
        if progress < warmup:
            return start + (1 - start) * progress / warmup
        return min(1.0, (1 - progress) / decay)

    return Schedule(factor, uses_total=True, falls=False)
