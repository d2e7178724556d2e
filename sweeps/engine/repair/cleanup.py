"""What dead processes have left behind: abandoned runs, locks of studies that no process runs, temporary files."""

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from knobwise.experiments.compare import file_export
from knobwise.experiments.record import abandoned, artifacts, leftovers
from knobwise.experiments.record.recorded import AbandonedRun
from knobwise.sweeps.engine.search import locks
from knobwise.sweeps.engine.search.locks import CAN_LOCK, FileLock
from knobwise.sweeps.engine.search.storage import lock_folder


class Leftovers(NamedTuple):
    """What can be removed.

    Attributes:
        runs: abandoned ones.
        locks: lock files of studies that no process runs.
        files: files and folders that dead processes were making.
    """

    runs: list[AbandonedRun]
    locks: list[Path]
    files: list[Path]

    def __bool__(self) -> bool:
        return any(self)


def find(storage: str = "") -> Leftovers:
    """What can be removed; nothing is changed.

    Args:
        storage: where the search is kept, as for `open_storage`.

    Raises:
        StoreError: the record cannot be read.
    """
    free = [path for path in locks.of_studies(lock_folder(storage)) if _free(path)]
    return Leftovers(abandoned.find(), free, files())


def files() -> list[Path]:
    """The files and folders that dead processes were making."""
    place = Path(tempfile.gettempdir())
    scratch = leftovers.of_dead(place, artifacts.SCRATCH) + leftovers.pools_of_dead(place, artifacts.SCRATCH)
    return scratch + leftovers.of_dead(Path.cwd(), file_export.SCRATCH)


def remove(left: Leftovers) -> Leftovers:
    """Remove them, except locks that were taken meanwhile; returns what was removed.

    Raises:
        StoreError: the record cannot be written.
        OSError: a file cannot be removed.
    """
    if left.runs:
        abandoned.delete(left.runs)
    for path in left.files:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return left._replace(locks=[path for path in left.locks if _free(path, then_remove=True)])


def _free(path: Path, *, then_remove: bool = False) -> bool:
    """Whether the lock is free, and is one of ours: empty, or the number of a process."""
    text = path.read_text(errors="replace").strip() if path.is_file() else "?"
    if not CAN_LOCK or (text and not text.isdigit()):
        return False
    lock = FileLock(path)
    if not lock.acquire(wait=False, sign=False):
        return False
    if then_remove:
        path.unlink()
    lock.release()
    return True
