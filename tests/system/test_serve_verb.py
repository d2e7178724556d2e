"""`knobwise serve`, as a user runs it."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

from knobwise.sweeps import commands
from tests.conftest import user_environment
from tests.system.conftest import KNOBWISE, START, Study, post

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


@pytest.fixture(scope="module")
def served_by_verb(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """`knobwise serve` where no program of this environment is on PATH: its address, and what it prints on stderr.

    At the end it is sent SIGTERM, and must leave with 143 and no process behind.
    """
    log = tmp_path_factory.mktemp("verb") / "log"
    environment = {**user_environment(), "PATH": os.defpath}
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", KNOBWISE, "serve", "small", "--port", "0"],
            cwd=study.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=err,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + START
        while not (address := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
            if time.monotonic() > until or process.poll() is not None:
                pytest.fail(f"`knobwise serve` did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
        yield address[0], log.read_text()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
        assert (process.returncode, out) == (143, b""), log.read_text()
        assert "Traceback" not in log.read_text()
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)


def test_serve_finds_its_own_programs_and_prints_a_request_that_works(
    study: Study, served_by_verb: tuple[str, str]
) -> None:
    url, printed = served_by_verb
    about, command = printed.splitlines()
    assert about.startswith("Serving the champion of small, version 1 (trial 1, val MSE ")
    program, where, _, kind, _, body = shlex.split(command)
    assert (program, where, kind) == ("curl", f"{url}/invocations", "Content-Type: application/json")
    status, answer = post(url, body)
    (row,) = json.loads(body)["dataframe_records"]
    expected = study.network.predict(np.array([[row["X"], row["Y"]]]))[0, 0]
    assert status == 200
    assert answer["predictions"][0]["Z"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"dataframe_split": {"columns": ["Y", "X"], "data": [[1, 2], [2, "1"]]}}',
         "column 'X' must hold numbers, got \"1\" in row 2"),
        ('{"dataframe_records": [{"X": 1, "Y": true}]}', "column 'Y' must hold numbers, got true in row 1"),
        ('{"instances": [{"X": 1, "Y": "a"}]}', "column 'Y' must hold numbers, got \"a\" in row 1"),
        ('{"inputs": {"X": [1, false], "Y": [1, 2]}}', "column 'X' must hold numbers, got false in row 2"),
        ('{"dataframe_records": [{"X": null, "Y": 1}]}', "'X' must hold finite numbers, got an empty cell in row 1"),
        ('{"dataframe_records": [{"X": 1}]}', "missing inputs ['Y']"),
        ("[1]", "Received a list"),
    ],
)  # fmt: skip
def test_serve_refuses_cells_that_are_texts_or_truth_values(
    body: str, message: str, served_by_verb: tuple[str, str]
) -> None:
    status, answer = post(served_by_verb[0], body)
    assert (status, message in answer["message"]) == (400, True), answer


def test_serve_refuses_in_one_line(here: Study, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for words, said in (
            (["nobody"], "study must be one of small"),
            (["small", "--port", str(port)], f"got 127.0.0.1:{port}: Address already in use"),
            (["small", "--port", "70000"], "--port must be a whole number from 0 to 65535, got 70000"),
            (["small", "--host", "no.such.host.invalid"], "got no.such.host.invalid:5001"),
        ):
            assert commands.main(["serve", *words]) == 2
            out, err = capsys.readouterr()
            assert (out, err.count("\n")) == ("", 1)
            assert said in err
