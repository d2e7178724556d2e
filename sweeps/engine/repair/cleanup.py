"""What dead processes have left behind: abandoned runs, locks that nobody holds, files in the making."""

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from knobwise.experiments.compare import file_export
from knobwise.experiments.record import abandoned, leftovers, run_files
from knobwise.experiments.record.abandoned import Abandoned
from knobwise.experiments.record.stores import journal_path
from knobwise.sweeps.engine.search.locks import CAN_LOCK, FileLock
from knobwise.sweeps.engine.search.storage import lock_folder


class Leavings(NamedTuple):
    """Attributes: abandoned runs; lock files of studies; files and folders that dead processes were making."""

    runs: list[Abandoned]
    locks: list[Path]
    files: list[Path]

    def __bool__(self) -> bool:
        return any(self)


def find(storage: str = "") -> Leavings:
    """What there is; nothing is changed.

    Args:
        storage: where the search is kept, as for `open_storage`.

    Raises:
        StoreError: the record cannot be read.
    """
    journal = Path(storage) if storage and "://" not in storage else journal_path()
    keeps = journal.with_name(journal.name + ".lock")  # of the journal itself: in use whenever anything is
    locks = [path for path in sorted(lock_folder(storage).glob("*.lock")) if path != keeps and _free(path)]
    return Leavings(abandoned.find(), locks, files())


def files() -> list[Path]:
    """The files and folders that dead processes were making."""
    made = leftovers.of_dead(Path(tempfile.gettempdir()), run_files.SCRATCH)
    return made + leftovers.of_dead(Path.cwd(), file_export.SCRATCH)


def remove(found: Leavings) -> Leavings:
    """Remove it, but for locks that were taken meanwhile; returns what was removed.

    Raises:
        StoreError: the record cannot be written.
        OSError: a file cannot be removed.
    """
    if found.runs:
        abandoned.delete(found.runs)
    for path in found.files:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return found._replace(locks=[path for path in found.locks if _free(path, then_remove=True)])


def _free(path: Path, *, then_remove: bool = False) -> bool:
    """Whether nobody holds the lock, and it is a lock of ours: empty, or the number of a process."""
    text = path.read_text(errors="replace").strip() if path.is_file() else "?"
    if not CAN_LOCK or (text and not text.isdigit()):
        return False
    lock = FileLock(path)
    if not lock.acquire(wait=False):
        return False
    if then_remove:
        path.unlink()
    lock.release()
    return True
