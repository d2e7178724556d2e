"""Where things are kept, and stores that cannot be used."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import mlflow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knobwise.experiments.record.stores import (
    StoreError,
    browse_command,
    journal_path,
    sqlite_file,
    tracking_uri,
    without_credentials,
)
from knobwise.experiments.record.tracker import Tracker
from tests.conftest import user_environment

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


def test_runs_are_kept_where_mlflow_looks(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._tracking_uri", None)
    assert tracking_uri() == mlflow.get_tracking_uri() == f"sqlite:///{workdir}/mlflow.db"
    (workdir / "mlruns").mkdir()
    (workdir / "mlruns" / "optuna.journal").touch()
    (workdir / "mlruns" / "1").mkdir()
    assert tracking_uri() == mlflow.get_tracking_uri() == f"sqlite:///{workdir}/mlflow.db"
    (workdir / "mlruns" / "1" / "meta.yaml").touch()
    assert tracking_uri() == mlflow.get_tracking_uri() == f"file://{workdir}/mlruns"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://example.org:5000")
    assert tracking_uri() == mlflow.get_tracking_uri() == "http://example.org:5000"
    assert tracking_uri("sqlite:///a.db") == "sqlite:///a.db"


def test_where_the_search_is_kept() -> None:
    assert journal_path() == Path("mlruns/optuna.journal")


@pytest.mark.parametrize(
    ("uri", "command"),
    [
        (None, "mlflow ui"),
        ("http://example.org:5000", "open http://example.org:5000"),
        ("sqlite:///other.db", "mlflow ui --backend-store-uri 'sqlite:///other.db'"),
        ("postgresql://ann:secret@db/x", "mlflow ui --backend-store-uri 'postgresql://***@db/x'"),
    ],
)
def test_how_to_browse(uri: str | None, command: str, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browse_command(uri or tracking_uri()) == command
    if uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        assert browse_command(tracking_uri()) == command, "bare `mlflow ui` does not read MLFLOW_TRACKING_URI"


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("sqlite:////data/mlflow.db", "/data/mlflow.db"),
        ("sqlite+pysqlite:///mlflow.db?timeout=5", "mlflow.db"),
        ("sqlite:///with%20space.db", "with space.db"),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        ("postgresql:///mlflow", None),
        ("file:///data/mlruns", None),
    ],
)
def test_the_file_behind_an_address(uri: str, file: str | None) -> None:
    assert sqlite_file(uri) == (Path(file) if file else None)


SECRET = st.text("abcXYZ019@/:!$%^*()-_+=.~'\"&?#", min_size=1).map(lambda text: f"s3cr{text}t!")


@given(SECRET)
def test_a_password_is_never_shown(secret: str) -> None:
    for text in (
        f"postgresql+psycopg2://ann:{secret}@db.example:5432/mlflow",
        f"cannot open 'https://ann:{secret}@example.org/x' twice",
        f"https://:{secret}@example.org",
    ):
        shown = without_credentials(text)
        assert secret not in shown
        assert "s3cr" not in shown
        assert "example" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://t0ken@example.org/x", "https://***@example.org/x"),
        ("mssql://h/db?pwd=s3cret&driver=x#part", "mssql://h/db?pwd=***&driver=***#part"),
        ("http://localhost:5000/path", "http://localhost:5000/path"),
        ("sqlite:////home/ann/mlflow.db", "sqlite:////home/ann/mlflow.db"),
        ("write to ann@example.org", "write to ann@example.org"),
        ("a://u:p@h and b://v:q@k", "a://***@h and b://***@k"),
    ],
)
def test_what_is_blotted_out(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


def refused(uri: str | None = None) -> str:
    """The one line with which a store is refused."""
    with pytest.raises(StoreError) as raised:
        Tracker(uri)
    line = str(raised.value)
    assert "\n" not in line
    assert raised.value.__cause__ is None
    return line


def test_nothing_answers(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        line = refused(f"http://ann:s3cret@127.0.0.1:{port}")
    assert line.startswith(
        f"cannot open the store http://***@127.0.0.1:{port}: nothing answers there; start the server"
    )
    assert "s3cret" not in line
    assert capfd.readouterr().err == ""


def test_a_server_that_hangs_up_is_asked_once() -> None:
    """MLflow would try for minutes."""
    asked: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def hang_up() -> None:
            while True:
                connection, address = server.accept()
                asked.append(address)
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        assert f"cannot open the store http://127.0.0.1:{port}: " in refused(f"http://127.0.0.1:{port}")
    assert len(asked) == 1


def test_what_the_user_set_for_mlflow_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_TIMEOUT", raising=False)
    refused("http://127.0.0.1:9")
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT" not in os.environ


def test_a_file_that_is_no_database(workdir: Path) -> None:
    (workdir / "mlflow.db").write_text("a letter to my mother\n" * 100)
    assert "the file is not a database of MLflow; move it away or set" in refused()


def test_a_folder_where_the_database_should_be(workdir: Path) -> None:
    (workdir / "mlflow.db").mkdir()
    assert "unable to open database file" in refused()


@pytest.mark.parametrize("parent", ["/proc/knobwise", "/dev/null/knobwise"])
def test_a_folder_that_cannot_be_written(parent: str) -> None:
    line = refused(f"sqlite:///{parent}/mlflow.db")
    assert line.startswith(f"cannot open the store sqlite:///{parent}/mlflow.db: [Errno ")


def test_a_store_that_another_process_keeps_locked(
    fresh_database: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knobwise.experiments.record.connection._PATIENCE", 0.1)
    shutil.copy(fresh_database, workdir / "mlflow.db")
    holder = sqlite3.connect(workdir / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert "database is locked" in refused()
    holder.close()


def test_a_store_of_another_version(fresh_database: Path, workdir: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = workdir / "mlflow.db"
    shutil.copy(fresh_database, file)
    database = sqlite3.connect(file)
    with database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    database.close()
    assert (
        "it was written by another version of MLflow than this one; back it up and run `mlflow db upgrade`" in refused()
    )
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "uri", ["oracle://ann:s3cret@db/x", "postgresql+pg8000://ann:s3cret@127.0.0.1:9/x", "ftp://u:p@h"]
)
def test_an_address_that_cannot_be_used(uri: str) -> None:
    line = refused(uri)
    assert "s3cret" not in line
    assert "***@" in line


def test_importing_is_quick_and_leaves_mlflow_alone() -> None:
    imports = "import sys, knobwise.experiments.record.tracker, knobwise.experiments.compare"
    code = f"{imports}; print([m for m in sys.modules if 'mlflow' in m])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=user_environment(), capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout == "[]\n"
