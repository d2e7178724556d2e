"""Texts and truth values where a request to a served model must hold numbers.

MLflow casts the cells of a request to the types of the model's columns before the model sees them: "1" and true would
count as the number 1. A table from a file has them refused, so a request has too.
"""

import json
from collections.abc import Collection, Iterator
from typing import Any


def refusal(body: bytes, numbers: Collection[str]) -> str:
    """Why a request is refused, in one line; empty where it is not, or where MLflow itself will refuse it.

    Args:
        body: of a POST to /invocations with JSON, in any of MLflow's four forms.
        numbers: the columns that must hold numbers.

    >>> refusal(b'{"dataframe_records": [{"X": 1, "Y": 2}, {"X": true, "Y": 2}]}', ["X", "Y"])
    "column 'X' must hold numbers, got true in row 2"
    """
    try:
        request = json.loads(body)
        for row, column, cell in _cells(request):
            if column in numbers and isinstance(cell, str | bool):
                return f"column {column!r} must hold numbers, got {json.dumps(cell):.80} in row {row}"
    except (ValueError, TypeError, AttributeError, KeyError):  # not JSON, or of another form: MLflow names it
        return ""
    return ""


def _cells(request: Any) -> Iterator[tuple[int, str, Any]]:
    """Row (counted from 1), column and cell of each cell."""
    if split := request.get("dataframe_split"):
        yield from (
            (row, column, cell)
            for row, cells in enumerate(split["data"], 1)
            for column, cell in zip(split["columns"], cells, strict=False)
        )
    for form in ("dataframe_records", "instances"):
        for row, record in enumerate(request.get(form, []), 1):
            yield from ((row, column, cell) for column, cell in record.items())
    for column, cells in request.get("inputs", {}).items():
        listed = cells if isinstance(cells, list) else [cells]
        yield from ((row, column, cell) for row, cell in enumerate(listed, 1))
