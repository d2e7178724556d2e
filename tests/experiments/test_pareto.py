"""The front: against its definition, on any points that Hypothesis finds."""

from hypothesis import given
from hypothesis import strategies as st

from knobwise.experiments.pareto import pareto_front

NUMBERS = st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0, 10.0])  # few, so that many points share one


def dominates(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[0] and one[1] <= other[1] and one != other


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=12))
def test_who_is_on_the_front_is_dominated_by_nobody_and_nobody_else_is(points: list[tuple[float, float]]) -> None:
    expected = [at for at, point in enumerate(points) if not any(dominates(other, point) for other in points)]
    front = pareto_front(points)
    assert sorted(front) == expected
    assert [points[at] for at in front] == sorted(points[at] for at in front)
