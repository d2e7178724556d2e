"""Studies that version 0.1.0 recorded stay usable: they are read, resumed, extended, retrained and served.

`tests/data/README.md` says how they were recorded. The tests run in the order of this file: those at the top read the
record as it was, and those below add to it.
"""

import contextlib
import io
import json
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import knobwise as kw
from knobwise.sweeps import commands
from tests.conftest import ROOT, user_environment

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy

DATA = ROOT / "tests" / "data"
ANSWERS: dict[str, Any] = json.loads((DATA / "studies_0_1_0.json").read_text(encoding="utf-8"))
RECORDED_IN = "/study"
PATHS = {
    "experiments": "artifact_location",
    "logged_models": "artifact_location",
    "model_versions": "storage_location",
    "runs": "artifact_uri",
}
STUDIES = sorted(ANSWERS)
SERVE = """
import json, sys
import mlflow.pyfunc
import pandas as pd

models = {study: mlflow.pyfunc.load_model(f"models:/{study}@champion") for study in sys.argv[1:]}
predictions = {}
for study, model in models.items():
    kinds = {each.name: each.type.to_pandas() for each in model.metadata.get_input_schema()}
    predictions[study] = model.predict(pd.read_csv(f"{study}_new.csv", dtype=kinds)).to_dict("list")
brought = sys.modules["nn_core"].__file__

import knobwise as kw

print(json.dumps([predictions, brought, [len(kw.runs(study)) for study in models]]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The recorded folder, unpacked, as the working directory; with rows to predict in STUDY_new.csv."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(DATA / "studies_0_1_0.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    with closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
        for table, column in PATHS.items():
            database.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (RECORDED_IN, str(folder)))
    for file in (folder / "mlruns" / "optuna.journal", *folder.rglob("MLmodel")):
        file.write_text(file.read_text(encoding="utf-8").replace(RECORDED_IN, str(folder)), encoding="utf-8")
    for study in STUDIES:
        (folder / f"{study}_new.csv").write_text(ANSWERS[study]["rows"], encoding="utf-8")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield folder


def knobwise(*words: str) -> str:
    """What the command prints, once it has succeeded."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = commands.main([*words])
    assert code == 0, err.getvalue() + out.getvalue()
    return out.getvalue()


def answer(*words: str) -> dict[str, Any]:
    """The JSON that the command prints."""
    return dict(json.loads(knobwise(*words, "--json")))


def as_recorded(study: str) -> pd.DataFrame:
    """The runs as version 0.1.0 gave them."""
    return pd.DataFrame(ANSWERS[study]["runs"])


@pytest.mark.parametrize("study", STUDIES)
def test_the_runs_and_curves_are_those_that_were_recorded(study: str, folder: Path) -> None:
    expected = as_recorded(study)
    runs = kw.runs(study)[list(expected)]
    pd.testing.assert_frame_equal(runs, expected, check_dtype=False, rtol=1e-12)
    curves = kw.curves(study)
    assert len(curves) == ANSWERS[study]["points"]
    assert set(curves["trial"]) == set(expected["trial"])


@pytest.mark.parametrize("study", STUDIES)
def test_the_best_trial_is_the_champion(study: str, folder: Path) -> None:
    champion = ANSWERS[study]["champion"]["trial"]
    assert kw.best(study)["trial"].iloc[0] == champion
    assert answer("best", study)["best"][0]["trial"] == champion


@pytest.mark.parametrize("study", STUDIES)
def test_the_champion_predicts_what_it_predicted(study: str, folder: Path) -> None:
    facts = answer("predict", study, f"{study}_new.csv")
    assert (facts["trial"], facts["champion"]) == (1, 1)
    assert list(facts["predictions"]) == list(ANSWERS[study]["predictions"])
    for name, values in ANSWERS[study]["predictions"].items():
        np.testing.assert_allclose(facts["predictions"][name], values, rtol=1e-9)


def test_mlflow_serves_the_models_with_the_code_that_they_brought(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVE, *STUDIES],
        env=user_environment() | {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    predictions, brought, counts = json.loads(done.stdout.splitlines()[-1])
    for study in STUDIES:
        for name, values in ANSWERS[study]["predictions"].items():
            np.testing.assert_allclose(predictions[study][name], values, rtol=1e-9)
    assert Path(brought).is_relative_to(folder / "mlruns"), brought
    assert counts == [3, 3]


@pytest.mark.parametrize("study", STUDIES)
def test_the_report_names_the_best_trial(study: str, folder: Path) -> None:
    assert answer("report", study, "--no-attach", "--output", "report.html")["file"] == "report.html"
    page = Path("report.html").read_text(encoding="utf-8")
    best = as_recorded(study)["val_mse"].min()
    assert f"{best:.4g}" in page
    assert page.count("<svg") >= 3


def test_search_and_record_agree(folder: Path) -> None:
    assert "6 finished trials of 2 studies" in knobwise("doctor")


@pytest.mark.parametrize(
    ("study", "sweep"),
    [
        ("lr_epochs", ["lr_epochs", "--seed", "282", "--trials", "5"]),
        ("flats", ["tables", "--problem", "flats.csv", "--target", "price", "--trials", "4", "--confirm", "0"]),
    ],
)
def test_a_resumed_study_gets_more_trials_and_repeats_none(study: str, sweep: list[str], folder: Path) -> None:
    before = kw.runs(study)
    counts = answer("sweep", *sweep, "--name", study, "--jobs", "2", "--quiet")["trials"]
    assert sum(counts.values()) == int(sweep[sweep.index("--trials") + 1])
    after = kw.runs(study)
    pd.testing.assert_frame_equal(after[after["trial"] < 3][list(before)].reset_index(drop=True), before)
    assert len(after) == sum(counts.values())
    assert not after.duplicated(["lr", "epochs"]).any()
    knobwise("doctor")


def test_a_trial_trains_longer_from_its_checkpoint(folder: Path) -> None:
    shortest = kw.runs("lr_epochs").query("status == 'complete'").nsmallest(1, "epochs").iloc[0]
    epochs = int(shortest["epochs"]) + 96
    answer("extend", "lr_epochs", str(shortest["trial"]), "--epochs", str(epochs), "--quiet")
    extended = kw.runs("lr_epochs").iloc[-1]
    assert (extended["epochs"], extended["lr"], extended["status"]) == (epochs, shortest["lr"], "complete")
    curves = kw.curves("lr_epochs", full=True).query("metric == 'train_loss'").set_index(["trial", "epoch"])["value"]
    before, after = curves[shortest["trial"]], curves[extended["trial"]]
    assert (len(before), len(after)) == (shortest["epochs"], epochs)
    pd.testing.assert_series_equal(after[: len(before)], before, check_exact=True)
    knobwise("doctor")


@pytest.mark.parametrize(("study", "knobs"), [("lr_epochs", {"epochs": 60, "samples": 100}), ("flats", {"epochs": 20})])
def test_the_champion_is_retrained(study: str, knobs: dict[str, int], folder: Path) -> None:
    words = [word for knob, value in knobs.items() for word in (f"--{knob}", str(value))]
    facts = answer("retrain", study, *words)
    assert facts["changed"]["epochs"] == knobs["epochs"]
    assert np.isfinite(facts["val_mse"])
    assert facts["moved"] is (facts["val_mse"] < facts["from"]["val_mse"])
    knobwise("doctor")
