"""List the sweeps there are, and the studies run in this folder.

    knobwise list

Where the search is kept elsewhere: `knobwise list --storage sqlite:///search.db`.
"""

import sys

import optuna

from knobwise.experiments.text import shown
from knobwise.sweeps.commands import no_options
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.results.summary import on_fresh_seeds
from knobwise.sweeps.engine.search.storage import open_to_read
from knobwise.sweeps.engine.space import catalogue
from knobwise.sweeps.engine.study_attrs import NAME


def main(argv: list[str]) -> int:
    """Print a line for each sweep and each study."""
    address = ""
    if argv and argv[0] == "--storage":
        if len(argv) < 2:
            raise BadInput("--storage must be followed by an Optuna URL or a journal file, got nothing")
        address, argv = argv[1], argv[2:]
    no_options("list", argv)
    write = sys.stdout.write
    write("Sweeps (knobwise sweep NAME):\n")
    for name in catalogue.names():
        write(f"  {name:<20} {catalogue.load(name).question}\n")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = open_to_read(address)
    ours: list[optuna.Study] = []
    if storage is not None:  # it may hold other studies too, with other values than an MSE
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
