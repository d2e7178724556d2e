"""What a sweep has come to, in both stores, so that two sweeps can be compared; and what it should not leave behind."""

import hashlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from optuna.trial import FrozenTrial

from knobwise.sweeps.engine.search.storage import open_to_read

TIMES = ("train_seconds", "epochs_per_second")  # metrics that no two runs share


OWN = ("mlflow.db", "mlruns", "tmp", "tiny.py")  # what belongs into a sweep's folder


class End(NamedTuple):
    """Attributes:
    trials: in Optuna, each its state, parameters, value and facts.
    runs: in MLflow, by trial and replicate, each its metrics, params and files, of those that are over.
    states: how many runs each trial has that are FINISHED, and how many there are that are RUNNING.
    parent: the study's own run: its state, its metrics and the names of its files.
    models: the registered versions, each with its trial and its aliases.
    """

    trials: list[Any]
    runs: dict[str, Any]
    states: dict[str, int]
    parent: Any
    models: list[Any]


def trials_of(folder: Path) -> list[FrozenTrial]:
    """The trials of the only study in the journal of `folder`."""
    storage = open_to_read(str(folder / "mlruns" / "optuna.journal"))
    assert storage is not None
    (study,) = storage.get_all_studies()
    return storage.get_all_trials(study._study_id)


def end_of(folder: Path) -> End:
    """The end of the only sweep in `folder`, read from its files and not by what wrote them."""
    database = sqlite3.connect(folder / "mlflow.db")
    try:
        return End(
            [_trial(trial) for trial in trials_of(folder)],
            {
                _name(tags): _run(database, run, place)
                for run, place, tags in _runs(database)
                if _is_over(database, run, tags)
            },
            dict(Counter(_state(database, run, tags) for run, _, tags in _runs(database)) - Counter({"": 10**6})),
            [
                [_status(database, run), sorted(_run(database, run, place)["metrics"].items()), sorted(_files(place))]
                for run, place, tags in _runs(database)
                if tags["knobwise.kind"] == "study"
            ],
            _models(database),
        )
    finally:
        database.close()


def difference(then: End, now: End) -> list[str]:
    """Where two ends differ, one line each."""
    before, after = (dict(_leaves("", end._asdict())) for end in (then, now))
    return [
        f"{name} is {after.get(name, 'not there')}, not {before.get(name, 'there')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def what_is_left(folder: Path) -> list[str]:
    """What a sweep's folder has in it that should not be there."""
    wrong = [f"{path} is left" for path in (folder / "tmp").iterdir() if path.name.startswith("knobwise-")]
    wrong += [f"{path} is left" for path in folder.iterdir() if path.name not in OWN]
    allowed = {"1", "optuna.journal", "optuna.journal.lock", "tiny.study-lock"}
    wrong += [f"{path} is left" for path in (folder / "mlruns").iterdir() if path.name not in allowed]
    for line in (folder / "mlruns" / "optuna.journal").read_text().splitlines():
        json.loads(line)
    return wrong


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield name, value
        return
    for key, part in parts:
        yield from _leaves(f"{name}.{key}" if name else str(key), part)


def _trial(trial: FrozenTrial) -> Any:
    facts = dict(trial.user_attrs["result"])
    for name in TIMES:
        facts.pop(name, None)
    return [trial.number, trial.state.name, trial.params, trial.value, sorted(facts.items())]


def _runs(database: sqlite3.Connection) -> list[tuple[str, Path, dict[str, str]]]:
    rows = database.execute("select run_uuid, artifact_uri from runs").fetchall()
    return [
        (
            run,
            Path(place.removeprefix("file://")),
            dict(database.execute("select key, value from tags where run_uuid = ?", [run]).fetchall()),
        )
        for run, place in rows
    ]


def _name(tags: dict[str, str]) -> str:
    return f"{tags['knobwise.kind']} {tags.get('knobwise.trial')} {tags.get('knobwise.replicate', '')}"


def _status(database: sqlite3.Connection, run: str) -> str:
    return str(database.execute("select status from runs where run_uuid = ?", [run]).fetchone()[0])


def _is_over(database: sqlite3.Connection, run: str, tags: dict[str, str]) -> bool:
    return tags["knobwise.kind"] != "study" and _status(database, run) == "FINISHED"


def _models(database: sqlite3.Connection) -> list[Any]:
    rows = database.execute(
        "select v.name, v.version, t.value, a.alias from model_versions v "
        "left join tags t on t.run_uuid = v.run_id and t.key = 'knobwise.trial' "
        "left join registered_model_aliases a on a.name = v.name and a.version = v.version order by 1, 2"
    )
    return [list(row) for row in rows]


def _state(database: sqlite3.Connection, run: str, tags: dict[str, str]) -> str:
    """What is counted of a run: that it runs, or that it is finished; one that was abandoned counts for nothing."""
    status = _status(database, run)
    abandoned = status == "KILLED" and tags.get("knobwise.status") == "abandoned"
    return "" if abandoned else f"{_name(tags)} {status}"


def _run(database: sqlite3.Connection, run: str, place: Path) -> dict[str, Any]:
    metrics = database.execute("select key, value, step from metrics where run_uuid = ?", [run]).fetchall()
    counted: Counter[str] = Counter(key for key, _, _ in metrics)
    latest = dict(database.execute("select key, value from latest_metrics where run_uuid = ?", [run]).fetchall())
    params = dict(database.execute("select key, value from params where run_uuid = ?", [run]).fetchall())
    inputs = database.execute("select count(*) from inputs where destination_id = ?", [run]).fetchone()[0]
    return {
        "metrics": {key: value for key, value in latest.items() if key not in TIMES},
        "curves": {key: count for key, count in counted.items() if key.endswith("_loss")},
        "params": params,
        "datasets": inputs,
        "files": _files(place),
    }


_PICKED_BY_MLFLOW = re.compile(r"\+timestamp\+\d+\+[0-9a-f-]+")  # in the names of stepped images


def _files(place: Path) -> dict[str, str]:
    return {
        _PICKED_BY_MLFLOW.sub("", str(path.relative_to(place))): hashlib.sha256(_content(path)).hexdigest()
        for path in sorted(place.rglob("*"))
        # Which trials keep their snapshots depends on who led when each was recorded.
        if path.is_file() and path.name != "snapshots.npz"
    }


def _content(path: Path) -> bytes:
    """What a file says, but for times: those of a checkpoint's members, and the seconds that its training took."""
    if path.suffix != ".npz":
        return path.read_bytes()
    with np.load(path, allow_pickle=False) as members:
        about = re.sub(r'"seconds": [^,}]*', "", str(members["about"]))
        return about.encode() + b"".join(members[name].tobytes() for name in sorted(members) if name != "about")
