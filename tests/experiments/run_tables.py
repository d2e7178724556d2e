"""Tables of runs made by hand, for tests of what is read out of them."""

from typing import Any

import numpy as np
import pandas as pd


def table(**given: Any) -> Any:
    """A table of runs: what is not given is that of complete trials."""
    n = len(next(iter(given.values())))
    base = {"study": "s", "trial": range(n), "status": "complete", "baseline": [i == 0 for i in range(n)]}
    run_id = {"run_id": [f"{i:032x}" for i in range(n)]}
    return pd.DataFrame({**base, **given, **run_id})


def with_runs(**values: dict[int, list[float]]) -> Any:
    """Trials with `values[kind][trial]` for replicates (seeds 0, 1, ...) and confirmations (seeds 10, 11, ...)."""
    rows: list[tuple[Any, ...]] = []
    for kind, first in (("replicate", 0), ("confirmation", 10)):
        for trial, found in values.get(kind, {}).items():
            rows += [(trial, kind, i, first + i, float(value)) for i, value in enumerate(found)]
    for trial in {trial for found in values.values() for trial in found}:
        own = values.get("alone", values.get("replicate", {})).get(trial, [9.0])
        rows.append((trial, "trial", None, 0, float(np.mean(own))))
    rows.sort(key=lambda row: (row[0], row[1] != "trial", row[1] != "replicate"))
    names = ("trial", "kind", "replicate", "seed", "val_mse")
    cells: dict[str, Any] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    cells["replicate"] = pd.array(cells["replicate"], dtype="Int64")
    cells["fresh_seeds"] = [float(len(values.get("confirmation", {}).get(trial, ()))) for trial in cells["trial"]]
    return table(**cells).assign(baseline=False)
