"""The Pareto front of two costs: the points that no other point dominates."""

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """The indices of the points that no other dominates, by their first number, then by index.

    One point dominates another where it is lower in one of the two numbers and not higher in the other. Equal points
    do not dominate each other, so all of them are on the front or none is.

    Sorting by both numbers leaves one pass: a point is on the front where its second number is lower than all before
    it. H. T. Kung, F. Luccio and F. P. Preparata, On finding the maxima of a set of vectors, JACM 22, 1975.

    >>> pareto_front([(1.0, 9.0), (2.0, 5.0), (3.0, 6.0), (4.0, 1.0)])
    [0, 1, 3]
    """
    front: list[int] = []
    lowest: tuple[float, float] | None = None
    for index in sorted(range(len(points)), key=lambda index: (points[index], index)):
        point = points[index]
        if lowest is None or point[1] < lowest[1] or point == lowest:
            front.append(index)
            lowest = point
    return front
