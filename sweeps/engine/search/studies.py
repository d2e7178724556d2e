"""Which study a sweep resumes: names, the newest of a name, what must be the same, and the lock on it."""

import contextlib
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import optuna
from optuna.storages import BaseStorage

from knobwise.experiments.data.spec import DIGEST, Spec
from knobwise.experiments.text import nearest
from knobwise.sweeps.engine.errors import BadInput, Unfinished
from knobwise.sweeps.engine.search import locks
from knobwise.sweeps.engine.search.locks import CAN_LOCK, FileLock
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import distributions
from knobwise.sweeps.engine.study_attrs import FINGERPRINT, NAME, OBJECTIVES
from knobwise.sweeps.engine.sweep import Sweep

ABSENT = {"samples": 0}  # the values of options that are newer than a study


class Study(NamedTuple):
    """A study in the search.

    Attributes:
        key: its unique name in Optuna.
        name: its base name, which the user gave.
        exists: whether it is recorded.
    """

    key: str
    name: str
    exists: bool


def choose(storage: BaseStorage | None, name: str, fresh: bool, recorded: Collection[str] = ()) -> Study:
    """The study to resume: the newest called `name`; with `fresh`, or where there is none, another.

    Studies of one name have the keys NAME, NAME-2, NAME-3, ... A name that another study has as its key is refused.

    Args:
        storage: of the search; None where there is none yet.
        name: that the user gave.
        fresh: whether another is wanted.
        recorded: keys that are taken in the record, which a fresh study does not get.

    Raises:
        BadInput: the name is taken.
    """
    studies = {} if storage is None else {each.study_name: each.user_attrs for each in storage.get_all_studies()}
    keys = [key for key, attrs in studies.items() if attrs.get(NAME, key) == name]
    if name in studies and name not in keys:
        base = studies[name][NAME]
        raise BadInput(f"--name must not be the key of another study, got {name!r}, which is a study of {base!r}")
    newest = max((_number(key, name) for key in keys), default=0)
    if newest and not fresh:
        return Study(_key(name, newest), name, True)
    number = newest + 1
    while (
        _key(name, number) in studies or _key(name, number) in recorded
    ):  # a study of another name may look like one of this
        number += 1
    return Study(_key(name, number), name, False)


def find(storage: BaseStorage | None, name: str) -> Study:
    """A study that there is: the one with the key `name`, or else the newest called so.

    Raises:
        BadInput: there is none; the line lists the known ones.
    """
    known = {} if storage is None else {each.study_name: each.user_attrs for each in storage.get_all_studies()}
    if name in known:
        return Study(name, known[name].get(NAME, name), True)
    if not known:
        raise BadInput(f"there is no study {name!r}: the search holds none")
    raise BadInput(f"study must be one of {', '.join(sorted(known))}, got {name!r}{nearest(name, known)}")


def objectives(options: Options) -> list[str]:
    """What the study minimises."""
    return ["val_mse"] if options.cost == "none" else ["val_mse", options.cost]


def fingerprint(sweep: Sweep, options: Options) -> dict[str, Any]:
    """What must be the same for two runs of a sweep to belong to one study."""
    facts = {
        "sweep": sweep.name,
        "problem": options.problem,
        "seeds": options.seeds,
        "samples": options.samples,
        "objective": " and ".join(objectives(options)),
        "baseline": dict(sweep.baseline),
        "fixed": sweep.fixed.as_dict(),
        "space": distributions.describe(sweep.space),
    }
    return dict(json.loads(json.dumps(facts)))


def fingerprint_of(storage: BaseStorage | None, key: str) -> dict[str, Any]:
    """The fingerprint that a study was begun with.

    Raises:
        BadInput: it was not begun by Knobwise.
    """
    known = {} if storage is None else {each.study_name: each.user_attrs for each in storage.get_all_studies()}
    if FINGERPRINT not in known.get(key, {}):
        raise BadInput(f"study must be one that Knobwise has begun, got {key!r}")
    return dict(known[key][FINGERPRINT])


