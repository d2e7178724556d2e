"""Predict with a study's best model.

Usage: knobwise predict STUDY FILE [options]

    knobwise predict lr_epochs new.csv > predictions.csv

Reads the columns that the study's model needs by name from new.csv (or another file that a sweep takes), in any order
and beside others, and writes one line of predictions for each row. The model is the study's champion; where it has
none, its best trial.

Options:
  --output FILE   where the predictions go [standard output]; .csv, .tsv or .parquet
  --trial N       this trial instead
  --unseen refuse|ignore
                  a category, or a missing cell, of a kind that the model was not trained on: predict from the other
                  columns and say so, as the sweep's own scores do, or refuse the file [ignore]
  --json          one line of JSON: the model, and the predictions where there is no --output

A class that a spreadsheet would run as a formula (=, +, - or @ at its beginning, and no number) has an apostrophe in
front in CSV and TSV. Side by side with what they are for: `paste -d, new.csv predictions.csv`.
"""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.compare.file_export import write_csv
from knobwise.experiments.data.tables import reading
from knobwise.experiments.data.tables.notation import PLAIN
from knobwise.experiments.model import answers
from knobwise.experiments.model.choice import Choice, choose
from knobwise.experiments.model.stored import StoredModel
from knobwise.experiments.record.errors import CompareError
from knobwise.experiments.text import counted
from knobwise.sweeps.engine.cli import numeric_columns
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput

WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": write_csv,
    ".tsv": lambda table, file: write_csv(table, file, "\t"),
    ".parquet": lambda table, file: table.to_parquet(file, index=False),
}


def main(given: Given) -> int:
    """Predict as `given` asks."""
    file, output = Path(given["FILE"]), _output(given.get("--output"))
    numeric_columns.check(file)
    try:
        choice = choose(given["STUDY"], given.get("--trial"))
    except CompareError as error:
        raise BadInput(str(error)) from None
    model = choice.model
    X = _inputs(model, file, given.get("--unseen", "ignore"))
    table = answers.table(model.predictor.predict(X), model.outputs, model.classes, model.target)
    if output is not None:
        WRITERS[output.suffix](table, output)
    if "--json" in given:
        sys.stdout.write(json.dumps(_facts(choice, table, output)) + "\n")
        return 0
    if output is None:
        text = io.StringIO()
        write_csv(table, text)
        sys.stdout.write(text.getvalue())
    count = counted(len(table), "prediction")
    sys.stderr.write(f"{count} by {choice.label}{f', in {output}' if output else ''}\n")
    return 0


def _inputs(model: StoredModel, file: Path, unseen: Literal["refuse", "ignore"]) -> NDArray[np.float64]:
    """The network's inputs `(rows, d)` from the rows of `file`.

    Raises:
        BadInput: the file cannot be read, lacks a column, or has a value that the model cannot take.
    """
    if model.raw is None:
        return numeric_columns.read(file, model.inputs)
    try:
        # What the model knows how to read is left to it, so that it is read as in training.
        texts = [each.name for each in model.raw.columns if each.kind == "category" or each.notation != PLAIN]
        read = reading.open_table(file, texts)
        X = model.raw.encode(read.table, unseen=unseen)
        ignored = model.raw.unseen(read.table) if unseen == "ignore" else []
    except ValueError as error:
        raise BadInput(f"{file}: {error}") from None
    notes = [*read.notes, *(f"{line}; predicted from the other columns" for line in ignored)]
    sys.stderr.write("".join(f"{line}\n" for line in notes))
    return X


def _output(name: str | None) -> Path | None:
    """Where to write, checked before anything is computed.

    Raises:
        BadInput: it is of another kind, or in a folder that does not exist.
    """
    if name is None:
        return None
    file = Path(name)
    if file.suffix not in WRITERS:
        raise BadInput(f"--output must end in {', '.join(WRITERS)}, got {name!r}")
    if not file.absolute().parent.is_dir():
        raise BadInput(f"--output must be in a folder that is there, got {name!r}")
    return file


def _facts(choice: Choice, table: pd.DataFrame, output: Path | None) -> dict[str, object]:
    return {
        "study": choice.study.study,
        "trial": choice.model.trial,
        "run_id": choice.model.run_id,
        "champion": choice.champion.version if choice.champion else None,
        "val_mse": choice.model.val_mse,
        "rows": len(table),
        "output": str(output) if output else None,
        "predictions": None if output else table.to_dict("list"),
    }
