"""What a shell offers when Tab is pressed behind `knobwise`: verbs, their options, sweeps, studies, values.

An answer has to come while a finger is still on the key, so nothing is imported that takes longer than it may: a verb's
options are read from its docstring, those of a sweep from the text of `Options`, the studies from the lines of the
journal and the tables of the record. What cannot be read so is not offered.
"""

import ast
import json
import pkgutil
import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from urllib.parse import quote

from knobwise import experiments, sweeps
from knobwise.experiments.record import names
from knobwise.experiments.record.stores import journal_path, sqlite_file, tracking_uri

SHELLS = ("bash", "fish", "zsh")

_OPTION = re.compile(r"^  (--[\w-]+)( [A-Z]+)?  ", re.MULTILINE)
_VALUES = re.compile(r": (\w+(?:, \w+)* or \w+)\.")
_IN_BRACKETS = re.compile(r" \([^)]*\)")
_STUDIES = """
    SELECT study.value FROM tags kind JOIN runs r USING (run_uuid) JOIN tags study USING (run_uuid)
    WHERE kind.key = ? AND kind.value = 'study' AND study.key = ? AND r.lifecycle_stage = 'active'
"""


def candidates(words: list[str], verbs: Iterable[str]) -> list[str]:
    """What the last of `words` can become; nothing where that is the name of a file, or anything.

    Args:
        words: typed after `knobwise`, the last as far as it has been typed.
        verbs: those there are.

    >>> candidates(["do"], ["doctor", "list"])
    ['doctor']
    """
    typed = [word for word in words if word != "="] or [""]  # bash makes three words of --sampler=tpe
    *before, last = typed if words[-1:] != ["="] else [*typed, ""]
    if not before:
        return _fitting(last, [*verbs, "--help"])
    verb, *given = before
    if verb not in set(verbs):
        return []
    options = _options(verb)
    option, equals, value = last.partition("=")
    if equals and option in options:
        return [f"{option}={each}" for each in _fitting(value, options[option])]
    if given and given[-1].startswith("--") and options.get(given[-1]) is not None:
        return _fitting(last, options[given[-1]] or [])
    if last.startswith("-"):
        return _fitting(last, [*(name for name in options if name not in given), "--help"])
    place = len(_alone(given, options))
    wanted = _positions(verb)
    offered = _OFFERED.get(wanted[place], _nothing) if place < len(wanted) else _nothing
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
    """By the lines that make studies (operation 0) and delete them (operation 1)."""
    if not path.is_file():
        return []
    found: dict[int, str] = {}
    made = 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.startswith((b'{"op_code":0,', b'{"op_code":1,')) or not line.endswith(b"}\n"):
                continue
            said = json.loads(line)
            if said["op_code"] == 1:
                found.pop(said["study_id"], None)
            elif said["study_name"] not in found.values():  # refused by Optuna where there is one
                found[made] = said["study_name"]
                made += 1
    return list(found.values())


def _in_table(file: Path, query: str, values: list[str]) -> list[str]:
    """A column of a database; nothing where it is not one: Tab is no place for an error."""
    if not file.is_file():
        return []
    try:
        address = f"file:{quote(str(file.resolve()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=0.2)) as database:
            return [str(name) for (name,) in database.execute(query, values)]
    except sqlite3.Error:
        return []


def _options(verb: str) -> dict[str, list[str] | None]:
    """The options of a verb, each with the values that it is known to take; None for one that takes none."""
    if verb == "sweep":
        return _of_sweeps()
    if verb == "list":  # which tells of it in a sentence
        return {"--storage": []}
    return {name: [] if value else None for name, value in _OPTION.findall(_docstring(verb))}


@cache
def _of_sweeps() -> dict[str, list[str] | None]:
    """The fields of `Options`, each with the values that its docstring counts up."""
    [fields] = [
        node.body
        for node in _tree("engine", "settings").body
        if isinstance(node, ast.ClassDef) and node.name == "Options"
    ]
    found: dict[str, list[str] | None] = {}
    for field, after in zip(fields, fields[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            text = _IN_BRACKETS.sub("", str(ast.literal_eval(after.value)))
            values = _VALUES.search(text)
            known = re.split(", | or ", values.group(1)) if values else []
            flag = isinstance(field.annotation, ast.Name) and field.annotation.id == "bool"
            found[f"--{field.target.id.replace('_', '-')}"] = None if flag else known
    found["--problem"] = _problems("")
    return found


def _positions(verb: str) -> list[str]:
    """What stands alone behind a verb, in order, as its call of `words.read` has it: STUDY, FILE, TRIAL."""
    if verb == "sweep":
        return ["SWEEP"]
    if verb == "completion":
        return ["SHELL"]
    calls = [node for node in ast.walk(_tree("commands", verb)) if isinstance(node, ast.Call)]
    tuples = [
        part
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "alone"
        for part in ast.walk(keyword.value)
        if isinstance(part, ast.Tuple)
    ]
    return [str(ast.literal_eval(element)) for element in tuples[0].elts] if tuples else []


def _alone(given: list[str], options: dict[str, list[str] | None]) -> list[str]:
    """Those of the words that are neither options nor their values."""
    found, takes = [], False
    for word in given:
        if word.startswith("--"):
            takes = "=" not in word and options.get(word) is not None
        elif takes:
            takes = False
        else:
            found.append(word)
    return found


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


def _fitting(start: str, known: Iterable[str] | None) -> list[str]:
    return [name for name in known or [] if name.startswith(start)]


def _tree(folder: str, module: str) -> ast.Module:
    return ast.parse((Path(sweeps.__path__[0]) / folder / f"{module}.py").read_text(encoding="utf-8"))


def _docstring(verb: str) -> str:
    return ast.get_docstring(_tree("commands", verb)) or ""
