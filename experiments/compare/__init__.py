"""Recorded runs as tables, and what follows from them.

`runs` has one row a trial, `curves` one row a point; `best`, `pivot`, `importance` and `between` answer the usual
questions about them, and `export` hands them to other programs. `docs/compare.md` shows all of it at work.

>>> from knobwise.experiments import compare
>>> compare.runs("lr_epochs").sort_values("val_mse").head()  # doctest: +SKIP
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from pandas import DataFrame, Series

from knobwise.experiments.compare import best_trials, file_export, knob_importance, pivot_table, two_settings
from knobwise.experiments.compare.two_settings import Between as Between
from knobwise.experiments.record import artifacts, lookup, names, tables
from knobwise.experiments.record.errors import ArtifactGone as ArtifactGone
from knobwise.experiments.record.errors import CompareError as CompareError
from knobwise.experiments.record.errors import NothingToCompare as NothingToCompare
from knobwise.experiments.record.errors import OtherSchema as OtherSchema
from knobwise.experiments.record.errors import UnknownColumn as UnknownColumn
from knobwise.experiments.record.errors import UnknownRun as UnknownRun
from knobwise.experiments.record.errors import UnknownStudy as UnknownStudy


def runs(name: str, *, uri: str | None = None, replicates: bool = False, confirmations: bool = False) -> DataFrame:
    """The trials of a study that are over, one row a trial, in their order.

    Columns: `study` (its key), `trial`, `status` (complete, pruned, diverged, failed), `baseline` (bool), every field
    of `RunConfig` in its own type (`widths` a tuple), every metric (float64; of a curve its last finite value),
    `started` (UTC), `run_id`.

    Args:
        name: a study's base name, for the newest study of that name; or a study's key (`lr_epochs-2`) or run id.
        uri: the store's address; by default the one that `stores.tracking_uri` finds.
        replicates: whether to add the replicates of each trial, below it; then `replicate` is a column too, empty for
            the trial itself.
        confirmations: whether to add the runs of each trial on fresh seeds, below it; then `kind` is a column too:
            `trial`, `replicate` or `confirmation`.

    Raises:
        UnknownStudy: nothing of that name is in the store.
        OtherSchema: it was recorded under other names than these.
        StoreError: the store cannot be read.
    """
    reader, study = lookup.study_called(name, uri)
    rows = lookup.rows_of(reader, study)
    return tables.runs(study.study, rows, replicates=replicates, confirmations=confirmations)


def curves(
    name: str,
    *,
    uri: str | None = None,
    trials: Iterable[int] | None = None,
    replicates: bool = False,
    full: bool = False,
) -> DataFrame:
    """The loss curves of a study's trials, one row a point: `study, trial, run_id, metric, epoch, value`.

    `metric` is `train_loss` or `val_loss`. Sorted by trial, metric and epoch. Arguments and errors as for `runs`; with
    `replicates`, `replicate` is a column.

    Args:
        trials: numbers of the trials whose curves are wanted; None for all.
        full: every epoch, read from each run's file `curves.csv`, also losses that are not finite. MLflow itself holds
            a curve thinned to a hundred points, which come many times faster.

    Raises:
        UnknownRun: the study has no such trial.
        ArtifactGone: with `full`, a run's file is no longer there.
    """
    reader, study = lookup.study_called(name, uri)
    chosen = tables.places(study.study, lookup.rows_of(reader, study, values=False), replicates=replicates)
    if trials is not None:
        chosen = tables.of_trials(chosen, trials)
    if full:
        return tables.curves(chosen, artifacts.curve_points(reader, chosen))
    return tables.curves(chosen, reader.points(chosen["run_id"].to_list(), names.CURVES))


def best(study: str, n: int = 5, by: str = "val_mse", *, uri: str | None = None) -> DataFrame:
    """The `n` best complete trials by the metric `by`, best first, with 95% intervals where trials have several seeds.

    By `val_mse` it is the order of the study's ranking: trials confirmed on fresh seeds first. The baseline is always
    among them, in the last row if not earlier, and `baseline` is True there. Columns: see `best_trials.best`.

    Raises:
        NothingToCompare: no trial is complete.
        UnknownColumn: no such metric.
        ValueError: `n` is no whole number >= 1.
        UnknownStudy, OtherSchema, StoreError: as `runs`.
    """
    return best_trials.best(runs(study, uri=uri, replicates=True, confirmations=True), study, n, by)


def pivot(
    study: str,
    rows: str,
    columns: str,
    value: str = "val_mse",
    aggregate: str | Callable[["Series[float]"], Any] = "min",
    *,
    uri: str | None = None,
) -> DataFrame:
    """One knob against another: `value` of the complete trials over groups of both, NaN where there are none.

    Numbers are grouped at round ones, by factors where they span a decade or more; see `bins.grouped`.

    Args:
        rows, columns: two knobs, as columns of `runs`.
        value: a metric.
        aggregate: `min`, `max`, `mean`, `median`, `std`, `count`, or a function of the values in a field.

    Raises:
        NothingToCompare: no trial is complete.
        UnknownColumn: no such knob or metric.
        ValueError: no such aggregate.
        UnknownStudy, OtherSchema, StoreError: as `runs`.
    """
    return pivot_table.pivot(runs(study, uri=uri), study, rows, columns, value, aggregate)


def importance(study: str, value: str = "val_mse", *, uri: str | None = None) -> DataFrame:
    """The share of the differences in `value` that each knob that varied explains: `knob, share, low, high, caveat`.

    `low` and `high` are a 95% interval. `caveat` is empty where there is none; read it, the number alone says little
    where trials are few. How it is worked out: `knob_importance.importance`. About two seconds.

    Raises:
        NothingToCompare: too few complete trials, no knob varied, or all values are equal.
        UnknownColumn: no such metric.
        UnknownStudy, OtherSchema, StoreError: as `runs`.
    """
    return knob_importance.importance(runs(study, uri=uri), study, value)


def between(a: str, b: str, value: str = "val_mse", *, uri: str | None = None) -> Between:
    """Whether `a` is `better` or `worse` than `b`, or `not distinguishable`, with the difference and its interval.

    Args:
        a, b: each a study (for the best of its ranking), a trial as `STUDY/NUMBER`,
            or a run id.
        value: a metric.
        uri: as for `runs`.

    Returns:
        The verdict with all that it rests on; `print` it for a sentence. Runs that have several seeds in common are
        compared seed by seed, others by Welch's t; with a single seed they are not distinguishable.

    Raises:
        UnknownRun: no such run, or one without a result.
        CompareError: the two are of different problems.
        NothingToCompare, UnknownColumn, UnknownStudy, OtherSchema, StoreError: as `best`.
    """
    places = [lookup.place_of(name, uri) for name in (a, b)]
    one, other = (place.study for place in places)
    if one.problem != other.problem:
        raise CompareError(
            f"a and b must be of the same problem, got {one.study!r} of {one.problem!r} and {other.study!r} of "
            f"{other.problem!r}: their errors are of different things"
        )
    samples = [
        two_settings.sample(
            tables.runs(
                place.study.study, lookup.rows_of(place.reader, place.study), replicates=True, confirmations=True
            ),
            place.study.study,
            place.trial,
            place.run_id,
            value,
        )
        for place in places
    ]
    return two_settings.between(samples[0], samples[1], value)


def export(study: str, path: str | Path, what: Literal["runs", "curves"] = "runs", *, uri: str | None = None) -> Path:
    """Write the table `runs` or `curves` of a study to a file, by its suffix Parquet or CSV, and return its path.

    Every value is kept exactly; how `widths` and times look in the file: `file_export.export`.

    Raises:
        NothingToCompare: the study has no trial that is over, or no curves.
        ValueError: the suffix is another, the folder is not there, or `what` is something else.
        OSError: the file cannot be written.
        UnknownStudy, OtherSchema, StoreError: as `runs`.
    """
    if what not in ("runs", "curves"):
        raise ValueError(f"what must be runs or curves, got {what!r}")
    file_export.check(path)
    table = runs(study, uri=uri) if what == "runs" else curves(study, uri=uri)
    if table.empty:
        lacks = "trial that is over" if what == "runs" else "loss curve"
        raise NothingToCompare(f"the study {study!r} has no {lacks}, so there is nothing to export")
    return file_export.export(table, path)
