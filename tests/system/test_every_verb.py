"""Every verb on a problem of every kind: it works, or says in one line why not."""

import asyncio
import json
import shlex
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from knobwise.experiments.model import package
from knobwise.experiments.model.choice import choose
from knobwise.sweeps import commands
from tests.system.conftest import post
from tests.system.random_sweeps import FUNCTION, SCRIPT, TABLE

pytestmark = [
    pytest.mark.drill,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning"),  # between MLflow and SQLAlchemy
]

KINDS = {
    "a surface": "branin",
    "one input": "noisy_sine",
    "a table for regression": "table.csv?target=rent",
    "classes": "wine",
    "a function of one's own": "mine.py:f?bounds=0..1,0..1",
}
SWEEP = ["quick.py", "--confirm", "0", "--jobs", "1", "--quiet"]
VERBS: dict[str, list[list[str]]] = {
    "sweep": [[*SWEEP, "--trials", "2"], [*SWEEP, "--trials", "3"], [*SWEEP, "--trials", "9", "--dry-run"]],
    "problems": [["PROBLEM"], ["PROBLEM", "--json"]],
    "list": [[]],
    "runs": [["quick"], ["quick", "--sort", "val_mse", "--json"]],
    "best": [["quick"], ["quick", "--by", "test_mse"]],
    "export": [["quick", "runs.csv"], ["quick", "curves.parquet", "--curves"]],
    "replay": [["quick"], ["quick", "--pruner", "asha", "--json"]],
    "report": [["quick"]],
    "predict": [["quick", "new.csv"], ["quick", "new.csv", "--trial", "0", "--output", "out.csv", "--json"]],
    "serve": [["quick", "--port", "0"]],
    "extend": [["quick", "0", "--epochs", "40", "--script", "quick.py", "--quiet"]],
    "retrain": [["quick", "--epochs", "30"], ["quick", "--seed", "5", "--trial", "0", "--json"]],
    "doctor": [[]],
    "move": [[], ["--json"]],
    "clean": [["--yes"]],
    "completion": [["bash"]],
    "remove": [["quick", "--yes"]],
}
"""The words of each call, in the order of a study's life."""

LEFT_OUT = {"article": "it takes a minute, and has one problem only"}


def serve_one_request(capsys: pytest.CaptureFixture[str]) -> Any:
    """What takes the place of uvicorn's server: the real one, that ends after the request that the verb prints."""

    def run(server: uvicorn.Server, sockets: list[Any]) -> None:
        command = shlex.split(capsys.readouterr().err.splitlines()[-1])
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets)))
        thread.start()
        try:
            status, answer = post(command[1].removesuffix("/invocations"), command[-1])
        finally:
            server.should_exit = True
            thread.join()
        assert (status, len(answer["predictions"])) == (200, 1), answer

    return run


def test_every_verb_is_among_these() -> None:
    assert sorted([*VERBS, *LEFT_OUT]) == commands.names()


@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_works_on_every_kind_of_problem(
    kind: str, workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, failed = KINDS[kind], []
    for file, text in (("quick.py", SCRIPT), ("table.csv", TABLE), ("mine.py", FUNCTION)):
        (workdir / file).write_text(text)
    monkeypatch.setattr(uvicorn.Server, "run", serve_one_request(capsys))
    for verb, calls in VERBS.items():
        if verb == "serve":  # a process of its own would have no other model's code
            for module in [name for name in sys.modules if name.partition(".")[0] == package.CODE]:
                del sys.modules[module]
        if verb == "predict":
            package.example(choose("quick").model).to_csv("new.csv", index=False)
        for call in calls:
            words = [problem if word == "PROBLEM" else word for word in call]
            words += ["--problem", problem] if verb == "sweep" else []
            try:
                code = commands.main([verb, *words])
            except Exception as error:  # noqa: BLE001  all verbs are tried, whatever becomes of one
                failed.append(f"{verb} {' '.join(words)}: {type(error).__name__}: {error}")
                continue
            out, err = capsys.readouterr()
            if code:
                failed.append(f"{verb} {' '.join(words)}: {code}: {out[-300:]}{err[-300:]}")
            elif "--json" in words:
                json.loads(out)
    assert failed == []
    assert sorted(path.name for path in workdir.iterdir() if path.name not in ("mlruns", "mlflow.db")) == [
        *("__pycache__",) * (workdir / "__pycache__").exists(),
        *("curves.parquet", "mine.py", "new.csv", "out.csv", "quick.html", "quick.py", "runs.csv", "table.csv"),
    ]
