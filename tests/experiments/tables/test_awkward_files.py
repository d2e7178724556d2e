"""Files that are broken or awkward, each refused in one line that names the place, or handled."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from knobwise.experiments.data.tables import reading
from knobwise.experiments.problems import load
from tests.experiments.tables.awkward import HANDLED, REFUSED

ROOT = Path(__file__).resolve().parents[3]


def write(content: str | bytes, spec: str) -> Path:
    file = Path(spec.partition("?")[0])
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_is_refused_in_one_line(what: str, workdir: Path) -> None:
    content, spec, expected = REFUSED[what]
    write(content, spec)
    with pytest.raises(ValueError, match=r"\w") as refusal:
        load(spec)
    message = str(refusal.value)
    assert "\n" not in message
    assert [part for part in expected if part not in message] == [], message


@pytest.mark.parametrize("what", HANDLED)
def test_a_file_is_handled(what: str, workdir: Path) -> None:
    content, spec, holds = HANDLED[what]
    write(content, spec)
    problem = load(spec)
    assert holds(problem), (problem.inputs, problem.about)
    assert problem.most is not None
    whole = problem.train(problem.most, 0)
    assert whole.X.shape == (problem.most, len(problem.inputs))
    assert np.isfinite(whole.X).all()


def test_the_page_quotes_the_messages(workdir: Path) -> None:
    page = (ROOT / "docs" / "your_data.md").read_text().partition("## What is refused")[2]
    quoted = re.findall(r"^\| [^|]+ \| `(.+)` \|$", page, re.MULTILINE)
    messages = set()
    for content, spec, _ in REFUSED.values():
        write(content, spec)
        with pytest.raises(ValueError, match=r"\w") as refusal:
            load(spec)
        messages.add(str(refusal.value))
    assert len(quoted) >= 5
    assert [line for line in quoted if line not in messages] == []


def test_enough_files_are_tried() -> None:
    assert len(REFUSED) + len(HANDLED) >= 40


def test_a_file_that_is_not_there(workdir: Path) -> None:
    with pytest.raises(ValueError, match=r"the file must be one that is there, got .none\.csv."):
        load("none.csv?target=y")


def test_a_file_that_is_too_large_is_refused_unread(workdir: Path) -> None:
    with Path("t.csv").open("wb") as file:
        file.truncate(reading.LARGEST + 1)  # a hole: nothing is on the disk
    with pytest.raises(ValueError, match=r"at most 4 GB, got .t\.csv. of 4 GB"):
        load("t.csv?target=y")


def test_a_parquet_bomb_is_refused_by_its_metadata(workdir: Path) -> None:
    piece = pa.table({"y": pa.DictionaryArray.from_arrays(pa.array(np.zeros(10**6, np.int8)), pa.array([1.0]))})
    with pq.ParquetWriter("t.parquet", pa.schema([("y", pa.float64())])) as writer:
        for _ in range(3):
            writer.write_table(piece.cast(pa.schema([("y", pa.float64())])))
    small = Path("t.parquet").stat().st_size
    assert small < 100_000
    unpacked = pq.read_metadata("t.parquet").num_rows * 8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "LARGEST", unpacked - 1)
        with pytest.raises(ValueError, match=r"'t\.parquet' of 3,000,000 rows and 1 columns"):
            load("t.parquet?target=y")
