"""The learning rate as it was given, from the first epoch to the last."""

from knobwise.nn_core.schedules import Schedule


def constant() -> Schedule:
    """factor = 1."""

    def factor(epoch: float, total: float) -> float:
        return 1.0

    return Schedule(factor, uses_total=False, falls=True)
