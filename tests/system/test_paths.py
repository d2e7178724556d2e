"""A project's folder may have any name: signs that mean something in an address are signs of a name here.

Of each name the whole way is gone: a sweep, what plain MLflow finds, a prediction by the champion, the doctor.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import user_environment
from tests.system.drill import SCRIPT

KNOBWISE = "from knobwise.sweeps.commands import main; raise SystemExit(main())"
PLAIN = """
import os
import mlflow

runs = mlflow.search_runs(search_all_experiments=True, filter_string="tags.`knobwise.kind` = 'trial'")
sizes = []
for run_id in runs["run_id"]:
    with open(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="checkpoint.npz"), "rb") as file:
        sizes.append(hash(file.read()))
if not os.getcwd().count("%"):  # MLflow decodes the path of the model that it loads
    model = mlflow.pyfunc.load_model("models:/tiny@champion")
    assert model.metadata.run_id in set(runs["run_id"])
print(len(set(sizes)))
"""


def python(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-B", *words],
        cwd=folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize(
    "name",
    [
        "a#b",
        pytest.param("what?", marks=pytest.mark.drill),
        pytest.param("per%20cent", marks=pytest.mark.drill),
        pytest.param("x?y=1&z#%41 ü", marks=pytest.mark.drill),
    ],
)
def test_a_folder_of_any_name_holds_all_of_a_project(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("p")
    folder = outside / name
    folder.mkdir()
    (folder / "tiny.py").write_text(SCRIPT)
    (folder / "new.csv").write_text("X,Y\n0.5,0.5\n")
    done = python(folder, "tiny.py", "--trials", "2", "--jobs", "1", "--confirm", "0", "--quiet", "--json")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in outside.iterdir()] == [name]
    said = python(folder, "-c", PLAIN)
    assert said.stdout.splitlines()[-1] == "2", said.stderr
    predicted = python(folder, "-c", KNOBWISE, "predict", "tiny", "new.csv", "--json")
    assert predicted.returncode == 0, predicted.stderr
    assert json.loads(predicted.stdout)["champion"] == 1
    assert json.loads(python(folder, "-c", KNOBWISE, "doctor", "--json").stdout)["healthy"]
    # MLflow by itself makes a folder that is named as the encoded path is, and leaves it empty.
    assert all(path.is_dir() for path in outside.rglob("*") if not path.is_relative_to(folder))
