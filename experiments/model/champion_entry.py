"""A champion as the registry has it: the version of a registered model that has the alias `champion`."""

from typing import TYPE_CHECKING, NamedTuple

from knobwise.experiments.record import names
from knobwise.experiments.record.stores import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

_SOURCE = "models:/"


class Champion(NamedTuple):
    """A registered version that is in use, or could be.

    Attributes:
        name: of the registered model, which is the study's key.
        version: counted from 1.
        run_id: the run it came of.
        trial: the number of the trial that it is, or was made anew from.
        kind: `trial` or `retrain`.
        val_mse: its error on the validation part.
        confirmed: the mean of its error over fresh seeds, where it was confirmed.
        model_id: of the logged model that it is; empty where the version names none.
    """

    name: str
    version: int
    run_id: str
    trial: int
    kind: str
    val_mse: float
    confirmed: float | None
    model_id: str = ""

    @property
    def uri(self) -> str:
        """What `mlflow models serve -m` takes."""
        return f"models:/{self.name}@{names.CHAMPION}"

    @property
    def label(self) -> str:
        """Which it is, in a few words."""
        confirmed = "" if self.confirmed is None else f", confirmed {self.confirmed:.4g}"
        anew = " made anew" if self.kind == "retrain" else ""
        return f"version {self.version} (trial {self.trial}{anew}, val MSE {self.val_mse:.4g}{confirmed})"


def champion_of(client: "MlflowClient", study: str) -> Champion | None:
    """The study's champion; None where it has none, or the store keeps no models."""
    from mlflow.exceptions import MlflowException

    try:
        return _as_champion(client.get_model_version_by_alias(study, names.CHAMPION))
    except MlflowException as error:
        if error.error_code in _ABSENT:
            return None
        raise


# No such model, no such alias, a server that is older than registries or aliases.
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "ENDPOINT_NOT_FOUND", "FEATURE_DISABLED")


def _as_champion(version: "ModelVersion") -> Champion:
    tags = version.tags
    if not {names.KIND, names.TRIAL, names.VAL_MSE} <= tags.keys():
        raise StoreError(
            f"version {version.version} of the registered model {version.name!r} was not registered by Knobwise; move "
            f"the alias {names.CHAMPION!r} away from it, or sweep under another --name"
        )
    return Champion(
        name=version.name,
        version=int(version.version),
        run_id=version.run_id or "",
        trial=int(tags[names.TRIAL]),
        kind=tags[names.KIND],
        val_mse=float(tags[names.VAL_MSE]),
        confirmed=float(tags[names.CONFIRMED]) if names.CONFIRMED in tags else None,
        model_id=(version.source or "").removeprefix(_SOURCE) if (version.source or "").startswith(_SOURCE) else "",
    )
