"""The champion: a study's best model, registered under the study's name with the alias `champion`.

What is served as `models:/STUDY@champion`. The alias moves only to a model that is better by what is known of both.
Every step looks first at what is there, so that a promotion that was interrupted is completed by the next. A champion
that cannot be used any more (its run was removed, its files are gone) counts as none.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from knobwise.experiments import problems
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.metrics import errors
from knobwise.experiments.model import condition, package, stored
from knobwise.experiments.model.champion_entry import Champion as Champion
from knobwise.experiments.model.champion_entry import champion_of as champion_of
from knobwise.experiments.model.stored import StoredModel
from knobwise.experiments.record import names
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.stores import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


class Promotion(NamedTuple):
    """What became of a promotion.

    Attributes:
        champion: the champion now; None where there can be none.
        moved: whether it is another than before.
        note: one line on it, for the user.
    """

    champion: Champion | None
    moved: bool
    note: str


def promote(uri: str, study: str, run_id: str, *, confirmed_best: bool = False) -> Promotion:
    """Make the model of run `run_id` the study's champion, where it is better than the present one.

    The best of a confirmed ranking replaces any other trial. Else, where both are confirmed, the means over fresh seeds
    decide, and a confirmed champion stays where another trial is not confirmed. Else the errors on one validation part
    decide, that of the champion's seed; a retrained model is always compared by them, since it was not selected from
    many. Called a second time for the same run, it changes nothing.

    Args:
        uri: the store's address.
        study: the study's key.
        run_id: of the best trial, or of a retrained run; finished, with the metrics of its confirmation.
        confirmed_best: whether the run is the best of the study's ranking, which was confirmed on fresh seeds.

    Returns:
        What came of it. A store that cannot hold models, or not now, is told in a line and is no error: the study
        itself is recorded.
    """
    try:
        client = connect(uri)
        with store_errors(uri, f"cannot register the model of {study!r} in"), as_default(uri):
            return _promote(client, uri, study, run_id, confirmed_best)
    except StoreError as error:
        return Promotion(None, False, f"No champion: {error}")


@contextmanager
def as_default(uri: str) -> Iterator[None]:
    """Make the store MLflow's default for a while: its registry looks for a version's model there and nowhere else."""
    import mlflow

    if mlflow.get_tracking_uri() == uri:
        yield
        return
    before: Any = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None  # type: ignore[no-untyped-call]
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)


def _promote(client: "MlflowClient", uri: str, study: str, run_id: str, confirmed_best: bool) -> Promotion:
    present = champion_of(client, study)
    before = ""
    if present is not None and (gone := condition.what_is_gone(client, present)):  # it counts as none
        before = f" The last one, version {present.version}, cannot be used: {gone}."
        present = None
    its_run = client.get_run(present.run_id) if present else None
    if present is not None and its_run is not None and _confirmed(its_run) not in (None, present.confirmed):
        client.set_model_version_tag(study, str(present.version), names.CONFIRMED, repr(_confirmed(its_run)))
        present = present._replace(confirmed=_confirmed(its_run))
    if present is not None and present.run_id == run_id:
        return Promotion(present, False, f"Champion stays: {present.label}.")
    model = stored.read(client, uri, run_id)
    _check_owner(client, study, model)
    replaced = confirmed_best and present is not None and present.kind == "trial"
    if present is not None and its_run is not None and not replaced:
        refusal = _not_better(model, present, int(its_run.data.params["seed"]))
        if refusal:
            return Promotion(present, False, f"Champion stays: {present.label}; {refusal}.")
    version = _registered(client, study, model, package.log(client, study, model))
    client.set_registered_model_alias(study, names.CHAMPION, version)
    champion = champion_of(client, study)
    assert champion is not None
    return Promotion(champion, True, f"Champion: {champion.uri}, {champion.label}.{before}")


def _confirmed(run: "Run") -> float | None:
    """The mean of its error over fresh seeds, where the run was confirmed."""
    found: float | None = run.data.metrics.get(names.CONFIRMED_VAL_MSE)
    return found


def _not_better(model: StoredModel, present: Champion, seed: int) -> str:
    """Why the model does not take the place of the champion, which was trained with `seed`; nothing where it does."""
    mean, its_mean = _confirmed(model.run), present.confirmed
    if its_mean is not None and mean is not None:
        return "" if mean < its_mean else f"confirmed val MSE {mean:.4g} is not better than its {its_mean:.4g}"
    if its_mean is not None and model.kind == "trial":
        return f"trial {model.trial} is not confirmed, and it is"
    value = _error_on(model, seed)
    return "" if value < present.val_mse else f"val MSE {value:.4g} is not better than its {present.val_mse:.4g}"


def _error_on(model: StoredModel, seed: int) -> float:
    """The model's error on the validation part that belongs to `seed`: another seed's is another sample."""
    if seed == model.config.seed:
        return model.val_mse
    part = problems.load(model.problem).val(seed)
    mse: float = errors("val", part.y, model.predictor.predict(part.X))["val_mse"]
    return mse


def _check_owner(client: "MlflowClient", study: str, model: StoredModel) -> None:
    """Make the registered model where there is none; refuse one of that name that is not this study's."""
    from mlflow.exceptions import MlflowException

    said = {name: model.run.data.tags[name] for name in (names.SWEEP, names.STUDY, names.PROBLEM)}
    try:
        found = client.get_registered_model(study)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        about = f"The models of the study `{study}`. The alias `{names.CHAMPION}` is the one to use."
        client.create_registered_model(study, tags=said, description=about)
        return
    if any(found.tags.get(name) != text for name, text in said.items()):
        raise StoreError(f"the registered model {study!r} is of something else; --name names another study")


def _registered(client: "MlflowClient", study: str, model: StoredModel, model_id: str) -> str:
    """The number of the version that is this model; made now, unless it is there."""
    source = f"models:/{model_id}"
    for found in client.search_model_versions(f"name = '{study}' and run_id = '{model.run_id}'"):
        if found.source == source:
            return str(found.version)
    tags = {names.KIND: model.kind, names.TRIAL: str(model.trial), names.VAL_MSE: repr(model.val_mse)}
    if (mean := _confirmed(model.run)) is not None:
        tags[names.CONFIRMED] = repr(mean)
    version = client.create_model_version(
        study, source, model.run_id, tags=tags, description=_described(model), model_id=model_id
    )
    # What a tracking server does by itself, so that the model's page names its version.
    versions = json.dumps([{"name": study, "version": version.version}])
    client.set_logged_model_tags(model_id, {names.MODEL_VERSIONS: versions})
    return str(version.version)


def _described(model: StoredModel) -> str:
    """What MLflow shows on the page of the version."""
    knobs = ", ".join(f"{name} {value}" for name, value in model.config.as_dict().items())
    metrics = model.run.data.metrics
    figures = ", ".join(
        f"{title} {metrics[name]:.4g}"
        for name, title in (("val_mse", "val MSE"), ("test_mse", "test MSE"), ("test_r2", "test R2"))
        if name in metrics
    )
    anew = ", made anew" if model.kind == "retrain" else ""
    return (
        f"Trial {model.trial}{anew}: {figures}. Fitted to the problem `{Spec.parse(model.problem).title}` with {knobs}."
    )
