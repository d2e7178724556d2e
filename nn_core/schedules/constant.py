"""A constant learning rate."""

from knobwise.nn_core.schedules import Schedule


def constant() -> Schedule:
    """factor = 1."""

    def factor(epoch: float, total: float) -> float:
        return 1.0

    return Schedule(factor, uses_total=False, falls=True)
