"""A table as people write it, from the command line: what the sweep says of it, records, and predicts from it."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import user_environment
from tests.experiments.tables.as_people_write import RENTS, ROWS, points

MAIN = "from knobwise.sweeps.commands import main; raise SystemExit(main())"


def knobwise(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**user_environment(), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    return subprocess.run(
        [sys.executable, "-c", MAIN, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file that has a title, row numbers, decimal commas, dates, codes, a total, and gaps."""
    folder = tmp_path_factory.mktemp("awkward")
    table = RENTS.sample(frac=1, random_state=0).assign(
        rent=lambda rows: [f"{points(rent)} €" for rent in rows["rent"]],
        day=pd.date_range("2021-01-01", periods=ROWS, freq="9D").strftime("%d.%m.%Y"),
        zip=["01067", "53111"] * (ROWS // 2),
    )
    table.loc[table.index[3], "rent"] = None
    table.loc[table.index[-1], "city"] = "Köthen"
    text = "Mieten 2024\n\n" + table.to_csv(sep=";", decimal=",") + ";;;;;;\nSumme;;;;;;\n"
    (folder / "rents.csv").write_bytes(text.encode("cp1252"))
    return folder


def test_a_sweep_says_what_it_read_and_predict_reads_the_same(folder: Path) -> None:
    sweep = ("sweep", "tables", "--problem", "rents.csv", "--target", "rent", "--name", "rents", "--trials", "2")
    refused = knobwise(folder, *sweep)
    assert refused.returncode == 2
    assert refused.stderr.strip().removeprefix("error: ") == (
        "column 'rent' must hold a target in every row, got an empty cell in line 7: --drop-rows-without-target leaves "
        "this row out"
    )
    done = knobwise(folder, *sweep, "--drop-rows-without-target", "--confirm", "0", "--json")
    assert done.returncode == 0, done.stderr
    said = [
        "rents.csv: not UTF-8: read as Windows-1252 (Latin-1), with '€' in line 4",
        "rents.csv: semicolons are between its columns",
        "rents.csv: lines 1 to 2 above the column names: left out, 'Mieten 2024'",
        "1 blank row: left out, the first in line 84",
        "the last row, line 85: left out, a total of the rows above it",
        "1 row without a target: left out",
        "zip: read as categories, for the leading zero of '01067'",
        "Unnamed: 0: left out, it numbers the rows, 0 to 79; --keep makes it an input",
    ]
    lines = done.stderr.splitlines()
    assert [line for line in said if line not in lines] == [], done.stderr
    assert any(line.startswith("rent: read as numbers in €, '") for line in lines)
    assert any(line.startswith("day: read as dates, '") for line in lines)
    assert json.loads(done.stdout)["best"]["val_mse"] < 1e9
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as database:
        ((recorded,),) = database.execute("SELECT value FROM tags WHERE key = 'knobwise.about.data'").fetchall()
        sources = [json.loads(source) for (source,) in database.execute("SELECT dataset_source FROM datasets")]
    assert "Unnamed: 0: left out, it numbers the rows" in recorded
    of_parts = [source["tags"]["about"] for source in sources if "about" in source["tags"]]
    assert len(of_parts) >= 3
    assert all("Unnamed: 0: left out, it numbers the rows" in about for about in of_parts)
    predicted = knobwise(folder, "predict", "rents", "rents.csv")
    assert predicted.returncode == 0, predicted.stderr
    assert len(predicted.stdout.splitlines()) == 1 + ROWS
    values = pd.to_numeric(pd.Series(predicted.stdout.splitlines()[1:]))
    assert values.between(0, 3000).all()
    # The same rows with plain cells are predicted the same.
    plain = RENTS.sample(frac=1, random_state=0).assign(
        day=pd.date_range("2021-01-01", periods=ROWS, freq="9D"), zip=["01067", "53111"] * (ROWS // 2)
    )
    plain.loc[plain.index[-1], "city"] = "Köthen"
    plain.to_csv(folder / "plain.csv", index=False)
    assert knobwise(folder, "predict", "rents", "plain.csv").stdout == predicted.stdout
