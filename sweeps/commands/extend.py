"""Train a finished trial longer: it goes on from its checkpoint.

    knobwise extend lr_epochs 7 --epochs 20000

Trial 7 of the study keeps what it has; what comes of it is a new trial, bit for bit what 20,000 epochs in one go would
have given, and only the epochs that trial 7 lacks are trained. Trials with a schedule that ends with their epochs
(cosine and its like) have no longer version: `knobwise retrain` begins them again.

Options:
  --epochs N      epochs in all, more than the trial has
  --script FILE   the study's sweep, where it is a script of your own
  --storage URL   where the search is kept [mlruns/optuna.journal]
  --json          print one line of JSON on stdout, and nothing else there
  --quiet         show no progress
"""

import sys

import optuna

from knobwise.sweeps.engine import session
from knobwise.sweeps.engine.cli import arguments
from knobwise.sweeps.engine.driver.extension import Extension
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search import studies
from knobwise.sweeps.engine.search.storage import open_to_read
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import catalogue
from knobwise.sweeps.engine.workers.interrupts import Interrupts


def main(argv: list[str]) -> int:
    """Train on what `argv` names."""
    if "-h" in argv or "--help" in argv:
        sys.stdout.write((__doc__ or "").strip() + "\n")
        return 0
    given = arguments.read(
        argv,
        alone=("STUDY", "TRIAL"),
        options={
            "--epochs": "a whole number",
            "--script": "a Python file",
            "--storage": "an Optuna URL or a journal file",
        },
        flags=("--json", "--quiet"),
    )
    name, trial = given.alone
    if not trial.isascii() or not trial.isdigit():
        raise BadInput(f"TRIAL must be the number of a trial, got {trial!r}")
    epochs = given.whole("--epochs", least=1)
    if epochs is None:
        raise BadInput("--epochs must be given: the epochs that the trial is to have in all")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    address = given.options.get("--storage", "")
    storage = open_to_read(address)
    chosen = studies.find(storage, name)
    was = studies.fingerprint_of(storage, chosen.key)
    script = given.options.get("--script", "")
    if not script and was["sweep"] not in catalogue.names():
        raise BadInput(f"--script must name the file of {was['sweep']!r}, the sweep of study {name!r}, got nothing")
    objective = was["objective"].removeprefix("val_mse").removeprefix(" and ")
    options = Options(
        trials=1,
        problem=was["problem"],
        samples=was.get("samples", 0),
        seeds=was["seeds"],
        cost=objective or "none",
        sampler="random",  # asked for nothing: the trial's parameters are those of the one that it goes on from
        pruner="none",
        name=chosen.name,
        storage=address,
        json="--json" in given.flags,
        quiet="--quiet" in given.flags,
    )
    program = f"knobwise sweep {script or was['sweep']}"
    with Interrupts() as interrupts:
        extension = Extension(chosen.key, int(trial), epochs)
        return session.run(catalogue.load(script or was["sweep"]), options, interrupts, program, extension)
