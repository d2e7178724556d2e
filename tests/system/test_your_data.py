"""A table from its file to a served model, as `docs/your_data.md` has it; and what is said of rows that do not fit."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import ROOT, user_environment

PAGE = ROOT / "docs" / "your_data.md"
BLOCK = re.compile(r"^<!-- run -->\n```(python|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
KNOBWISE = 'knobwise() { "%s" -c "from knobwise.sweeps.commands import main; raise SystemExit(main())" "$@"; }; '
START = 150  # seconds that a server may take on a busy machine


def typed(folder: Path, command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", KNOBWISE % sys.executable + command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@contextlib.contextmanager
def served(folder: Path, command: str, environment: dict[str, str], port: int) -> Iterator[None]:
    """A command that goes on in the background, until it answers and then to the end of the block."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", KNOBWISE % sys.executable + command.removesuffix("&")],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + START
            while typed(folder, f"curl -sf http://127.0.0.1:{port}/ping", environment).returncode:
                if time.monotonic() > until or process.poll() is not None:
                    pytest.fail(f"{command} did not answer:\n{(folder / 'server.log').read_text()[-3000:]}")
                time.sleep(0.3)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """The folder of a reader who has done all that the page says, in its order, and what each command printed."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    folder = tmp_path_factory.mktemp("reader")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    environment = {
        **user_environment(),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
    }
    printed: dict[str, str] = {}
    with contextlib.ExitStack() as servers:
        for language, text in BLOCK.findall(PAGE.read_text()):
            if language == "python":
                subprocess.run([sys.executable, "-c", text], cwd=folder, env=environment, check=True, timeout=300)
                continue
            for command in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
                here = command.replace("5050", str(port)).replace("--trials 20", "--trials 4 --confirm 2")
                if here.endswith("&"):
                    servers.enter_context(served(folder, here, environment, port))
                    continue
                done = typed(folder, here, environment)
                assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
                printed[command] = done.stdout
        (folder / "printed.json").write_text(json.dumps(printed))
        yield folder, environment


def test_a_reader_gets_from_a_file_to_a_served_model(reader: tuple[Path, dict[str, str]]) -> None:
    folder, _ = reader
    printed = json.loads((folder / "printed.json").read_text())
    sweep, predict, *_, served_said = printed.values()
    assert "test accuracy" in sweep
    assert all(name in sweep for name in ("constant", "linear", "gradient boosting", "scikit-learn MLP"))
    table = pd.read_csv(folder / "predicted.csv")
    assert list(table) == ["cultivar", "P(barbera)", "P(barolo)", "P(grignolino)"]
    assert set(table["cultivar"]) <= {"barbera", "barolo", "grignolino"}
    assert table.to_csv(index=False) == predict
    (first,) = json.loads(served_said)["predictions"]
    assert first["cultivar"] == table["cultivar"][0]
    assert first["P(barolo)"] == pytest.approx(table["P(barolo)"][0], abs=1e-6)


def test_every_run_says_which_data_it_is_of(reader: tuple[Path, dict[str, str]]) -> None:
    folder, _ = reader
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as database:
        problems = database.execute(
            "SELECT DISTINCT t.value FROM tags t JOIN tags k USING (run_uuid) "
            "WHERE t.key = 'knobwise.problem' AND k.key = 'knobwise.kind' AND k.value IN ('study', 'trial')"
        ).fetchall()
        kinds = dict(
            database.execute("SELECT value, count(*) FROM tags WHERE key = 'knobwise.kind' GROUP BY 1").fetchall()
        )
    ((problem,),) = problems
    assert re.fullmatch(r"wine\.csv\?sha256=[0-9a-f]{64}&target=cultivar", problem)
    assert kinds["reference"] == 4
    assert {"confusion_matrix.png", "calibration.png", "partial_slices.png"} <= {
        file.name for file in folder.glob("mlruns/*/*/artifacts/pictures/*.png")
    }


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (lambda new: new.drop(columns="ash"), "", "the rows must have the column 'ash'"),
        (
            lambda new: new.assign(soil="chalk"),
            "--unseen refuse",
            "column 'soil' must hold one of clay, marl, got 'chalk' in line 2; --unseen ignore",
        ),
        (lambda new: new.assign(hue="red"), "", "column 'hue' must hold finite numbers, got 'red' in line 2"),
        (lambda new: new, "--unseen maybe", "--unseen must be one of refuse, ignore, got 'maybe'"),
    ],
)
def test_rows_that_the_model_cannot_take_are_refused_by_name(
    change: object, options: str, said: str, reader: tuple[Path, dict[str, str]]
) -> None:
    folder, environment = reader
    assert callable(change)
    change(pd.read_csv(folder / "new.csv")).to_csv(folder / "odd.csv", index=False)
    done = typed(folder, f"knobwise predict wine odd.csv {options}", environment)
    assert done.returncode == (2 if said else 0)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_predict_takes_what_the_sweep_scored_and_says_what_it_ignored(reader: tuple[Path, dict[str, str]]) -> None:
    folder, environment = reader
    new = pd.read_csv(folder / "new.csv")
    new.assign(soil=["chalk", *new["soil"][1:]], hue=[np.nan, *new["hue"][1:]]).to_csv(folder / "odd.csv", index=False)
    done = typed(folder, "knobwise predict wine odd.csv", environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[:-1] == [
        "hue: 1 row has no value, as no row had in training; predicted from the other columns",
        "soil: 1 row has a category that training did not have, as 'chalk'; predicted from the other columns",
    ]
    assert typed(folder, "knobwise predict wine odd.csv --unseen ignore", environment).stdout == done.stdout
    # The very file that the sweep scored is predicted, whatever its validation and test parts have.
    assert typed(folder, "knobwise predict wine wine.csv", environment).returncode == 0


def test_a_study_whose_file_has_changed_is_refused_and_nothing_is_lost(reader: tuple[Path, dict[str, str]]) -> None:
    folder, environment = reader
    before = (folder / "wine.csv").read_text()
    again = "knobwise sweep all_knobs --problem wine.csv --target cultivar --name wine --trials 4 --confirm 2 --quiet"
    try:
        (folder / "wine.csv").write_text(before.replace("barolo", "Barolo"))
        done = typed(folder, again, environment)
        assert done.returncode == 2
        assert "wine.csv has changed since study 'wine' was begun: its SHA-256 is" in done.stderr
        assert done.stderr.count("\n") == 1
    finally:
        (folder / "wine.csv").write_text(before)
    assert typed(folder, f"{again} --json", environment).returncode == 0
