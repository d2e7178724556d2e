"""The encoding of a text file: UTF-8, UTF-16 with a mark, or Windows-1252 (Latin-1) where that is plausible."""

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from knobwise.experiments.data.tables import unpack

_BLOCK = 2**24  # bytes read at a time
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SHOWN = 20  # characters around the first letter that is not ASCII

# Bytes that Windows-1252 does not have, broken UTF-8, and three accents in a row, as Cyrillic and Greek look.
_IMPLAUSIBLE = re.compile(rb"[\x00\x81\x8d\x8f\x90\x9d]|[\xc2\xc3][\x80-\xbf]|[\xc0-\xff]{3}")


class Encoded(NamedTuple):
    """A text file.

    Attributes:
        encoding: Python's name of it.
        lines: number of lines, without blank ones at the end; 0 where they were not counted.
        quotes: number of double quotes.
        note: what is to be said of it; "" for UTF-8.
    """

    encoding: str
    lines: int
    quotes: int
    note: str = ""


def examine(path: Path, most: int) -> Encoded:
    """Read the file once and say what its bytes are.

    Args:
        path: the file, compressed or not.
        most: bytes that it may have unpacked.

    Raises:
        ValueError: too large, binary, or in another encoding; the line names the first wrong byte.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, lines, quotes, tail = 0, 0, 0, b""
    with unpack.open_bytes(path) as file:
        while block := file.read(_BLOCK):
            if offset == 0 and block.startswith(_UTF_16):
                return Encoded("utf-16", 0, 0, "read as UTF-16")
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
                wrong = block.find(b"\0")
                what = "a zero byte, as in a binary file,"
            except UnicodeDecodeError as error:
                wrong = error.start - pending
                what = f"the byte 0x{error.object[error.start]:02x}, which is another encoding's,"
                latin = _windows(path)
                if latin is not None:
                    return latin
            if wrong >= 0:
                line = lines + 1 + block[:wrong].count(b"\n")
                raise ValueError(
                    f"the file must be UTF-8 text, got {what} at byte {offset + wrong} in line {line} of "
                    f"{str(path)!r}: save it as UTF-8"
                )
            offset += len(block)
            if offset > most:
                raise ValueError(f"the file must have at most {most:,} bytes unpacked, got more in {str(path)!r}")
            lines += block.count(b"\n")
            quotes += block.count(b'"')
            tail = (tail + block)[-_BLOCK:] if len(block) < _SHOWN else block
    if decoder.getstate()[0]:
        raise ValueError(f"the file must be UTF-8 text, got {str(path)!r}, which ends in the middle of a character")
    return Encoded("utf-8", _content(lines, tail), quotes)


def _content(ends: int, tail: bytes) -> int:
    """The number of lines before the blank ones at the end: of `ends` line ends, some are after the last text."""
    return ends - tail[len(tail.rstrip(b"\r\n")) :].count(b"\n") + 1


def _windows(path: Path) -> Encoded | None:
    """The file as Windows-1252, which has all letters of Latin-1; None where it does not look so."""
    ends, quotes, tail, example = 0, 0, b"", ""
    with unpack.open_bytes(path) as file:
        while block := file.read(_BLOCK):
            if _IMPLAUSIBLE.search(tail[-2:] + block):
                return None
            found = re.search(rb"[^\s,;\t|\"]*[\x80-\xff][^\s,;\t|\"]*", block)
            if found and not example:
                example = (
                    f"{found[0].decode('cp1252')[:_SHOWN]!r} in line {ends + 1 + block[: found.start()].count(10)}"
                )
            ends += block.count(b"\n")
            quotes += block.count(b'"')
            tail = block
    note = f"not UTF-8: read as Windows-1252 (Latin-1), with {example}"
    return Encoded("cp1252", _content(ends, tail), quotes, note)
