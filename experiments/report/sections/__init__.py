"""The parts of the page. One a file, in the order in which they are listed here.

A section's module has a `TITLE` and

    def content(facts: Facts) -> Markup | None

which returns None where it does not apply to the study (no trial failed), and raises `Missing` where what it would show
is not in the record: the page then says so in its place.
"""

from types import ModuleType

from knobwise.experiments.report.sections import (
    classes,
    confirmation,
    cost,
    curves,
    failures,
    importance,
    landscape,
    more_data,
    provenance,
    ranking,
    references,
    slices,
    surfaces,
)

ORDER: tuple[ModuleType, ...] = (
    ranking,
    confirmation,
    references,
    more_data,
    landscape,
    importance,
    slices,
    curves,
    cost,
    surfaces,
    classes,
    failures,
    provenance,
)
"""From the answer to the detail."""
