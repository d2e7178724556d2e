"""Tables from disk as problems: a CSV, TSV or Parquet file, split into three parts, its columns encoded as inputs.

    file -> reading -> columns -> splitting -> encoding, target -> Problem

Medians, categories and scales are learned from the training part alone, and from all of it, also where a run trains on
a smaller sample.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.data.tables import arrays, columns, convert, reading, recognize, splitting, target
from knobwise.experiments.data.tables.encoding import RawRows
from knobwise.experiments.data.tables.options import Options
from knobwise.experiments.data.tables.refusal import Unusable, grouped
from knobwise.experiments.data.tables.splitting import Split
from knobwise.experiments.data.tables.target import Target
from knobwise.experiments.text import counted, first_of

_LISTED = 30  # columns named in a message


def load(spec: Spec) -> Problem:
    """The problem of a file: `wine.csv?target=quality&drop=id`.

    Args:
        spec: the file, relative to the working directory or absolute, and the fields of `Options` as options.

    Returns:
        A problem whose options, in its name, include the file's SHA-256.

    Raises:
        ValueError: the file, a column or an option is not usable; one line that names it, and the row.
    """
    path, options = Path(spec.source), Options.parse(spec)
    reading.check(path)
    digest = reading.sha256(path)
    if options.sha256 not in {None, digest}:
        raise ValueError(
            f"the file {spec.source} has changed since the study began: its SHA-256 is {digest} and was "
            f"{options.sha256}; put the old file back, or begin another study with --fresh"
        )
    file = reading.open_table(path)
    _check_columns(file.table, options, spec.source)
    table, notes = _with_target(file.table, options)
    mark = recognize.mark_of(table, file.mark)
    cells, note = target.understood(table[options.target], options.task, mark)
    said = [(options.target, note)] if note else []
    labels = target.read(cells, options.task)
    split = _split(table, labels, options, mark)
    problem = from_frame(table, labels, split, options, said, mark)
    return problem._replace(
        name=str(spec.having({"sha256": digest})),
        title=f"{path.name}, target {options.target}",
        about="; ".join(
            [f"{len(table):,} rows of {table.shape[1]} columns of {path.name}: {problem.about}", *file.notes, *notes]
        ),
        notes=(*file.notes, *notes, *problem.notes),
    )


def from_frame(
    table: pd.DataFrame,
    labels: Target,
    split: Split,
    options: Options,
    said: Sequence[tuple[str, str]] = (),
    mark: str = "",
) -> Problem:
    """The problem of a table whose rows are split.

    Args:
        table: all rows and columns, as read.
        labels: the target of all rows.
        split: which rows train, validate and test. Encodings are learned from the training rows alone.
        options: which columns are inputs, and the scale of the target.
        said: what is to be said of columns already: a column and a text each.
        mark: the decimal mark of a number that could have either.

    Raises:
        ValueError: a column cannot be an input, or none is left.
    """
    others = {options.target, options.group, *options.drop}
    inputs = table[[name for name in table.columns if name not in others]]
    known = columns.understood(inputs, options.time, options.keep, options.drop, mark)
    train_table = known.table[[*known.kinds]].iloc[split.train]
    useless = columns.left_out(train_table, known.kinds)
    kinds = {name: kind for name, kind in known.kinds.items() if name not in useless}
    raw = RawRows.fit(train_table, kinds, known.notations)
    read = [(name, text) for name, text in known.notes if name not in useless]
    lines = grouped([*said, *read, *((name, f"left out, {why}") for name, why in useless.items())])
    notes = "".join(f"; {line}" for line in lines)
    if not raw.inputs:
        raise ValueError(f"a table must have a column to predict by beside the target, got none{notes}")
    rows = known.table[[*kinds]]
    # A category that only validation or test has is not an error: a model in use meets such rows too.
    train, val, test = arrays.parts(split, lambda chosen: raw.encode(rows.iloc[chosen], unseen="ignore"), labels.y)
    _every_class_trains(labels, split)
    regression = not labels.classes
    return Problem(
        name="",
        inputs=raw.inputs,
        outputs=labels.outputs,
        train=train,
        val=val,
        test=test,
        most=split.train.size,
        classes=labels.classes,
        target=options.target,
        log_shift=target.log_shift(labels.y[split.train], options.target_scale, options.target) if regression else None,
        raw=raw,
        about=(
            f"{split.train.size:,} rows train, {split.val.size:,} validate, {split.test.size:,} test; "
            f"{counted(len(kinds), 'column')} as {counted(len(raw.inputs), 'input')}; "
            f"{'regression' if regression else f'{len(labels.classes)} classes'}{notes}"
        ),
        notes=tuple(lines),
    )


def _check_columns(table: pd.DataFrame, options: Options, file: str) -> None:
    """Refuse columns that do not exist or have two roles.

    Raises:
        ValueError: the line names the column and those that exist.
    """
    existing = [str(name) for name in table.columns]
    if not options.target:
        raise ValueError(
            f"target must be one of the columns of {file}, got none; they are {first_of(existing, _LISTED)}"
        )
    requested = {
        "target": [options.target],
        "drop": options.drop,
        "keep": options.keep,
        "group": [options.group],
        "time": [options.time],
    }
    taken: dict[str, str] = {}
    for option, names in requested.items():
        for name in names:
            if name is None:
                continue
            if name not in existing:
                near = difflib.get_close_matches(name, existing, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ValueError(
                    f"{option} must be one of the columns of {file}, {first_of(existing, _LISTED)}, got {name!r}{hint}"
                )
            if name in taken:
                raise ValueError(f"column {name!r} must be asked for once, got it as {taken[name]} and as {option}")
            taken[name] = option


def _with_target(table: pd.DataFrame, options: Options) -> tuple[pd.DataFrame, list[str]]:
    """The rows with a target, and what is to be said of the others.

    Raises:
        ValueError: there are others, and they are not to be left out.
    """
    missing = table[options.target].isna()
    if not missing.any():
        return table, []
    if not options.drop_rows_without_target:
        raise target.without(table[options.target])
    count = int(missing.sum())
    return table[~missing], [f"{counted(count, 'row')} without a target: left out"]


def _split(table: pd.DataFrame, labels: Target, options: Options, mark: str = "") -> Split:
    fraction, seed = options.test_fraction, options.split_seed
    if options.time:
        return splitting.by_time(_times(table[options.time], mark), options.time, fraction)
    if options.group:
        codes, _ = pd.factorize(_complete(table[options.group], "a group"))
        return splitting.grouped(codes.astype(np.int64), options.group, fraction, seed)
    if labels.classes:
        return splitting.stratified(labels.codes, labels.classes, fraction, seed)
    return splitting.plain(len(table), fraction, seed)


def _times(cells: pd.Series, mark: str) -> NDArray[np.float64]:
    """Dates or numbers as numbers that increase with time."""
    _complete(cells, "a time")
    try:
        cells = recognize.column(cells, mark).cells
    except Unusable as error:
        raise ValueError(str(error)) from None
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return convert.dates(cells)
    if not pd.api.types.is_numeric_dtype(cells.dtype):
        raise convert.refused(cells, 0, "dates or numbers to split by time")
    return convert.numbers(cells)


def _complete(cells: pd.Series, must: str) -> pd.Series:
    if cells.isna().any():
        raise convert.refused(cells, int(cells.isna().to_numpy().argmax()), f"{must} in every row")
    return cells


def _every_class_trains(labels: Target, split: Split) -> None:
    """Refuse a split by groups or time that leaves a class without training rows.

    Raises:
        ValueError: the line names the class.
    """
    counts = np.bincount(labels.codes[split.train], minlength=len(labels.classes)) if labels.classes else np.ones(1)
    if not counts.all():
        absent = labels.classes[int(counts.argmin())]
        raise ValueError(f"each class must have rows to train by, got none of class {absent!r}: split otherwise")
