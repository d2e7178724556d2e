"""The names under which the record keeps a run's facts: written by `tracker`, read by `readers`.

What each means: `docs/record.md`. Those that begin with `mlflow.` are MLflow's own and drive its pages.
"""

SCHEMA_VERSION = "1"
"""Of this set of names; another number says that a later Knobwise wrote the run."""

NAME = "knobwise.name"
STUDY = "knobwise.study"
KIND = "knobwise.kind"
TRIAL = "knobwise.trial"
REPLICATE = "knobwise.replicate"
STATUS = "knobwise.status"
BASELINE = "knobwise.baseline"
ERROR = "knobwise.error"
EXTENDS = "knobwise.extends"
"""On a trial that a user asked for: the number of the one that it trains longer."""
SEARCHED = "knobwise.searched"
"""On a trial: the parameters that the search chose, each with its value and its distribution, as JSON."""
SWEEP = "knobwise.sweep"
PROBLEM = "knobwise.problem"
PACKAGES = "knobwise.packages"
SCHEMA = "knobwise.schema"
ABOUT = "knobwise.about."
"""What a sweep says of itself, one tag a fact: `knobwise.about.sampler`."""
FINGERPRINT = ABOUT + "fingerprint"
"""On a study: what must be the same for its search to be resumed, as JSON."""
SHA256 = "knobwise.sha256"
"""On a dataset input: the whole SHA-256 (MLflow's digest holds 36 characters at most)."""

REFERENCE = "knobwise.reference"
"""On a reference model: what it is called."""
REFERENCES = "knobwise.references"
"""On a study: its reference models, and how the best network stands against each, as JSON."""

KINDS = ("study", "trial", "replicate", "confirmation", "retrain", "reference")
STATUSES = ("complete", "pruned", "diverged", "failed")
ABANDONED = "abandoned"
"""The status of a run whose driver died before it had recorded all of it."""

EDGES = "knobwise.edges"
"""On a study: the knobs of its best trial that lie at the edge of what was searched, as JSON."""

RUN_NAME = "mlflow.runName"
PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
USER = "mlflow.user"
SOURCE_NAME = "mlflow.source.name"
SOURCE_TYPE = "mlflow.source.type"
COMMIT = "mlflow.source.git.commit"
DIRTY = "mlflow.source.git.dirty"
DATA_CONTEXT = "mlflow.data.context"

TRAINING = {"mlflow.experimentKind": "custom_model_development"}
"""On an experiment: that it is about training, and not about language models, for which MLflow has other pages."""

TRAIN_LOSS = "train_loss"
VAL_LOSS = "val_loss"
CURVES = (TRAIN_LOSS, VAL_LOSS)
EPOCHS_TAKEN_OVER = "epochs_taken_over"
"""Metric of a trial: epochs, over all its replicates, that another had trained before."""

CHAMPION = "champion"
"""The alias of the registered model's version to use: `models:/STUDY@champion`."""
CONFIRMED_VAL_MSE = "confirmed_val_mse"
"""Metric of a confirmed trial: the mean over fresh seeds."""
FRESH_SEEDS = "fresh_seeds"
"""Metric of a confirmed trial: on how many fresh seeds it was run, whether or not it diverged on one."""
VAL_MSE = "knobwise.val_mse"
CONFIRMED = "knobwise.confirmed_val_mse"
"""On a version of a registered model: its error on the validation part, and the mean over fresh seeds."""
RETRAINED_FROM = "knobwise.retrained_from"
CHANGED = "knobwise.changed"
"""On a retrained run: the run it was made from, and the knobs that are different."""
IMAGES = "mlflow.loggedImages"
MODEL_VERSIONS = "mlflow.modelVersions"
SURFACE = "surface"
"""The key of the stepped images."""
