"""Recorded runs as tables: `runs` has one row a trial, `curves` one row a point. The only reader of the record.

>>> from experiments import compare
>>> compare.runs("lr_epochs").sort_values("val_mse").head()  # doctest: +SKIP
"""

from pandas import DataFrame

from experiments.record import names, tables
from experiments.record.sources.client import ClientSource
from experiments.record.sources.rows import Source, Study
from experiments.record.sources.sqlite import SqliteSource
from experiments.record.stores import sqlite_file, tracking_uri, without_credentials


class UnknownStudy(ValueError):
    """There is no such study; the message lists those there are."""


def runs(name: str, *, uri: str | None = None, replicates: bool = False) -> DataFrame:
    """The trials of a study that are over, one row a trial, in their order.

    Columns: `study` (its key), `trial`, `status` (complete, pruned, diverged, failed), `baseline` (bool), every field
    of `RunConfig` in its own type (`widths` a tuple), every metric (float64; of a curve its last finite value),
    `started` (UTC), `run_id`.

    Args:
        name: a study's base name, for the newest study of that name; or a study's key (`lr_epochs-2`) or run id.
        uri: the store's address; by default the one that `stores.tracking_uri` finds.
        replicates: whether to add the replicates of each trial, below it; then `replicate` is a column too, empty for
            the trial itself.

    Raises:
        UnknownStudy: nothing of that name is in the store.
        StoreError: the store cannot be read.
    """
    source, study = _open(uri, name)
    return tables.runs(study.study, source.rows(study), replicates=replicates)


def curves(name: str, *, uri: str | None = None, replicates: bool = False) -> DataFrame:
    """The loss curves of a study's trials, one row a point: `study, trial, run_id, metric, epoch, value`.

    `metric` is `train_loss` or `val_loss`. MLflow holds a curve thinned; the run's artifact `curves.csv` has all of it.
    Sorted by trial, metric and epoch. Arguments and errors as for `runs`; with `replicates`, `replicate` is a column.
    """
    source, study = _open(uri, name)
    chosen = tables.runs(study.study, source.rows(study), replicates=replicates)
    return tables.curves(chosen, source.points(chosen["run_id"].to_list(), names.CURVES))


def _open(uri: str | None, name: str) -> tuple[Source, Study]:
    """The store, and the study meant by `name` in it."""
    address = tracking_uri(uri)
    source = _source(address)
    studies = source.studies() if source else []
    if source is None or not studies:
        raise UnknownStudy(
            f"there is no study {name!r} in {without_credentials(address)}: nothing has been recorded there yet; "
            "`make sweep`, or `python sweeps/lr_epochs.py`, records one"
        )
    meant = [study for study in studies if study.name == name]
    meant = meant or [study for study in studies if name in (study.study, study.run_id)]
    if not meant:
        known = ", ".join(sorted({study.study for study in studies}))
        raise UnknownStudy(f"study must be one of {known} in {without_credentials(address)}, got {name!r}")
    return source, max(meant, key=lambda study: study.started)


def _source(address: str) -> Source | None:
    """The way to read the store; None where nothing has been recorded there: looking must not make a store."""
    file = sqlite_file(address)
    if file is None:
        return ClientSource(address)
    if not file.exists() or SqliteSource.is_empty(file):
        return None
    return SqliteSource(file) if SqliteSource.fits(file) else ClientSource(address)
