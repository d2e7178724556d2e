"""The report of a study: one HTML file that answers, for people, what was tried, what worked and why.

    from knobwise.experiments import report
    html = report.write("lr_epochs")

It needs no network and no script, follows light and dark, and fits a phone and a sheet of paper. `reading` gathers the
facts from the record, `page` puts the parts together, and each part is a file in `sections`; what they draw with is in
`charts`, `surface`, `scales` and `ramp`. `markup` escapes all that users have written.
"""

FILE = "report.html"
"""The artifact of the study's run that holds it."""


def write(study: str, uri: str | None = None) -> str:
    """The report of `study`, as HTML.

    Where part of the record is missing, or the study has no complete trial, the page says so in the part's place.

    Args:
        study: as `knobwise.experiments.compare.runs` takes it: a study's base name, key, or run id.
        uri: the store's address; by default the one that `stores.tracking_uri` finds.

    Raises:
        UnknownStudy, OtherSchema: there is no such study, or another Knobwise recorded it.
        StoreError: the store cannot be read.
    """
    from knobwise.experiments.report.page import page
    from knobwise.experiments.report.reading import read

    return page(read(study, uri))
