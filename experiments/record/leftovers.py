"""Files of a process that was killed before it could remove them: the next one does."""

import glob
import os
import shutil
from pathlib import Path


def mine(prefix: str) -> str:
    """`prefix` with this process's id, for the name of a file or folder that lives no longer than the process.

    >>> mine("knobwise-") == f"knobwise-{os.getpid()}-"
    True
    """
    return f"{prefix}{os.getpid()}-"


def of_dead(folder: Path, prefix: str) -> list[Path]:
    """The files and folders in `folder` that dead processes of this user have named by `mine(prefix)`, sorted."""
    import psutil

    paths = []
    for left in sorted(folder.glob(f"{glob.escape(prefix)}*")):
        pid = left.name.removeprefix(prefix).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and _own(left):
            paths.append(left)
    return paths


def pools_of_dead(folder: Path, prefix: str) -> list[Path]:
    """The folders in `folder` that Python's multiprocessing made for dead processes, which left `mine(prefix)` in them.

    Other programs have such folders too, without that file.
    """
    return [pool for pool in sorted(folder.glob("pymp-*")) if of_dead(pool, prefix)]


def remove(folder: Path, prefix: str) -> None:
    """Remove what `of_dead` and `pools_of_dead` find."""
    for left in of_dead(folder, prefix) + pools_of_dead(folder, prefix):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)  # another process may remove it too
        else:
            left.unlink(missing_ok=True)


def _own(path: Path) -> bool:
    if not hasattr(os, "getuid"):
        return True
    try:
        return path.stat().st_uid == os.getuid()
    except FileNotFoundError:  # another process was faster
        return False
