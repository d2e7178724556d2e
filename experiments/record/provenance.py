"""The code that made a run: the commit of the code, whether it was edited since, the versions of packages."""

import getpass
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from knobwise import experiments
from knobwise.experiments.record import names

PACKAGES = ("knobwise", "numpy", "optuna", "mlflow")
"""The packages whose versions a run records, besides Python itself."""

# A sweep's own output is no edit of the code.
_RECORDS = (":(top,exclude,glob)**/mlruns/**", ":(top,exclude,glob)**/mlflow.db*")


@dataclass(frozen=True)
class Provenance:
    """The code that made a run.

    Attributes:
        commit: the full commit of the code; empty where it is under no version control, or has no commit.
        dirty: whether a file that git does not ignore differs from that commit.
        packages: `name==version` for Python and each of `PACKAGES` that is installed, separated by spaces.
    """

    commit: str
    dirty: bool
    packages: str


def provenance(folder: Path | None = None) -> Provenance:
    """The provenance of the code in `folder`: as a rule the folder of the running package itself.

    An installed package is in no repository; then it is that of the working directory, where a user's own sweeps are.
    """
    places = [folder] if folder else [Path(experiments.__file__).parent, Path.cwd()]
    status = next((lines for place in places if (lines := _git_status(place))), [])
    commit = next((line.split()[-1] for line in status if line.startswith("# branch.oid")), "")
    return Provenance(
        commit="" if commit == "(initial)" else commit,
        dirty=any(not line.startswith("#") for line in status),
        packages=_packages(),
    )


def origin() -> dict[str, str]:
    """Tags that say who ran which code; the commit only where there is one."""
    code = provenance()
    tags = {
        names.SCHEMA: names.SCHEMA_VERSION,
        names.PACKAGES: code.packages,
        names.SOURCE_NAME: Path(sys.argv[0]).name or "python",
        names.SOURCE_TYPE: "LOCAL",
        names.USER: _user(),
    }
    if code.commit:
        tags |= {names.COMMIT: code.commit, names.DIRTY: str(code.dirty).lower()}
    return tags


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def _git_status(folder: Path) -> list[str]:
    """The status of the repository around `folder`, line by line; nothing where it does not track that folder."""
    git = shutil.which("git")
    if git is None:
        return []
    if not _ask(git, folder, "ls-files", "--", "."):
        return []
    return (_ask(git, folder, "status", "--porcelain=v2", "--branch", "--", ":/", *_RECORDS) or "").splitlines()


def _ask(git: str, folder: Path, *words: str) -> str | None:
    """The answer of git, or None where it refuses: outside of a repository, or in one that is not ours to read."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}  # asking must not hold up the user's own git
    command = [git, "-C", str(folder), *words]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return answer.stdout if answer.returncode == 0 else None


def _packages() -> str:
    versions = [f"python=={platform.python_version()}"]
    for name in PACKAGES:
        try:
            versions.append(f"{name}=={version(name)}")
        except PackageNotFoundError:  # run from its sources, without having been installed
            continue
    return " ".join(versions)
