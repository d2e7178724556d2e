"""Tables as problems: real ones, their options, and that only the training part is learned from."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from knobwise.experiments.data import tables
from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.data.tables import reading, target
from knobwise.experiments.data.tables.encoding import RawRows
from knobwise.experiments.data.tables.options import Options
from knobwise.experiments.data.tables.target import Target
from knobwise.experiments.problems import load


def real(name: str) -> pd.DataFrame:
    """A table that comes with scikit-learn, with a category, a truth value, a date and missing cells put in."""
    frame: pd.DataFrame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    draw = np.random.default_rng(0)
    first = frame.columns[0]
    frame["level"] = pd.cut(frame[first], 3, labels=["low", "middle", "high"]).astype(object)
    frame["above"] = frame[first] > frame[first].mean()
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 800, len(frame)), unit="D")
    for column in (frame.columns[1], "level", "above", "day"):
        frame[column] = frame[column].astype(object).where(draw.random(len(frame)) > 0.1)
    return frame.infer_objects()


def whole(problem: Problem) -> list[np.ndarray]:
    assert problem.most is not None
    return [array for part in (problem.train(problem.most, 3), problem.val(0), problem.test()) for array in part]


@pytest.mark.parametrize(
    ("name", "target", "classes"),
    [("iris", "target", 3), ("wine", "target", 3), ("breast_cancer", "target", 2), ("diabetes", "target", 0)],
)
@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet"])
def test_real_tables(name: str, target: str, classes: int, kind: str, workdir: Path) -> None:
    frame = real(name)
    file = f"{name}.{kind}"
    if kind == "parquet":
        frame.assign(above=frame["above"].astype("boolean"), day=pd.to_datetime(frame["day"])).to_parquet(file)
    else:
        frame.to_csv(file, index=False, sep="," if kind == "csv" else "\t")
    problem = load(f"{file}?target={target}")
    assert len(problem.classes) == classes
    plain = [column for column in frame.columns[:-3] if column != target]
    assert set(plain) < set(problem.inputs)
    assert {"level=high", "level=(missing)", "above", "above=(missing)", "day (days)"} < set(problem.inputs)
    train_X, train_y, *_, test_y = whole(problem)
    assert train_X.shape == (problem.most, len(problem.inputs))
    assert train_y.shape[1] == test_y.shape[1] == len(problem.outputs)
    # A row of the file, encoded by what is stored with a model, is the row that the network was given.
    assert problem.raw is not None
    stored = RawRows.from_dict(json.loads(json.dumps(problem.raw.as_dict())))
    X = stored.encode(reading.read(Path(file)))
    given = {row.tobytes() for part in (train_X, problem.val(0).X, problem.test().X) for row in part}
    assert {row.tobytes() for row in X} == given
    # A linear model of the inputs beats the constant: they say what the file says.
    fitted = np.linalg.lstsq(np.c_[train_X, np.ones(len(train_X))], train_y, rcond=None)[0]
    predicted = np.c_[problem.test().X, np.ones(len(test_y))] @ fitted
    assert ((predicted - test_y) ** 2).mean() < 0.8 * ((train_y.mean(axis=0) - test_y) ** 2).mean()


def test_a_file_in_each_format_is_the_same_problem(workdir: Path) -> None:
    frame = real("wine")
    frame.to_csv("a.csv", index=False)
    frame.to_csv("a.tsv", index=False, sep="\t")
    reading.read(Path("a.csv")).to_parquet("a.parquet")
    first, *others = (load(f"a.{kind}?target=target") for kind in ("csv", "tsv", "parquet"))
    for other in others:
        assert other.raw == first.raw
        assert [array.tobytes() for array in whole(other)] == [array.tobytes() for array in whole(first)]


@pytest.mark.parametrize("options", ["", "&time=when", "&group=who", "&task=regression"])
def test_nothing_is_learned_from_validation_or_test(options: str, workdir: Path) -> None:
    when = pd.date_range("2024-01-01", periods=178)[np.random.default_rng(1).permutation(178)]
    frame = real("wine").assign(who=np.arange(178) % 30, when=when)
    frame["proline"] **= 3  # skewed
    frame["level"] = [f"level {number % 35}" for number in range(178)]
    chosen = "proline" if "regression" in options else "target"
    asked = Options.parse(Spec.parse(f"wine.csv?target={chosen}{options}"))

    def written(table: pd.DataFrame) -> tuple[pd.DataFrame, Target]:
        table.to_csv("wine.csv", index=False)
        read = reading.read(Path("wine.csv"))
        return read, target.read(read[chosen], asked.task)

    table, labels = written(frame)
    split = tables._split(table, labels, asked)
    others = np.concatenate([split.val, split.test])
    scrambled = frame.copy()
    for column in frame.columns:
        scrambled.loc[others, column] = frame.loc[np.roll(others, 7), column].to_numpy()
    for column in ("alcohol", "hue", "magnesium"):
        scrambled.loc[others, column] = frame.loc[others, column] * -1000.5
    scrambled.loc[others, "level"] = "never seen"
    scrambled.loc[others[:5], "flavanoids"] = np.nan
    if chosen == "proline":
        scrambled.loc[others, chosen] = -1.0
    before = tables.from_frame(table, labels, split, asked)
    after = tables.from_frame(*written(scrambled), split, asked)
    assert after.val(0).X.tobytes() != before.val(0).X.tobytes()
    assert after.val(0).y.tobytes() != before.val(0).y.tobytes()
    assert after.raw == before.raw
    assert after.log_shift == before.log_shift == (0.0 if chosen == "proline" else None)
    for n in (10, split.train.size):
        for one, other in zip(before.train(n, 0), after.train(n, 0), strict=True):
            assert one.tobytes() == other.tobytes()


def test_a_column_that_varies_in_the_other_parts_alone_is_left_out(workdir: Path) -> None:
    frame = pd.DataFrame({"day": range(100), "x": np.sin(range(100)), "late": [0.0] * 64 + [1.0] * 36})
    frame["y"] = frame["x"] ** 2
    frame.to_csv("a.csv", index=False)
    assert load("a.csv?target=y&time=day").inputs == ("x",)


def test_what_is_learned_does_not_depend_on_the_sample(workdir: Path) -> None:
    real("wine").to_csv("a.csv", index=False)
    problem = load("a.csv?target=target")
    assert problem.most is not None
    np.testing.assert_array_equal(problem.train(10, 4).X, problem.train(problem.most, 4).X[:10])


def test_the_name_determines_the_problem(workdir: Path) -> None:
    frame = real("wine")
    frame.to_csv("a b.csv", index=False)
    problem = load("a b.csv?target=target&drop=level,hue")
    digest = reading.sha256(Path("a b.csv"))
    assert problem.name == f"a b.csv?drop=level,hue&sha256={digest}&target=target"
    assert problem.title == problem.shown == "a b.csv, target target"
    assert problem.about == (
        "178 rows of 17 columns of a b.csv: 114 rows train, 28 validate, 36 test; 14 columns as 21 inputs; 3 classes"
    )
    reloaded = tables.load(Spec.parse(problem.name))
    assert reloaded.name == problem.name
    assert [array.tobytes() for array in whole(reloaded)] == [array.tobytes() for array in whole(problem)]
    frame.iloc[1:].to_csv("a b.csv", index=False)
    now = reading.sha256(Path("a b.csv"))
    with pytest.raises(ValueError, match=r"has changed") as refusal:
        tables.load(Spec.parse(problem.name))
    assert str(refusal.value) == (
        f"the file a b.csv has changed since the study began: its SHA-256 is {now} and was {digest}; "
        "put the old file back, or begin another study with --fresh"
    )


@pytest.mark.parametrize(
    ("cells", "task", "classes"),
    [
        (np.arange(200) % 2, "", ("0", "1")),
        (np.arange(200) % 9, "", tuple("012345678")),
        (np.arange(200) % 10, "", ()),  # ten of 200 are no fewer than 5%
        (np.arange(200) % 11, "", ()),
        (np.arange(200) % 3 + 0.5, "", ()),
        (np.arange(200) % 12 + 1, "classification", tuple(str(number) for number in range(1, 13))),
        (np.arange(200) % 3, "regression", ()),
        (["yes", "no"] * 100, "", ("no", "yes")),
        ([True, False] * 100, "", ("False", "True")),
    ],
)
def test_the_task_by_the_target(cells: object, task: str, classes: tuple[str, ...], workdir: Path) -> None:
    table = pd.DataFrame({"x": np.random.default_rng(0).normal(size=200), "y": cells})
    table.to_csv("a.csv", index=False)
    problem = load(f"a.csv?target=y{f'&task={task}' if task else ''}")
    assert problem.classes == classes
    assert problem.target == "y"
    # y of each row is the file's: found again by the row's x, which differs from all others.
    expected = dict(zip(table["x"], table["y"], strict=True))
    part = problem.test()
    for x, y in zip(part.X[:, 0], part.y, strict=True):
        decoded = float(y[0]) if not classes else classes[int(y[0]) if len(classes) == 2 else int(y.argmax())]
        assert decoded == (float(expected[x]) if not classes else str(expected[x]))


@pytest.mark.parametrize(
    ("y", "scale", "shift"),
    [
        (np.exp(np.linspace(0, 8, 100)), "auto", 0.0),
        (np.floor(np.exp(np.linspace(-2, 8, 100))), "auto", 1.0),
        (-np.exp(np.linspace(0, 8, 100)), "auto", None),
        (np.linspace(1, 2, 100), "auto", None),
        (np.linspace(1, 2, 100), "log", 0.0),
        (np.exp(np.linspace(0, 8, 100)), "linear", None),
    ],
)
def test_a_skewed_target_is_learned_as_its_logarithm(
    y: np.ndarray, scale: str, shift: float | None, workdir: Path
) -> None:
    pd.DataFrame({"x": range(100), "y": y}).to_csv("a.csv", index=False)
    problem = load(f"a.csv?target=y&target_scale={scale}&task=regression")
    assert problem.log_shift == shift
    np.testing.assert_allclose(problem.test().y[:, 0], y[problem.test().X[:, 0].astype(int)])  # on the file's own scale


def test_groups_and_times_as_options(workdir: Path) -> None:
    rows = np.arange(200)
    frame = pd.DataFrame(
        {
            "who": [f"name {number}" for number in rows // 5],
            "day": pd.date_range("2024-01-01", periods=200)[::-1],
            "x": rows + 0.5,
            "y": np.sin(rows),
        }
    )
    frame.to_csv("a.csv", index=False)
    grouped = load("a.csv?target=y&group=who")
    assert "who" not in " ".join(grouped.inputs)
    place = grouped.inputs.index("x")
    parts = (grouped.train(128, 0), grouped.val(0), grouped.test())
    groups = [{int(x) // 5 for x in part.X[:, place]} for part in parts]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 40
    timed = load("a.csv?target=y&time=day&drop=who")
    assert timed.inputs == ("day (week, sine)", "day (week, cosine)", "x")
    train, val, test = (part.X[:, 2] for part in (timed.train(128, 0), timed.val(0), timed.test()))
    assert test.max() < val.min() < val.max() < train.min()  # the file's first rows are the latest
    other = load("a.csv?target=y&group=who&split_seed=1")
    assert other.test().X[:, place].tolist() != grouped.test().X[:, place].tolist()
    assert load("a.csv?target=y&drop=who&test_fraction=0.1").test().y.shape == (20, 1)


def test_texts_that_look_like_numbers_stay_texts_where_asked(workdir: Path) -> None:
    Path("a.csv").write_text("zip,x\n1234,1\n42,2\n")
    assert reading.read(Path("a.csv"))["zip"].tolist() == [1234, 42]
    assert reading.read(Path("a.csv"), texts=["zip"])["zip"].tolist() == ["1234", "42"]
    Path("a.csv").write_text("zip,x\n01234,1\n00042,2\n")
    assert reading.read(Path("a.csv"))["zip"].tolist() == ["01234", "00042"]
    assert reading.read(Path("a.csv"), texts=["zip"])["zip"].tolist() == ["01234", "00042"]
