"""Which model a name stands for: the study's champion, or its best trial where there is none, or the trial named."""

from typing import TYPE_CHECKING, NamedTuple

from knobwise.experiments import compare, shell
from knobwise.experiments.compare.best_trials import ranking
from knobwise.experiments.model import condition, stored
from knobwise.experiments.model.champion import Champion, champion_of
from knobwise.experiments.model.stored import StoredModel
from knobwise.experiments.record import relocation
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.errors import NothingToCompare, UnknownRun
from knobwise.experiments.record.lookup import study_called
from knobwise.experiments.record.recorded import StudyRun
from knobwise.experiments.record.stores import tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient


class Choice(NamedTuple):
    """Attributes: the store, the study's place in it, the model, and the champion where the model is it."""

    client: "MlflowClient"
    uri: str
    study: StudyRun
    model: StoredModel
    champion: Champion | None

    @property
    def label(self) -> str:
        """Which model it is, in a few words."""
        if self.champion is not None:
            return f"the champion of {self.study.study}, {self.champion.label}"
        return f"trial {self.model.trial} of {self.study.study} (val MSE {self.model.val_mse:.4g})"


def choose(name: str, trial: int | None = None, uri: str | None = None) -> Choice:
    """The model of the study called `name`.

    Args:
        name: as `compare.runs` takes it.
        trial: the number of a trial that is complete; None for the champion.
        uri: the store's address; by default the one that `stores.tracking_uri` finds.

    Raises:
        CompareError: there is no such study or trial, or none that is complete.
        StoreError: the store, or the model in it, cannot be read.
    """
    _, found = study_called(name, uri)
    address = tracking_uri(uri)
    relocation.check(address)
    client = connect(address)
    champion = None
    if trial is None:
        with store_errors(address, f"cannot read the champion of {found.study!r} in"):
            champion = champion_of(client, found.study)
            if champion is not None and condition.what_is_gone(client, champion):  # it counts as none
                champion = None
    model = stored.read(client, address, champion.run_id) if champion else None
    if champion is None or model is None or model.run.info.experiment_id != found.experiment_id:  # of another sweep
        champion, model = None, stored.read(client, address, _run_of(found.run_id, found.study, trial, uri))
    return Choice(client, address, found, model, champion)


def _run_of(study_run: str, study: str, trial: int | None, uri: str | None) -> str:
    """The run of the trial, or of the best of the study."""
    runs = compare.runs(study_run, uri=uri, replicates=True, confirmations=True)
    table = runs[runs["kind"] == "trial"]
    if trial is not None and trial not in set(table["trial"]):
        raise UnknownRun(f"trial must be one of the {len(table)} that are over in {study!r}, got {trial}")
    by_trial = table.set_index("trial")
    if trial is not None:
        status = str(by_trial["status"][trial])
        if status != "complete":
            raise NothingToCompare(
                f"trial must be one that is complete, got {trial} of {study!r}, which {_WAS[status]}"
            )
    else:
        trial = ranking(runs).best
    if trial is None:
        raise NothingToCompare(
            f"no trial of {study!r} is complete, so there is no model; `{shell.program('knobwise')} sweep` resumes it"
        )
    return str(by_trial["run_id"][trial])


_WAS = {"pruned": "was pruned", "diverged": "diverged", "failed": "failed"}
