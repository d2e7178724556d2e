"""The champion in use: served over HTTP, asked for predictions and made anew by the command, as a user does."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from knobwise.experiments import compare, problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.model import images
from knobwise.experiments.model.champion import champion_of
from knobwise.experiments.record.connection import connect
from knobwise.experiments.record.tracker import Tracker
from knobwise.experiments.run import run
from knobwise.nn_core import predictor
from knobwise.sweeps import commands
from tests.conftest import user_environment
from tests.experiments.trained import small
from tests.system.conftest import KNOBS, KNOBWISE, START, Study, answers, post

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


class Malice:
    """An object whose unpickling leaves a file behind."""

    def __init__(self, witness: Path) -> None:
        self._witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._witness,)


def model_folder(study: Study) -> Path:
    client = connect(study.uri)
    champion = champion_of(client, "small")
    assert champion is not None
    (model,) = client.search_logged_models([study.place.experiment_id], f"source_run_id = '{champion.run_id}'")
    return Path(model.artifact_location)


@pytest.fixture(scope="module")
def server(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`mlflow models serve` on the champion, in whose folder a pickle waits at the place where MLflow looks for one.

    Knobwise is not on the server's path: the model has brought what it needs.
    """
    folder = tmp_path_factory.mktemp("server")
    witness = folder / "witness"
    pickle = model_folder(study) / "python_model.pkl"
    pickle.write_bytes(cloudpickle.dumps(Malice(witness)))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    environment = {k: v for k, v in user_environment().items() if k != "PYTHONPATH"}
    environment |= {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")]),
        "MLFLOW_TRACKING_URI": study.uri,
    }
    command = ["mlflow", "models", "serve", "-m", "models:/small@champion", "--env-manager", "local", "-p", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + START
        while not answers(url):
            if time.monotonic() > until or process.poll() is not None:
                pytest.fail(f"`mlflow models serve` did not answer:\n{(folder / 'log').read_text()[-3000:]}")
            time.sleep(0.2)
        yield url
        assert not witness.exists(), "the pickle was read"
        cloudpickle.loads(pickle.read_bytes())
        assert witness.exists(), "the pickle would have worked"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        pickle.unlink()


def ask(url: str, body: dict[str, Any]) -> dict[str, Any]:
    return post(url, json.dumps(body))[1]


def test_the_served_champion_says_what_the_checkpoint_says(study: Study, server: str) -> None:
    example = json.loads((model_folder(study) / "serving_input_example.json").read_text())
    X = np.array(example["dataframe_split"]["data"])
    assert X.shape == (5, 2)
    said = [row["Z"] for row in ask(server, example)["predictions"]]
    np.testing.assert_allclose(said, study.network.predict(X)[:, 0], rtol=0, atol=1e-6)
    X = np.random.default_rng(1).uniform(-10, 10, (1000, 2))
    body = {"dataframe_split": {"columns": ["Y", "X"], "data": X[:, ::-1].tolist()}}
    said = [row["Z"] for row in ask(server, body)["predictions"]]
    np.testing.assert_allclose(said, study.network.predict(X)[:, 0], rtol=0, atol=1e-6)
    assert np.ptp(said) > 1


def test_the_server_names_a_column_that_is_missing(server: str) -> None:
    refusal = ask(server, {"dataframe_split": {"columns": ["X"], "data": [[1.0]]}})
    assert "missing inputs ['Y']" in refusal["message"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("[[1, 2], [null, 2]]", "column 'X' must hold finite numbers, got an empty cell in row 2"),
        ("[[1, NaN]]", "column 'Y' must hold finite numbers, got an empty cell in row 1"),
        ("[[1e999, 2]]", "column 'X' must hold finite numbers, got 'inf' in row 1"),
    ],
)
def test_the_server_refuses_cells_that_are_no_numbers(cells: str, message: str, server: str) -> None:
    status, answer = post(server, f'{{"dataframe_split": {{"columns": ["X", "Y"], "data": {cells}}}}}')
    assert (status, message in answer["message"]) == (400, True), answer


