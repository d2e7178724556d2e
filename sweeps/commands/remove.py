"""Remove a study for good; shows what that is and asks first.

Usage: knobwise remove STUDY [options]

    knobwise remove lr_epochs-2

STUDY is a key, as `knobwise list` shows it. Its search, all its runs with their files, its models and the registered
model of its name are removed, and cannot be restored. A study that is being run is refused.

Options:
  --yes           do not ask
  --storage URL   where the search is kept [mlruns/optuna.journal]
  --json          one line of JSON on stdout; without --yes only what would be removed
"""

import json
import sys
from pathlib import Path

import optuna
from optuna.storages import BaseStorage

from knobwise.experiments.record import removal
from knobwise.experiments.record.removal import Recorded
from knobwise.experiments.record.stores import tracking_uri, without_credentials
from knobwise.experiments.text import nearest
from knobwise.sweeps.engine.cli.confirm import confirmed
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput, Unfinished
from knobwise.sweeps.engine.recording.store_link import store_address
from knobwise.sweeps.engine.search import locks, studies
from knobwise.sweeps.engine.search.storage import lock_folder, open_storage, open_to_read
from knobwise.sweeps.engine.study_attrs import NAME, STORE


def main(given: Given) -> int:
    """Remove the study that `given` names, where that is confirmed."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    key, address, as_json = given["STUDY"], given.get("--storage", ""), "--json" in given
    searches = _searches(open_to_read(address))
    recorded = removal.find(key, tracking_uri())
    _check(key, searches, recorded)
    folder = lock_folder(address)
    try:
        with studies.alone(folder, key):
            if not as_json:
                sys.stdout.write(_text(key, key in searches, recorded))
            removed = "--yes" in given or (not as_json and confirmed("Remove all of this for good?"))
            left, for_good = _remove(key, address, key in searches, recorded) if removed else ([], True)
            if removed:
                locks.of_study(folder, key).unlink(missing_ok=True)
    except Unfinished as error:
        raise Unfinished(f"{str(error).partition(':')[0]}: nothing was removed") from None
    if as_json:
        facts = {"study": key, "search": key in searches, **_facts(recorded), "left": list(map(str, left))}
        sys.stdout.write(json.dumps({**facts, "removed": removed}) + "\n")
        return 0
    sys.stdout.write("Removed.\n" if removed else "Nothing was removed.\n")
    if left:
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        sys.stdout.write(f"Left, since they may be another project's: the files in {left[0]}{more}\n")
    if not for_good:
        sys.stdout.write("The server keeps the runs, marked as deleted, until `mlflow gc` is run there.\n")
    return 0


def _searches(storage: BaseStorage | None) -> dict[str, str]:
    """The studies of the search by their keys, each with the address of the store that has its record."""
    found = [] if storage is None else storage.get_all_studies()
    return {each.study_name: each.user_attrs.get(STORE, "") for each in found if NAME in each.user_attrs}


def _check(key: str, searches: dict[str, str], recorded: Recorded) -> None:
    """Refuse a study that is not there, and one whose record is elsewhere.

    Raises:
        BadInput: the study is neither in the search nor in the record, or its record is in another store.
    """
    if not recorded and key not in searches:
        known = sorted(searches)
        raise BadInput(f"study must be one of {', '.join(known) or 'none'}, got {key!r}{nearest(key, known)}")
    store = searches.get(key, "")
    if not recorded and store not in ("", store_address(tracking_uri())):
        raise BadInput(
            f"study {key!r} must be removed with MLFLOW_TRACKING_URI set to the store that has its record, {store}, "
            f"got {without_credentials(tracking_uri())}"
        )


def _remove(key: str, address: str, searched: bool, recorded: Recorded) -> tuple[list[Path], bool]:
    """Remove the record, and then the search, by which an attempt that was cut short is found."""
    left, for_good = removal.remove(key, recorded, tracking_uri()) if recorded else ([], True)
    if searched:
        optuna.delete_study(study_name=key, storage=open_storage(address))
    return left, for_good


def _text(key: str, searched: bool, recorded: Recorded) -> str:
    counts = _facts(recorded)
    parts = [
        *(["its search"] if searched else []),
        f"{counts['runs']} runs with their files",
        f"{counts['models']} model{'s' * (counts['models'] != 1)}",
        *([f"the registered model {key}"] if recorded.registered else []),
    ]
    return f"The study {key}: {', '.join(parts)}.\n"


def _facts(recorded: Recorded) -> dict[str, int]:
    return {"runs": len(recorded.runs), "models": len(recorded.models), "registered": int(recorded.registered)}
