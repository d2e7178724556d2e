"""The options of a table's problem, parsed from text and checked."""

import math
from typing import NamedTuple, cast, get_args

from knobwise.experiments.data.spec import Spec
from knobwise.experiments.data.tables.refusal import listed
from knobwise.experiments.data.tables.target import Scale, Task
from knobwise.experiments.text import nearest

LARGEST_TEST = 0.5
SMALLEST_TEST = 0.01


class Options(NamedTuple):
    """The options in `FILE?target=...`.

    Attributes:
        target: the column to predict.
        drop: columns to leave out.
        keep: columns that are inputs even where they number the rows.
        drop_rows_without_target: whether rows without a target are left out, or refused.
        task: regression or classification; None to decide by the target.
        test_fraction: share of the rows in the test part; and of the rest in the validation part.
        group: a column; rows with the same value are in the same part.
        time: a column; the earliest rows train and the latest test.
        target_scale: "log" to learn the logarithm of the target, "auto" to do so where it is skewed, or "linear".
        split_seed: seed of the split, 0 to 2^32 - 1.
        sha256: that the file's bytes must have.
    """

    target: str
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop_rows_without_target: bool = False
    task: Task | None = None
    test_fraction: float = 0.2
    group: str | None = None
    time: str | None = None
    target_scale: Scale = "auto"
    split_seed: int = 0
    sha256: str | None = None

    @classmethod
    def parse(cls, spec: Spec) -> "Options":
        """The options of `spec`, checked.

        Raises:
            ValueError: an unknown option, or an invalid value.
        """
        given = spec.options
        for name in given:
            if name not in cls._fields:
                known = ", ".join(cls._fields)
                raise ValueError(f"a table takes the options {known}, got {name}{nearest(name, cls._fields)}")
        if given.get("group") and given.get("time"):
            raise ValueError("a table is split by group or by time, got both")
        return cls(
            target=given.get("target", ""),
            drop=tuple(listed(given.get("drop", ""))),
            keep=tuple(listed(given.get("keep", ""))),
            drop_rows_without_target=_one_of(
                "drop_rows_without_target", given.get("drop_rows_without_target", "no"), ("yes", "no")
            )
            == "yes",
            task=cast(Task | None, _one_of("task", given.get("task"), get_args(Task))),
            test_fraction=_fraction(given.get("test_fraction", "0.2")),
            group=given.get("group") or None,
            time=given.get("time") or None,
            target_scale=cast(Scale, _one_of("target_scale", given.get("target_scale"), get_args(Scale)) or "auto"),
            split_seed=_whole(given.get("split_seed", "0")),
            sha256=given.get("sha256") or None,
        )


def _one_of(name: str, value: str | None, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    return value


def _fraction(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not SMALLEST_TEST <= number <= LARGEST_TEST:
        raise ValueError(f"test_fraction must be a number from {SMALLEST_TEST} to {LARGEST_TEST}, got {value!r}")
    return number


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) < 2**32):
        raise ValueError(f"split_seed must be a whole number from 0 to 2^32 - 1, got {value!r}")
    return int(value)
