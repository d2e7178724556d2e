"""Where things are kept: MLflow's own defaults in the working directory, unless MLFLOW_TRACKING_URI says otherwise."""

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote

from knobwise.experiments import shell

DATABASE = "mlflow.db"
ARTIFACTS = "mlruns"
JOURNAL = "optuna.journal"

_HIDDEN = "***"
# In an address the part before the last @ is user and password; a password may itself hold / or @.
_USER_AND_PASSWORD = re.compile(r"://(?:[^\s:/@]*:\S*|[^\s/@]+)@")
_QUERY_VALUE = re.compile(r"([?&][\w.%-]+=)[^&#\s]+")


class StoreError(Exception):
    """A store cannot be used. The message is one line that says what to do, and holds no credentials."""


def tracking_uri(uri: str | None = None) -> str:
    """The address of MLflow's store: `uri`, or MLFLOW_TRACKING_URI, or what bare `mlflow ui` opens in this directory.

    That is `./mlflow.db`, but the folder `./mlruns` where an MLflow older than 3.7 kept runs in files there. The same
    rule as `mlflow.get_tracking_uri()`, without the seconds that importing MLflow takes.
    """
    given = uri or os.environ.get("MLFLOW_TRACKING_URI")
    if given:
        return given
    here = Path.cwd()
    if any(folder.parent.name.isdigit() for folder in (here / ARTIFACTS).glob("*/meta.yaml")):
        return (here / ARTIFACTS).as_uri()
    return sqlite_address(here / DATABASE)


def is_plain(path: Path) -> bool:
    """Whether an address may hold `path` as it is; else a sign in it would be read as something else.

    >>> is_plain(Path("/data/my runs")), is_plain(Path("/data/what?")), is_plain(Path("/data/50%25"))
    (True, False, False)
    """
    text = path.as_posix()
    return not set("?#") & set(text) and unquote(text) == text


def journal_path() -> Path:
    """The file in which a sweep keeps its search.

    >>> journal_path().as_posix()
    'mlruns/optuna.journal'
    """
    return Path(ARTIFACTS) / JOURNAL


def sqlite_file(uri: str) -> Path | None:
    """The file behind an address of SQLite; None for every other store.

    >>> sqlite_file("sqlite:///runs/mlflow.db").as_posix()
    'runs/mlflow.db'
    >>> sqlite_file("http://localhost:5000") is None
    True
    """
    scheme, _, path = uri.partition(":///")
    path = unquote(path.partition("?")[0])
    if scheme.partition("+")[0] != "sqlite" or path in ("", ":memory:"):
        return None
    return Path(path)


def sqlite_address(file: Path) -> str:
    """The address of a SQLite file, for which `sqlite_file` gives `file` again.

    Signs that mean something in an address are encoded. Then the driver is named too: of an address that begins with
    `sqlite:///` MLflow takes the path as it is, and makes a folder of the encoded name.

    >>> sqlite_address(Path("/data/what?/mlflow.db"))
    'sqlite+pysqlite:////data/what%3F/mlflow.db'
    """
    text = file.as_posix()
    return f"sqlite:///{text}" if is_plain(file) else f"sqlite+pysqlite:///{quote(text)}"


def browse_command(uri: str) -> str:
    """What to type, or the page to open, to see the runs kept at `uri`.

    >>> browse_command("http://localhost:5000")
    'open http://localhost:5000'
    """
    if uri.startswith(("http://", "https://")):
        return f"open {without_credentials(uri)}"
    command = f"{shell.program('mlflow')} ui"
    if uri == tracking_uri() and not os.environ.get("MLFLOW_TRACKING_URI"):
        return command
    return f"{command} --backend-store-uri '{without_credentials(uri)}'"


def runs_page(experiment_id: str, server: str = "http://localhost:5000") -> str:
    """The page of a sweep's runs on a server, by default the one that `mlflow ui` starts.

    MLflow opens experiments at its tools for language models unless the address says that this is about training.

    >>> runs_page("1")
    'http://localhost:5000/#/experiments/1/runs?workflowType=machine_learning'
    """
    return f"{without_credentials(server).rstrip('/')}/#/experiments/{experiment_id}/runs?workflowType=machine_learning"


def without_credentials(text: str) -> str:
    """`text` with the user, the password and every query value of the addresses in it replaced by ***.

    >>> without_credentials("postgresql://ann:pa/ss@db.example/mlflow?sslkey=secret")
    'postgresql://***@db.example/mlflow?sslkey=***'
    >>> without_credentials("sqlite:///mlflow.db")
    'sqlite:///mlflow.db'
    """
    return _QUERY_VALUE.sub(rf"\1{_HIDDEN}", _USER_AND_PASSWORD.sub(f"://{_HIDDEN}@", text))
