"""Every format of a table's file is the same problem; of others, one line says what to do."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from knobwise.experiments.data import formats
from knobwise.experiments.data.tables import reading
from knobwise.experiments.data.tables.encoding import RawRows
from knobwise.experiments.problems import load
from tests.experiments.tables.as_people_write import RENTS, ROWS, csv

TABLE = RENTS.assign(
    day=pd.date_range("2021-01-01", periods=ROWS, freq="9D"),
    furnished=pd.array([True, None, False, True] * (ROWS // 4), dtype="boolean"),
    zip=["01067", "53111"] * (ROWS // 2),
)
TEXT = csv(TABLE).encode()


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.csv", content)
    return buffer.getvalue()


def zst(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


def json_lines(lines: bool) -> bytes:
    return TABLE.assign(day=TABLE["day"].dt.strftime("%Y-%m-%d")).to_json(orient="records", lines=lines).encode()


def workbook(engine: str, above: int = 0) -> bytes:
    pytest.importorskip({"odf": "odf"}.get(engine, engine))
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine=engine) as writer:  # type: ignore[call-overload]
        TABLE.to_excel(writer, index=False, startrow=above, sheet_name="Rents")
        if above and engine == "openpyxl":
            writer.sheets["Rents"]["A1"] = "Rent report"
        if above:
            pd.DataFrame({"a": [1]}).to_excel(writer, sheet_name="Notes")
    return buffer.getvalue()


def feather() -> bytes:
    buffer = io.BytesIO()
    TABLE.to_feather(buffer)
    return buffer.getvalue()


MADE: dict[str, Callable[[], bytes]] = {
    "t.csv.gz": lambda: gzip.compress(TEXT),
    "t.csv.bz2": lambda: bz2.compress(TEXT),
    "t.csv.xz": lambda: lzma.compress(TEXT),
    "t.csv.zip": lambda: zipped(TEXT),
    "t.csv.zst": lambda: zst(TEXT),
    "t.tsv.gz": lambda: gzip.compress(csv(TABLE, sep="\t").encode()),
    "T.CSV.GZ": lambda: gzip.compress(TEXT),
    "t.json": lambda: json_lines(False),
    "t.jsonl": lambda: json_lines(True),
    "t.jsonl.gz": lambda: gzip.compress(json_lines(True)),
    "t.feather": feather,
    "t.xlsx": lambda: workbook("openpyxl"),
    "titled.xlsx": lambda: workbook("openpyxl", 3),
    "t.ods": lambda: workbook("odf"),
}


@pytest.mark.parametrize("name", MADE)
def test_each_format_is_the_same_problem(name: str, workdir: Path) -> None:
    Path(name).write_bytes(MADE[name]())
    Path("plain.csv").write_bytes(TEXT)
    expected, problem = load("plain.csv?target=rent"), load(f"{name}?target=rent")
    assert problem.inputs == expected.inputs
    for part in ("val", "test"):
        one, other = (getattr(each, part)(*[0] * (part == "val")) for each in (problem, expected))
        np.testing.assert_allclose(one.X, other.X, rtol=1e-12)
        np.testing.assert_allclose(one.y, other.y, rtol=1e-12)
    # The model of one format predicts rows in another.
    assert expected.raw is not None
    raw = RawRows.from_dict(expected.raw.as_dict())
    np.testing.assert_allclose(raw.encode(reading.read(Path(name))), raw.encode(reading.read(Path("plain.csv"))))


def test_a_workbook_says_which_sheet_and_what_is_above(workdir: Path) -> None:
    Path("t.xlsx").write_bytes(workbook("openpyxl", 3))
    assert load("t.xlsx?target=rent").notes[:2] == (
        "t.xlsx: the first of 2 sheets is read, 'Rents'",
        "t.xlsx: lines 1 to 3 above the column names: left out, 'Rent report'",
    )


def test_a_cell_of_a_workbook_is_refused_by_its_row_in_the_sheet(workdir: Path) -> None:
    pytest.importorskip("openpyxl")
    sizes: list[Any] = [*RENTS["size"]]
    sizes[4] = "?"
    RENTS.assign(size=sizes).to_excel("t.xlsx", index=False)
    with pytest.raises(ValueError, match=r"column 'size' must hold numbers alone or texts alone, got '\?' in line 6"):
        load("t.xlsx?target=rent")


@pytest.mark.parametrize(("name", "package"), [("t.xlsx", "openpyxl"), ("t.ods", "odfpy")])
def test_a_missing_package_is_named_with_its_extra(
    name: str, package: str, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(name).write_bytes(zipped(b""))
    for module in [each for each in sys.modules if each.split(".")[0] in {"openpyxl", "odf"}]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "odf", None)
    with pytest.raises(ValueError, match=rf"needs the package {package}: pip install 'knobwise\[excel\]', or save"):
        load(f"{name}?target=rent")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("https://example.org/a.csv?raw=1&x", "is a URL: download it first"),
        ("s3://bucket/a.parquet", "is a URL: download it first"),
        ("postgresql://user@host/rents", "is a database address: export the table with pandas"),
        ("sqlite:///rents.db", "is a database address: export the table with pandas"),
        ("rents.db", "is a .db file, which is not read: export the table with pandas"),
        ("rents.xls", "is an .xls file, which is not read: save it as .xlsx or .csv"),
        ("rents.dta", "convert it with python -c \"import pandas; pandas.read_stata('rents.dta')"),
        ("rents.txt", "call it .csv"),
        ("rents.pkl", "a pickle could run code"),
        ("rents.parquet.gz", "unpack it first"),
        ("rents.ndjson", "call it .jsonl"),
    ],
)
def test_of_other_formats_the_way_out_is_named(name: str, advice: str, workdir: Path) -> None:
    with pytest.raises(ValueError, match=r"^problem must be") as refusal:
        load(name)
    assert advice in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.json", b'{"a": [1, 2]}', "must hold a list of objects"),
        ("t.json", b"[1, 2", "must hold a list of objects"),
        ("t.jsonl", b'{"a": 1}\n2\n', "with 2"),
        ("t.jsonl", b'{"a": 1}\n{"a": \n', "must hold an object a line"),
        ("t.xlsx", b"PK\x03\x04 broken", "readable .xlsx file"),
        ("t.xlsx", b"size,rent\n1,2\n", "not a workbook"),
        ("t.feather", b"ARROW1 broken", "readable .feather file"),
        ("t.csv", b"ARROW1\0\0", "a Feather file: call it .feather"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(name: str, content: bytes, message: str, workdir: Path) -> None:
    pytest.importorskip("openpyxl")
    Path(name).write_bytes(content)
    with pytest.raises(ValueError, match=r"\w") as refusal:
        load(f"{name}?target=rent")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.jsonl.gz"])
def test_a_file_that_is_too_large_unpacked_is_refused(
    name: str, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(name).write_bytes(gzip.compress(b"1,2\n" * 10**6))
    monkeypatch.setattr(reading, "LARGEST", 10**6)
    with pytest.raises(ValueError, match=r"at most 1,000,000 bytes unpacked"):
        load(f"{name}?target=rent")


def test_every_ending_has_a_reader() -> None:
    assert set(reading.READERS) == set(formats.TABLES)
