"""List the sweeps that can be run, and the studies of this folder.

Usage: knobwise list [options]

Options:
  --storage URL   where the search is kept [mlruns/optuna.journal]
"""

import sys

import optuna

from knobwise.experiments import shell
from knobwise.experiments.text import shown
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.results.summary import on_fresh_seeds
from knobwise.sweeps.engine.search.storage import open_to_read
from knobwise.sweeps.engine.space import catalogue
from knobwise.sweeps.engine.study_attrs import NAME


def main(given: Given) -> int:
    """Print a line for each sweep and each study."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = open_to_read(given.get("--storage", ""))
    write = sys.stdout.write
    write(f"Sweeps ({shell.program('knobwise')} sweep NAME):\n")
    for name in catalogue.names():
        write(f"  {name:<20} {catalogue.load(name).question}\n")
    ours: list[optuna.Study] = []
    if storage is not None:  # it may hold studies of other programs, with other values than an MSE
        keys = [study.study_name for study in storage.get_all_studies() if NAME in study.user_attrs]
        ours = [optuna.load_study(study_name=key, storage=storage) for key in keys]
    write("Studies, the oldest first:\n" if ours else "No studies yet.\n")
    for study in ours:
        found = results.of(study)
        counts = ", ".join(f"{count} {status}" for status, count in found.counts.items() if count) or "no trials"
        ranking, best = found.ranking, ""
        if ranking.best is not None:
            value = f"{shown(ranking.scores[ranking.best])}{on_fresh_seeds(ranking.fresh_seeds)}"
            best = f"; best val MSE {value} (trial {ranking.best})"
        write(f"  {study.study_name:<20} {counts}{best}\n")
    return 0
