"""What a shell offers when Tab is pressed behind `knobwise`: verbs, their options, sweeps, studies, values.

An answer has to come at once, so nothing slow is imported: words and options are those of the pages of help, the
studies come from the lines of the journal and the tables of the record. Studies on a server are not offered.
"""

import json
import pkgutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from knobwise import experiments, sweeps
from knobwise.experiments.record import names
from knobwise.experiments.record.stores import journal_path, sqlite_file, tracking_uri
from knobwise.sweeps.engine.cli import pages, parser
from knobwise.sweeps.engine.cli.parser import Option

SHELLS = ("bash", "fish", "zsh")

_STUDIES = """
    SELECT study.value FROM tags kind JOIN runs r USING (run_uuid) JOIN tags study USING (run_uuid)
    WHERE kind.key = ? AND kind.value = 'study' AND study.key = ? AND r.lifecycle_stage = 'active'
"""


def candidates(words: list[str]) -> list[str]:
    """What the last of `words` can become; nothing where that is the name of a file, or anything.

    Args:
        words: typed after `knobwise`, the last as far as it has been typed.

    >>> candidates(["do"])
    ['doctor']
    """
    typed = [word for word in words if word != "="] or [""]  # bash makes three words of --sampler=tpe
    *before, last = typed if words[-1:] != ["="] else [*typed, ""]
    if not before:
        return _fitting(last, [*pages.verbs(), "--help", "--version"])
    verb, *given = before
    if verb not in pages.verbs():
        return []
    page = pages.of_verb(verb)
    options = parser.options_of(page)
    name, equals, value = last.partition("=")
    if equals and name in options:
        return [f"{name}={each}" for each in _fitting(value, _values(options[name]))]
    if given and given[-1] in options and options[given[-1]].value:
        return _fitting(last, _values(options[given[-1]]))
    if last.startswith("-"):
        return _fitting(last, [*(name for name in options if name not in given), "--help"])
    place, wanted = len(_alone(given, options)), parser.words_of(page)
    offered = _OFFERED.get(wanted[place].strip("[]"), _nothing) if place < len(wanted) else _nothing
    return _fitting(last, offered(_value_of("--storage", given)))


def studies(storage: str) -> list[str]:
    """The keys of the studies in the search at `storage`, and in the record where that is a file; the newest first."""
    file = sqlite_file(storage) if "://" in storage else None
    searched = _in_table(file, "SELECT study_name FROM studies", []) if file else []
    if "://" not in storage:
        searched = _in_journal(Path(storage) if storage else journal_path())
    record = sqlite_file(tracking_uri())
    recorded = _in_table(record, _STUDIES, [names.KIND, names.STUDY]) if record else []
    return list(dict.fromkeys([*reversed(searched), *reversed(recorded)]))


def _in_journal(path: Path) -> list[str]:
    """By the lines that create studies (operation 0) and delete them (operation 1)."""
    if not path.is_file():
        return []
    alive: dict[int, str] = {}  # keys by Optuna's number of the study, which counts those created
    created = 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.startswith((b'{"op_code":0,', b'{"op_code":1,')) or not line.endswith(b"}\n"):
                continue
            operation = json.loads(line)
            if operation["op_code"] == 1:
                alive.pop(operation["study_id"], None)
            elif operation["study_name"] not in alive.values():  # else Optuna refused it
                alive[created] = operation["study_name"]
                created += 1
    return list(alive.values())


def _in_table(file: Path, query: str, values: list[str]) -> list[str]:
    """A column of a database; nothing where it cannot be read: Tab shows no errors."""
    if not file.is_file():
        return []
    try:
        address = f"file:{quote(str(file.resolve()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=0.2)) as database:
            return [str(name) for (name,) in database.execute(query, values)]
    except sqlite3.Error:
        return []


def _values(option: Option) -> list[str]:
    """The values that an option is known to take."""
    return _problems("") if option.name == "--problem" else option.choices


def _alone(given: list[str], options: dict[str, Option]) -> list[str]:
    """Those of the words that are neither options nor their values."""
    alone, before = [], ""
    for word in given:
        if not word.startswith("--") and not (before in options and options[before].value):
            alone.append(word)
        before = word
    return alone


def _value_of(option: str, given: list[str]) -> str:
    pairs = zip(given, given[1:], strict=False)
    values = [after for word, after in pairs if word == option]
    values += [word.partition("=")[2] for word in given if word.startswith(f"{option}=")]
    return values[-1] if values else ""


def _sweeps(_: str) -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(sweeps.__path__) if not module.ispkg)


def _problems(_: str) -> list[str]:
    folder = Path(experiments.__path__[0]) / "problems"
    return sorted(module.name for module in pkgutil.iter_modules([str(folder)]) if not module.ispkg)


def _nothing(_: str) -> list[str]:
    return []


_OFFERED: dict[str, Callable[[str], list[str]]] = {
    "SWEEP": _sweeps,
    "STUDY": studies,
    "PROBLEM": _problems,
    "SHELL": lambda _: list(SHELLS),
}


def _fitting(start: str, known: Iterable[str]) -> list[str]:
    return [name for name in known if name.startswith(start)]