def knobwise(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", KNOBWISE, *words],
        cwd=folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_predict_writes_a_line_for_each_row(study: Study) -> None:
    X = np.random.default_rng(2).uniform(-10, 10, (7, 2))
    pd.DataFrame({"note": "a", "Y": X[:, 1], "X": X[:, 0]}).to_csv(study.folder / "new.csv", index=False)
    done = knobwise(study.folder, "predict", "small", "new.csv")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("7 predictions by the champion of small, version 1 (trial 1, val MSE ")
    assert done.stderr.count("\n") == 1
    said = pd.read_csv(io.StringIO(done.stdout))
    assert list(said) == ["Z"]
    np.testing.assert_allclose(said, study.network.predict(X), rtol=1e-15)


@pytest.mark.parametrize("kind", ["tsv", "parquet"])
def test_predict_reads_and_writes_other_kinds_of_file(
    kind: str, here: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    X = np.array([[1.0, 2.0], [-3.5, 4.0]])
    table = pd.DataFrame(X, columns=["X", "Y"])
    if kind == "tsv":
        table.to_csv("two.tsv", sep="\t", index=False)
    else:
        table.to_parquet("two.parquet")
    output = f"out.{kind}"
    assert commands.main(["predict", "small", f"two.{kind}", "--output", output, "--json", "--trial", "0"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["trial"], facts["champion"], facts["rows"], facts["output"]) == (0, None, 2, output)
    said = pd.read_csv(output, sep="\t") if kind == "tsv" else pd.read_parquet(output)
    expected = predictor.load(small(lr=0.001, **KNOBS).checkpoint).predict(X)
    np.testing.assert_allclose(said, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("X,Y\n1,2\n", ["nobody", "new.csv"], "study must be one of small in"),
        ("X,Y\n1,2\n", ["small", "other.csv"], "the file must be one that is there, got 'other.csv'"),
        ("X,Y\n1,2\n", ["small", "new.xls"], "got 'new.xls', which is an .xls file, which is not read"),
        ("X,Y\n1,2\n", ["small"], "knobwise predict: missing FILE; Usage: knobwise predict STUDY FILE [options]"),
        ("X,Y\n1,2\n", ["small", "new.csv", "--out", "a"], "did you mean --output?"),
        ("X,Y\n1,2\n", ["small", "new.csv", "--output", "a.txt"], "--output must end in"),
        ("X,Y\n1,2\n", ["small", "new.csv", "--trial", "-1"], "--trial must be a whole number >= 0, got -1"),
        ("X,Y\n1,2\n", ["small", "new.csv", "--trial", "8"], "trial must be one of the 3 that are over"),
        ("", ["small", "new.csv"], "must have a line of column names, got 'new.csv', which is empty"),
        ("X,Y\n", ["small", "new.csv"], "which has column names only"),
        ("X,YY\n1,2\n", ["small", "new.csv"], "without Y; it has X, YY; did you mean YY?"),
        ("a,b\n1,2\n", ["small", "new.csv"], "must have the columns X, Y, got 'new.csv' without X, Y; it has a, b"),
        ("X,Y\n1,2\n3,four\n", ["small", "new.csv"], "column 'Y' must hold numbers, got 'four' in row 2 below"),
        (
            "X,Y\n1,2\n,4\n,5\n",
            ["small", "new.csv"],
            "got an empty cell in row 2 below the column names of 'new.csv' (2",
        ),
        ("X,Y\n1,inf\n", ["small", "new.csv"], "got 'inf' in row 1"),
        ("X,Y\n1,True\n", ["small", "new.csv"], "got 'True' in row 1"),
        ('X,Y\n1,"2\n', ["small", "new.csv"], "must be a readable .csv file, got 'new.csv': "),
    ],
)
def test_predict_says_what_is_wrong_with_a_file_in_one_line(
    text: str, words: list[str], said: str, here: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("new.csv").write_text(text)
    assert commands.main(["predict", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_retrain_records_where_its_run_comes_from_and_may_make_a_champion(here: Study) -> None:
    before = compare.runs("small")
    done = knobwise(here.folder, "retrain", "small", "--epochs", "120", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    origin = str(before.set_index("trial")["run_id"][1])
    assert facts["from"]["run_id"] == origin
    assert facts["changed"] == {"epochs": 120}
    assert facts["val_mse"] == small(lr=0.02, **{**KNOBS, "epochs": 120}).metrics["val_mse"]
    assert facts["moved"] is (facts["val_mse"] < facts["from"]["val_mse"]) is True
    client = connect(here.uri)
    run = client.get_run(facts["run_id"])
    tags = run.data.tags
    assert (tags["knobwise.kind"], tags["mlflow.parentRunId"]) == ("retrain", here.place.run_id)
    assert (tags["knobwise.retrained_from"], tags["knobwise.changed"]) == (origin, '{"epochs": 120}')
    assert run.data.params["epochs"] == "120"
    assert images.logged(here.uri, facts["run_id"]) == {1, 2, 4, 8, 16, 32, 64, 120}
    assert tags["mlflow.loggedImages"] == "True"
    pd.testing.assert_frame_equal(compare.runs("small"), before)
    assert {run.trial for run in Tracker(here.uri).recorded(here.place)} == {0, 1, 2}
    assert len(Tracker(here.uri).recorded(here.place)) == 3
    champion = champion_of(client, "small")
    assert champion is not None
    assert (champion.run_id, champion.kind) == (facts["run_id"], "retrain")


@pytest.mark.parametrize("patience", [0, 1])
def test_retrain_of_a_problem_without_a_surface_draws_no_frames(patience: int, workdir: Path) -> None:
    tracker = Tracker()
    place = tracker.open_study(sweep="lr_epochs", name="sine", study="sine", problem="noisy_sine", about={})
    config = RunConfig(n_samples=50, epochs=40, widths=(4,), lr=0.1, optimizer="adam", patience=patience)
    outcome = run(problems.load("noisy_sine"), config, pictures=False)
    tracker.record(place, trial=0, status="complete", outcome=outcome, started=1.0, ended=2.0)
    done = knobwise(workdir, "retrain", "sine", "--seed", "3", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["status"], facts["changed"]) == ("complete", {"seed": 3})
    epochs = connect(tracker.uri).get_run(facts["run_id"]).data.metrics["epochs_done"]
    assert (epochs < 40) is (patience == 1), "one of the two stops early"
    assert images.logged(tracker.uri, facts["run_id"]) == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody"], "study must be one of small"),
        ([], "knobwise retrain: missing STUDY; Usage: knobwise retrain STUDY [options]"),
        (["small", "--epochs", "0"], "--epochs must be a whole number >= 1, got 0"),
        (["small", "--epochs"], "--epochs must be followed by a whole number, got nothing"),
        (["small", "--sample", "9"], "did you mean --samples?"),
        (["small", "--trial", "77"], "trial must be one of the 3 that are over in 'small', got 77"),
        (["small", "--seed", "99999999999"], "seed must be at most"),
    ],
)
def test_retrain_refuses_in_one_line(
    words: list[str], said: str, here: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["retrain", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
