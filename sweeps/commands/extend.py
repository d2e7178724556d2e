"""Train a finished trial longer: it resumes from its checkpoint.

Usage: knobwise extend STUDY TRIAL [options]

    knobwise extend lr_epochs 7 --epochs 20000

Trial 7 of the study stays as it is; the result is a new trial, bit for bit what 20,000 epochs in one run would have
given, and only the epochs that trial 7 lacks are trained. A trial whose schedule ends with its epochs (cosine and
similar) cannot be extended: `knobwise retrain` trains it from the start.

Options:
  --epochs N      epochs in all, more than the trial has (>= 1)
  --script FILE   the study's sweep, where it is a script of your own
  --storage URL   where the search is kept [mlruns/optuna.journal]
  --json          print one line of JSON on stdout, and nothing else there
  --quiet         show no progress
"""

import optuna

from knobwise.experiments import shell
from knobwise.sweeps.engine import session
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.driver.extension import Extension
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search import studies
from knobwise.sweeps.engine.search.storage import open_to_read
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import catalogue
from knobwise.sweeps.engine.workers.interrupts import Interrupts


def main(given: Given) -> int:
    """Train the trial that `given` names."""
    if "--epochs" not in given:
        raise BadInput("--epochs must be given: the epochs that the trial is to have in all")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    address = given.get("--storage", "")
    storage = open_to_read(address)
    chosen = studies.find(storage, given["STUDY"])
    was = studies.fingerprint_of(storage, chosen.key)
    script = given.get("--script", "")
    if not script and was["sweep"] not in catalogue.names():
        raise BadInput(
            f"--script must name the file of {was['sweep']!r}, the sweep of study {chosen.key!r}, got nothing"
        )
    objective = was["objective"].removeprefix("val_mse").removeprefix(" and ")
    options = Options(
        trials=1,
        problem=was["problem"],
        samples=was.get("samples", 0),
        seeds=was["seeds"],
        cost=objective or "none",
        sampler="random",  # never asked: the new trial has the parameters of the one that it resumes
        pruner="none",
        name=chosen.name,
        storage=address,
        json="--json" in given,
        quiet="--quiet" in given,
    )
    program = f"{shell.program('knobwise')} sweep {script or was['sweep']}"
    with Interrupts() as interrupts:
        extension = Extension(chosen.key, given["TRIAL"], given["--epochs"])
        return session.run(catalogue.load(script or was["sweep"]), options, interrupts, program, extension)
