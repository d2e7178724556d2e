"""What pruning would have done in a study.

Usage: knobwise replay STUDY [options]

    knobwise replay lr_epochs
    knobwise replay lr_epochs --pruner asha

Gives the recorded validation curves of a study to a sweep's own pruners: one trial after the other, in the order in
which they began, at the epochs at which a sweep compares trials (512, 1024, 2048, ...). Shows how many epochs the
pruner would have saved, which trials it would have stopped, and whether the best is among them. Nothing is trained and
nothing is written. A sampler that learns from the trials (tpe) would have continued with other trials.

Options:
  --pruner asha|median|hyperband  one pruner, with the trials that it stops [all]
  --storage URL                   where the search is kept
                                  [mlruns/optuna.journal]
  --json                          one line of JSON
"""

import json
import sys
from typing import Any

import optuna
from rich.console import Console
from rich.text import Text

from knobwise.experiments import compare
from knobwise.experiments.compare import best_trials
from knobwise.experiments.ranking import Ranking
from knobwise.experiments.text import counted, plural
from knobwise.sweeps.engine.cli import listing
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.results import table
from knobwise.sweeps.engine.results.table import Column
from knobwise.sweeps.engine.search import pruners, recorded_climbs, studies
from knobwise.sweeps.engine.search.recorded_climbs import Recorded
from knobwise.sweeps.engine.search.replay import Replay, replay
from knobwise.sweeps.engine.search.storage import open_to_read
from knobwise.sweeps.engine.trials import rungs

SHOWN = 20  # trials that are stopped, in the table


def main(given: Given) -> int:
    """Replay the study that `given` names."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return listing.refusing(lambda: _replay(given))


def _replay(given: Given) -> int:
    recorded = recorded_climbs.read(given["STUDY"])
    ranking = best_trials.ranking(compare.runs(given["STUDY"], replicates=True, confirmations=True))
    most = studies.most_epochs_of(open_to_read(given.get("--storage", "")), recorded.key) or recorded.most
    wanted = [given["--pruner"]] if "--pruner" in given else [name for name in pruners.PRUNERS if name != "none"]
    replays = [replay(recorded.climbs, name, most, recorded.key) for name in wanted]
    if "--json" in given:
        sys.stdout.write(json.dumps(_facts(recorded, ranking, replays), allow_nan=False) + "\n")
        return 0
    console = Console(highlight=False)
    table.show(_overview(ranking, replays), console, bold=False)
    if "--pruner" in given and replays[0].stopped:
        console.print()
        table.show(_stopped(recorded, ranking, replays[0]), console, bold=False)
    console.print()
    for line in [*(_sentence(ranking, each) for each in replays), *_limits(recorded)]:
        console.print(Text(line))
    return 0


def _overview(ranking: Ranking, replays: list[Replay]) -> list[Column]:
    return [
        Column("pruner", [each.pruner for each in replays]),
        Column("epochs", [f"{each.after:,} of {each.before:,}" for each in replays]),
        Column("saved", [f"{each.saved:.0%}" for each in replays]),
        Column("stopped", [counted(len(each.stopped), "trial") for each in replays]),
        Column("the best", [_of_best(ranking, each) for each in replays]),
    ]


def _of_best(ranking: Ranking, found: Replay) -> str:
    if ranking.best is None:
        return "-"
    end = found.stopped.get(ranking.best)
    return f"trial {ranking.best} " + ("stays" if end is None else f"stopped at {end}")


def _stopped(recorded: Recorded, ranking: Ranking, found: Replay) -> list[Column]:
    """The stopped trials, those first that had come out best."""
    rank = {number: place for place, number in enumerate(ranking.order, 1)}
    climbs = [climb for climb in recorded.climbs if climb.number in found.stopped]
    climbs = sorted(climbs, key=lambda climb: (rank.get(climb.number, len(rank) + 1), climb.number))[:SHOWN]
    return [
        Column("trial", [str(climb.number) for climb in climbs]),
        Column("stopped at", [f"{found.stopped[climb.number]:,}" for climb in climbs]),
        Column("of epochs", [f"{climb.epochs:,}" for climb in climbs]),
        Column("with", [f"{climb.at[found.stopped[climb.number]]:.4g}" for climb in climbs]),
        Column("ended with", [climb.status if climb.val_mse is None else f"{climb.val_mse:.4g}" for climb in climbs]),
        Column("rank", [f"{rank[climb.number]} of {len(rank)}" if climb.number in rank else "-" for climb in climbs]),
    ]


def _sentence(ranking: Ranking, found: Replay) -> str:
    """What a pruner would have done to the best."""
    if ranking.best is None:
        return f"{found.pruner}: no trial is complete, so there is no best one to lose."
    confirmed = "confirmed " if ranking.fresh_seeds else ""
    end = found.stopped.get(ranking.best)
    if end is None:
        return f"{found.pruner} would have kept the {confirmed}best, trial {ranking.best}."
    left = _best_left(ranking, found)
    others = "and no other complete trial would be left"
    if left is not None:
        before, after = ranking.by_search[ranking.best], ranking.by_search[left]
        others = f"and the search would have led with trial {left}, val MSE {after:.4g} instead of {before:.4g}"
    return f"{found.pruner} would have stopped the {confirmed}best, trial {ranking.best}, at epoch {end:,}, {others}."


def _best_left(ranking: Ranking, found: Replay) -> int | None:
    """The trial that would lead the search."""
    return next((number for number in ranking.by_search if number not in found.stopped), None)


def _limits(recorded: Recorded) -> list[str]:
    """What the record does not say."""
    lines = []
    if pruned := sum(climb.status == "pruned" for climb in recorded.climbs):
        lines.append(
            f"The study was pruned when it ran: {counted(pruned, 'trial')} ended early, and what "
            f"{plural(pruned, 'it', 'they')} would have come to is not known, so the share saved is of what is left."
        )
    if recorded.unpruned:
        lines.append(
            f"{counted(recorded.unpruned, 'trial')} cannot be pruned: the schedule ends with the trial's own epochs."
        )
    if not any(climb.at for climb in recorded.climbs):
        lines.append(f"No trial came to epoch {rungs.FIRST}, where trials are first compared: nothing to stop.")
    if recorded.by_loss:
        lines.append("Trials were compared by their recorded loss, from which the val MSE of a rung does not follow.")
    return lines


def _facts(recorded: Recorded, ranking: Ranking, replays: list[Replay]) -> dict[str, Any]:
    return {
        "study": recorded.key,
        "trials": len(recorded.climbs),
        "best": ranking.best,
        "confirmed": ranking.fresh_seeds > 0,
        "compared_by": "loss" if recorded.by_loss else "val_mse",
        "pruned_before": sum(climb.status == "pruned" for climb in recorded.climbs),
        "without_rungs": recorded.unpruned,
        "replays": [
            {
                "pruner": each.pruner,
                "epochs": {"before": each.before, "after": each.after, "saved": round(each.saved, 6)},
                "stopped": [{"trial": trial, "epoch": epoch} for trial, epoch in each.stopped.items()],
                "best_stopped_at": each.stopped.get(-1 if ranking.best is None else ranking.best),
                "leader": _best_left(ranking, each),
            }
            for each in replays
        ],
    }