def most_epochs_of(storage: BaseStorage | None, key: str) -> int | None:
    """The most epochs that a trial of the study may have by its space; None where the study is not there."""
    known = {} if storage is None else {each.study_name: each.user_attrs for each in storage.get_all_studies()}
    was = known.get(key, {}).get(FINGERPRINT)
    if was is None:
        return None
    return distributions.largest_of(was["space"].get("epochs", [])) or int(was["fixed"]["epochs"])


def check_same(key: str, was: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to mix trials that cannot be compared.

    Raises:
        BadInput: the study was made with something else; the line names each difference.
    """
    if was.get("problem") != now["problem"] and typed(was.get("problem", "")) == typed(now["problem"]):
        before, after = (Spec.parse(facts["problem"]) for facts in (was, now))
        raise BadInput(
            f"{after.source} has changed since study {key!r} was begun: its SHA-256 is {after.options[DIGEST]} and was "
            f"{before.options[DIGEST]}; put the old file back, or begin another study with --fresh"
        )
    differences = [
        f"{what} {before} then and {after} now"
        for field in now
        if was.get(field, ABSENT.get(field)) != now[field]
        for what, before, after in _differences(field, was.get(field), now[field])
    ]
    if differences:
        raise BadInput(
            f"study {key!r} must be resumed as it was begun, got {'; '.join(differences)}: "
            "take --fresh for another study of that name, or --name for another name"
        )


def typed(problem: str) -> str:
    """The problem without a file's digest."""
    return Spec.parse(problem).typed


def open_study(
    storage: BaseStorage,
    study: Study,
    sweep: Sweep,
    options: Options,
    sampler: optuna.samplers.BaseSampler,
    pruner: optuna.pruners.BasePruner,
) -> optuna.Study:
    """The study in Optuna, made and given its baseline where it is new.

    Raises:
        BadInput: it was begun as something else.
    """
    opened = optuna.create_study(
        storage=storage,
        study_name=study.key,
        directions=["minimize"] * len(objectives(options)),
        sampler=sampler,
        pruner=pruner,
        load_if_exists=study.exists,
    )
    now = fingerprint(sweep, options)
    was = opened.user_attrs.get(FINGERPRINT)
    if was is not None:
        check_same(study.key, was, now)
    else:  # new, or a driver died between making it and this
        opened.set_user_attr(NAME, study.name)
        opened.set_user_attr(OBJECTIVES, objectives(options))
        opened.set_user_attr(FINGERPRINT, now)
    if not opened.get_trials(deepcopy=False):
        opened.enqueue_trial(dict(sweep.baseline))
    return opened


@contextlib.contextmanager
def alone(folder: Path, key: str) -> Iterator[None]:
    """Be the only driver of a study on this machine, until the end or the death of this process.

    Raises:
        Unfinished: another process runs it.
    """
    if not CAN_LOCK:  # on Windows two drivers are not kept apart
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = locks.of_study(folder, key)
    lock = FileLock(path)
    if not lock.acquire(wait=False):
        other = locks.holder(path)
        raise Unfinished(
            f"study {key!r} is being run by process {other}: wait for its end, or start another with --fresh or --name"
        )
    try:
        yield
    finally:
        lock.release()


def _key(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _number(key: str, name: str) -> int:
    numbered = re.fullmatch(re.escape(name) + r"-(\d+)", key)
    return int(numbered.group(1)) if numbered else 1


def _differences(field: str, was: Any, now: Any) -> Iterator[tuple[str, str, str]]:
    """Name, value then and value now of each part that differs."""
    if not isinstance(was, dict) or not isinstance(now, dict):
        yield field, repr(was), repr(now)
        return
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            show = _distributions if field == "space" else repr
            yield f"{field}'s {name}", show(was.get(name)), show(now.get(name))


def _distributions(texts: Any) -> str:
    return " or ".join(distributions.readable(text) for text in texts) if texts else "not in it"
