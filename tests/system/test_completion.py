"""Tab behind `knobwise`: what is offered is what there is, in bash, zsh and fish themselves."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from knobwise.experiments import problems
from knobwise.sweeps import commands
from knobwise.sweeps.engine import settings
from knobwise.sweeps.engine.cli import completion, pages, parser
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search.pruners import PRUNERS
from knobwise.sweeps.engine.search.samplers import SAMPLERS
from knobwise.sweeps.engine.search.storage import open_storage
from knobwise.sweeps.engine.space import catalogue
from knobwise.sweeps.engine.workers.pool import EXECUTORS
from tests.conftest import missing, user_environment
from tests.system.test_knobwise_command import KNOBWISE

# Each is given the words behind the program's name, and prints what Tab would offer.
ASK = {
    "bash": """
eval "$(knobwise completion bash)"
[[ $(complete -p knobwise) == *"-F _knobwise knobwise" ]] || exit 9
COMP_WORDS=(knobwise "$@"); COMP_CWORD=$#; _knobwise
(( ${#COMPREPLY[@]} )) && printf '%s\\n' "${COMPREPLY[@]}" || echo FILES
""",
    "zsh": """
eval "$(knobwise completion zsh)"
[[ $_comps[knobwise] == _knobwise ]] || exit 9
compadd() { shift; print -rl -- "$@" }
_files() { print FILES }
words=(knobwise "$@"); CURRENT=$(( $# + 1 )); _knobwise
""",
    "fish": """
knobwise completion fish | source
set -l found (complete --do-complete "knobwise $argv")
test (count $found) -gt 0; and printf '%s\\n' $found; or echo FILES
""",
}


@pytest.fixture
def folder(workdir: Path) -> Path:
    """A folder with a search of two studies, a third that was deleted, and no record."""
    storage = open_storage("")
    for name in ("lr_epochs", "gone", "lr_epochs-2"):
        optuna.create_study(storage=storage, study_name=name)
    optuna.delete_study(study_name="gone", storage=storage)
    return workdir


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which `knobwise` is this one."""
    program = tmp_path_factory.mktemp("bin") / "knobwise"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{KNOBWISE}' \"$@\"\n")
    program.chmod(0o755)
    return f"{program.parent}:{user_environment()['PATH']}"


@pytest.mark.parametrize("shell", sorted(ASK))
def test_the_shell_offers_what_there_is(shell: str, folder: Path, path: str) -> None:
    found = shutil.which(shell)
    if found is None:
        missing("SHELLS", f"{shell} is not installed")

    def offered(*words: str) -> list[str]:
        quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
        done = subprocess.run(
            [found, *quiet, "-c", ASK[shell], *["x"] * (shell != "fish"), *words],
            cwd=folder,
            env={**user_environment(), "PATH": path, "HOME": str(folder)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return sorted(done.stdout.split())

    assert offered("do") == ["doctor"]
    assert offered("runs", "") == ["lr_epochs", "lr_epochs-2"]
    assert offered("sweep", "lr") == ["lr_epochs"]
    assert offered("sweep", "lr_epochs", "--pru") == ["--pruner"]
    assert offered("sweep", "lr_epochs", "--cost", "f") == ["flops"]
    (folder / "FILES").touch()
    assert offered("predict", "lr_epochs", "") != ["lr_epochs", "lr_epochs-2"]
    assert "FILES" in offered("predict", "lr_epochs", "")


@pytest.mark.parametrize("verb", commands.names())
def test_the_options_of_a_verb_are_those_that_it_takes(verb: str) -> None:
    with pytest.raises(BadInput, match=r"^option must be one of ") as refused:
        commands.run(verb, ["--no-such-option"])
    taken = str(refused.value).removeprefix("option must be one of ").partition(", got")[0].split(", ")
    assert completion.candidates([verb, "-"]) == taken


@pytest.mark.parametrize("verb", sorted({*commands.names()} - {"sweep"}))
def test_the_page_of_a_verb_declares_what_its_module_reads(verb: str) -> None:
    page, source = pages.of_verb(verb), (Path(commands.__path__[0]) / f"{verb}.py").read_text()
    assert f"\n\nUsage: knobwise {verb}" in page
    texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    read = {text for text in texts if isinstance(text, str) and re.fullmatch("--[a-z-]+", text)}
    assert read == {*parser.options_of(page)}
    assert {word.strip("[]") for word in parser.words_of(page)} <= texts


def test_the_options_of_a_sweep_and_their_values_are_those_that_it_takes() -> None:
    def offered(*words: str) -> list[str]:
        return completion.candidates(["sweep", "lr_epochs", *words])

    assert offered("--") == [*parser.options_of(settings.HELP), "--help"]
    for option, known in (
        ("--sampler", SAMPLERS),
        ("--pruner", PRUNERS),
        ("--executor", EXECUTORS),
        ("--cost", ["none", *settings.COSTS]),
        ("--problem", problems.names()),
    ):
        assert set(offered(option, "")) == set(known)
        assert set(offered(f"{option}=")) == {f"{option}={value}" for value in known}
    assert offered("--quiet", "--sampler", "q") == ["qmc"]
    assert offered("--sampler", "=", "q") == ["qmc"]  # as bash takes it apart
    assert offered("--trials", "") == []
    assert completion.candidates(["sweep", ""]) == catalogue.names()


def test_studies_are_found_in_any_search_that_is_a_file(folder: Path) -> None:
    optuna.create_study(storage="sqlite:///search.db", study_name="elsewhere")

    def offered(*words: str) -> list[str]:
        return completion.candidates([*words, ""])

    assert offered("extend", "--storage", "sqlite:///search.db") == ["elsewhere"]
    assert offered("extend", "--storage=sqlite:///search.db") == ["elsewhere"]
    assert offered("best") == ["lr_epochs-2", "lr_epochs"]
    (folder / "mlruns" / "optuna.journal").unlink()
    (folder / "mlflow.db").write_text("no database")
    assert offered("best") == []


def test_an_answer_needs_none_of_the_slow_libraries(folder: Path) -> None:
    code = (
        "import sys; from knobwise.sweeps.commands import main; main(['completion', '--words', 'runs', '']);"
        "print(sorted({'numpy', 'optuna', 'mlflow', 'pandas', 'rich'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=user_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["lr_epochs-2", "lr_epochs", "[]"]


def test_a_shell_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["completion", "bahs"]) == 2
    assert capsys.readouterr().err == "error: SHELL must be one of bash, fish, zsh, got 'bahs'; did you mean bash?\n"
