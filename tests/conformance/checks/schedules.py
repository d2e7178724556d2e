"""What every schedule must do, whatever its shape."""

import numpy as np

from knobwise.nn_core.schedules import Schedule

TOTALS = (1.0, 7.0, 2000.0)


def curve(schedule: Schedule, total: float, points: int = 2001) -> list[float]:
    """The factor at evenly spaced times of a run, both ends included."""
    return [schedule.factor(float(epoch), total) for epoch in np.linspace(0, total, points)]


def stays_between_0_and_1(schedule: Schedule) -> None:
    for total in TOTALS:
        for factor in curve(schedule, total):
            assert type(factor) is float
            assert 0 <= factor <= 1


def learns_until_the_end(schedule: Schedule) -> None:
    """Before the end the factor is above 0: a learning rate of 0 would change nothing."""
    for total in TOTALS:
        assert min(curve(schedule, total)[:-1]) > 0


def falls_where_it_says_so(schedule: Schedule) -> None:
    rises = [bool((np.diff(curve(schedule, total)) > 1e-12).any()) for total in TOTALS]
    assert any(rises) != schedule.falls, (
        f"falls is {schedule.falls}, but the factor {'rises' if any(rises) else 'never rises'}"
    )


def uses_the_total_where_it_says_so(schedule: Schedule) -> None:
    epochs = np.linspace(0, 300, 301)
    curves = [[schedule.factor(float(epoch), total) for epoch in epochs] for total in (300.0, 1000.0, 5000.0)]
    differs = any(other != curves[0] for other in curves[1:])
    assert differs == schedule.uses_total, f"uses_total is {schedule.uses_total}, but differs is {differs}"


def has_no_memory(schedule: Schedule) -> None:
    """The same values in any order of calls, so that a run can be resumed anywhere."""
    assert (
        curve(schedule, 2000.0)
        == [schedule.factor(float(epoch), 2000.0) for epoch in np.linspace(0, 2000, 2001)[::-1]][::-1]
    )


CHECKS = (
    stays_between_0_and_1,
    learns_until_the_end,
    falls_where_it_says_so,
    uses_the_total_where_it_says_so,
    has_no_memory,
)
