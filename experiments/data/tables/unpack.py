"""A file's bytes, unpacked where it is compressed: `.gz`, `.bz2`, `.xz`, `.zip` with one file in it, `.zst`."""

import bz2
import contextlib
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, cast

import pyarrow as pa

_MAGIC: Mapping[str, bytes] = MappingProxyType(
    {".gz": b"\x1f\x8b", ".zip": b"PK\x03\x04", ".bz2": b"BZh", ".xz": b"\xfd7zXZ", ".zst": b"\x28\xb5\x2f\xfd"}
)


def open_bytes(path: Path) -> IO[bytes]:
    """The content of `path`, to be read from its beginning.

    Raises:
        ValueError: an archive that does not hold exactly one file.
    """
    opener = _OPENERS.get(path.suffix.lower())
    return opener(path) if opener else path.open("rb")


def packed_as(start: bytes) -> str:
    """The ending that a file with these first bytes should have: `.gz`; "" where it is not compressed."""
    return next((ending for ending, magic in _MAGIC.items() if start.startswith(magic)), "")


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Errors of unpacking `path` as one line.

    Raises:
        ValueError: it is cut or broken.
    """
    try:
        yield
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"the file must be a readable {path.suffix} file, got {str(path)!r}: {reason}") from None


def _zip(path: Path) -> IO[bytes]:
    archive = zipfile.ZipFile(path)
    members = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX/")]
    if len(members) != 1:
        raise ValueError(
            f"a .zip file must hold one file, got {str(path)!r} with {len(members)}: unpack it, and give one of them"
        )
    return archive.open(members[0])


def _gzip(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.GzipFile(path))


def _zst(path: Path) -> IO[bytes]:
    stream: IO[bytes] = pa.input_stream(str(path), compression="zstd")
    return stream


_OPENERS: Mapping[str, Callable[[Path], IO[bytes]]] = MappingProxyType(
    {".gz": _gzip, ".bz2": bz2.BZ2File, ".xz": lzma.LZMAFile, ".zip": _zip, ".zst": _zst}
)
