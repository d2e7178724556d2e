"""A password in the address of a store: in nothing that is printed, recorded or written."""

from pathlib import Path

import pytest

from knobwise.sweeps import commands
from tests.system.test_faults import SCRIPT

pytestmark = [
    pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning"),  # between MLflow and SQLAlchemy
    pytest.mark.filterwarnings("ignore:Query string argument:sqlalchemy.exc.SAWarning"),  # which is how it works here
]

SECRET = "s3cr3t-w0rd"
# Both work as they are: SQLite passes over what stands behind the question mark.
SEARCH = f"sqlite:///search.db?password={SECRET}"
RECORD = f"sqlite:///{{folder}}/mlflow.db?password={SECRET}"
NOWHERE = [
    f"http://ann:{SECRET}@127.0.0.1:9",
    f"postgresql://ann:{SECRET}@127.0.0.1:9/mlflow",
    f"postgresql+psycopg://ann:pa/ss@{SECRET}@127.0.0.1:9/mlflow",
    f"mysql+pymysql://ann:{SECRET}@127.0.0.1:9/mlflow?ssl_key={SECRET}",
    f"mssql+pyodbc://ann:{SECRET}@127.0.0.1:9/mlflow",
    f"sqlite:///no/such/folder/x.db?password={SECRET}",
    f"nonsense://ann:{SECRET}@127.0.0.1:9",
]
RAISES = f"""
    if trial.number == 1:
        raise ValueError("cannot read postgresql://ann:{SECRET}@db.example/table")
    return found
"""
ASK_THE_RECORD = [
    ["runs", "tiny"],
    ["best", "tiny"],
    ["report", "tiny"],
    ["export", "tiny", "runs.csv"],
    ["predict", "tiny", "new.csv"],
    ["retrain", "tiny", "--epochs", "30"],
    ["clean", "--json"],
]


@pytest.fixture
def folder(workdir: Path) -> Path:
    (workdir / "tiny.py").write_text(SCRIPT.replace("\n    return found\n", RAISES))
    (workdir / "new.csv").write_text("X,Y\n0,0\n1.5,-2\n")
    return workdir


def run(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command and return its exit code, stdout and stderr, in which no secret is."""
    capfd.readouterr()
    code = commands.main([*words])
    out, err = capfd.readouterr()
    assert SECRET not in out + err, words
    assert "Traceback" not in out + err, words
    return code, out, err


def with_secret(folder: Path) -> list[Path]:
    """The files that a secret is in, but for the user's own script."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "tiny.py"]
    return [path for path in files if SECRET.encode() in path.read_bytes()]


def test_no_secret_is_shown_or_written(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", RECORD.format(folder=folder.as_posix()))
    sweep = ["sweep", "tiny.py", "--jobs", "1", "--sampler", "random", "--confirm", "0", "--storage", SEARCH]
    code, out, err = run(capfd, *sweep, "--trials", "2")
    assert code == 0, err
    assert "trial 1 failed: cannot read postgresql://***@db.example/table" in err
    assert "--storage 'sqlite:///search.db?password=***'" in out
    assert "mlflow.db?password=***" in out
    shown = [
        [*sweep, "--trials", "2", "--json"],
        [*sweep, "--dry-run"],
        *ASK_THE_RECORD,
        ["extend", "tiny", "0", "--epochs", "40", "--script", "tiny.py", "--storage", SEARCH, "--quiet"],
        ["list", "--storage", SEARCH],
        ["doctor", "--storage", SEARCH],
        ["doctor", "--storage", SEARCH, "--json"],
        ["doctor", "--storage", SEARCH, "--repair"],
    ]
    for words in shown:
        code, _, err = run(capfd, *words)
        assert code == 0, (words, err)
    for words in (["runs", "tyni"], [*sweep, "--seeds", "2"]):
        assert run(capfd, *words)[0] == 2
    written = {path.name for path in folder.rglob("*")}
    assert {"search.db", "mlflow.db", "tiny.html", "report.html", "runs.csv", "curves.csv"} <= written
    assert with_secret(folder) == []


@pytest.mark.parametrize("address", NOWHERE)
def test_a_store_out_of_reach_is_named_without_its_secret(
    address: str, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (["list"], ["doctor"], ["extend", "tiny", "0", "--epochs", "40"], ["sweep", "tiny.py", "--quiet"]):
        code, out, err = run(capfd, *words, "--storage", address)
        assert code in (1, 2) or "sqlite" in address, words
        assert (out + err).count("\n") == 1 or words in (["list"], ["doctor"])
    for words in (["sweep", "tiny.py", address], ["runs", address], ["list", address], ["doctor", address]):
        assert run(capfd, *words)[0] == 2
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    for words in [*ASK_THE_RECORD, ["doctor"]]:
        assert run(capfd, *words)[0] in (1, 2) or "sqlite" in address, words
    assert with_secret(folder) == []
