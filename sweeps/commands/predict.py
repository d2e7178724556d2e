"""Predict with a study's best model.

    knobwise predict lr_epochs new.csv > predictions.csv

Reads the columns that the study's model needs by name from new.csv (or .tsv, .parquet), in any order and beside others,
and writes one line of predictions for each row. The model is the study's champion; where it has none, its best trial.

Options:
  --output FILE   where the predictions go [standard output]; .csv, .tsv or .parquet
  --trial N       this trial instead
  --unseen WHAT   a category that the model was not trained on: refuse [this], or ignore (predict from the rest)
  --json          one line of JSON: which model it was, and the predictions unless --output takes them

Side by side with what they are for: `paste -d, new.csv predictions.csv`.
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

from knobwise.experiments.data.tables import reading
from knobwise.experiments.model import answers
from knobwise.experiments.model.choice import Choice, choose
from knobwise.experiments.model.stored import StoredModel
from knobwise.experiments.record.errors import CompareError
from knobwise.sweeps.engine.cli import arguments, numeric_columns
from knobwise.sweeps.engine.errors import BadInput

WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": lambda table, file: table.to_csv(file, index=False),
    ".tsv": lambda table, file: table.to_csv(file, index=False, sep="\t"),
    ".parquet": lambda table, file: table.to_parquet(file, index=False),
}


def main(argv: list[str]) -> int:
    """Predict as `argv` asks."""
    if "-h" in argv or "--help" in argv:
        sys.stdout.write((__doc__ or "").strip() + "\n")
        return 0
    given = arguments.read(
        argv,
        alone=("STUDY", "FILE"),
        options={
            "--output": "a file name",
            "--trial": "the number of a trial",
            "--unseen": "what to do with a category that was not trained on",
        },
        flags=("--json",),
    )
    name, file = given.alone
    output = _output(given.options.get("--output"))
    numeric_columns.check(Path(file))
    try:
        choice = choose(name, given.whole("--trial"))
    except CompareError as error:
        raise BadInput(str(error)) from None
    model = choice.model
    table = answers.table(
        model.predictor.predict(_inputs(model, Path(file), given)), model.outputs, model.classes, model.target
    )
    if output is not None:
        WRITERS[output.suffix](table, output)
    if "--json" in given.flags:
        sys.stdout.write(json.dumps(_facts(choice, table, output)) + "\n")
        return 0
    if output is None:
        text = io.StringIO()
        table.to_csv(text, index=False)
        sys.stdout.write(text.getvalue())
    count = f"{len(table):,} prediction{'s' * (len(table) != 1)}"
    sys.stderr.write(f"{count} by {choice.told}{f', in {output}' if output else ''}\n")
    return 0


def _inputs(model: StoredModel, file: Path, given: arguments.Words) -> NDArray[np.float64]:
    """The network's inputs `(rows, d)` from the rows of `file`.

    Raises:
        BadInput: the file cannot be read, lacks a column, or has a value that the model cannot take.
    """
    asked = given.options.get("--unseen", "refuse")
    if asked not in ("refuse", "ignore"):
        raise BadInput(f"--unseen must be refuse or ignore, got {asked!r}")
    unseen: Literal["refuse", "ignore"] = "ignore" if asked == "ignore" else "refuse"
    if model.raw is None:
        return numeric_columns.read(file, model.inputs)
    try:
        texts = [column.name for column in model.raw.columns if column.kind == "category"]
        return model.raw.encode(reading.read(file, texts), unseen=unseen)
    except ValueError as error:
        raise BadInput(f"{file}: {error}") from None


def _output(given: str | None) -> Path | None:
    """Where to write, refused before anything is computed."""
    if given is None:
        return None
    file = Path(given)
    if file.suffix not in WRITERS:
        raise BadInput(f"--output must end in {', '.join(WRITERS)}, got {given!r}")
    if not file.absolute().parent.is_dir():
        raise BadInput(f"--output must be in a folder that is there, got {given!r}")
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
