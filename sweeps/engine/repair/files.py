"""Files that the record names and that are gone: of trials' runs, and of champions."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from knobwise.experiments.record import artifacts
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.recorded import RecordedRun, StudyRun

if TYPE_CHECKING:
    from knobwise.experiments.model.champion import Champion


def without_files(runs: Mapping[int, RecordedRun]) -> list[int]:
    """The trials whose runs have no files any more, where these would be on this machine.

    A trial that is complete or pruned has a checkpoint; one that failed has no files.
    """
    gone = []
    for number, run in runs.items():
        folder = artifacts.local_folder(run.address) if run.address else None
        kept = run.status in ("complete", "pruned")
        if folder is not None and kept and not (folder / artifacts.CHECKPOINT).is_file():
            gone.append(number)
    return gone


def broken_champions(uri: str, parents: Iterable[StudyRun]) -> "list[tuple[Champion, str]]":
    """The champions of studies that cannot be used any more, each with what it lacks.

    Raises:
        StoreError: the store cannot be read.
    """
    from knobwise.experiments.model import champion, condition

    client = connect(uri)
    broken = []
    with store_errors(uri, "cannot read the champions in"):
        for parent in parents:
            found = champion.champion_of(client, parent.study)
            if found is not None and (gone := condition.what_is_gone(client, found)):
                broken.append((found, gone))
    return broken
