"""`Options`: what a sweep is to do; `HELP` declares them for the command line."""

import math
import os
from dataclasses import dataclass

OF_PROBLEM = (
    *(
        "target",
        "drop",
        "keep",
        "drop_rows_without_target",
        "task",
        "test_fraction",
        "group",
        "time",
        "target_scale",
        "split_seed",
    ),  # of a table
    *("bounds", "noise", "inputs"),  # of a function
)
COSTS = ("flops", "train_seconds", "n_parameters")

HELP = """
Data:
  --problem NAME         what to fit: a name that `knobwise problems` lists, a
                         table's file (.csv, .tsv, .parquet, .feather, .json,
                         .jsonl, .xlsx, .ods; texts also as .gz and the like),
                         or FILE.py:FUNCTION [{problem}]
  --samples N            use at most so many training rows of data that have an
                         end; 0 for up to 10,000 [0]
 of a table:
  --target COLUMN        the column to predict
  --drop COLUMNS         columns to leave out, with commas between
  --keep COLUMNS         columns to learn from even where they number the rows
  --drop-rows-without-target
                         leave out rows without a target; they are refused
  --task regression|classification
                         [by the target's values]
  --test-fraction SHARE  share of the rows that is kept for the test [0.2]
  --group COLUMN         rows with one value in this column stay in one part
  --time COLUMN          split by this column: the latest rows are the test
  --target-scale auto|linear|log
                         the scale on which a number is learned [auto]
  --split-seed S         another seed, another split [0]
 of a function:
  --bounds BOUNDS        low..high of each input, with commas between
                         (-1..1,0..5)
  --noise SD             standard deviation of noise on the targets that are
                         trained on and validated with [0]
  --inputs COUNT         number of inputs, where the problem leaves it open

Search:
  --sampler tpe|random|qmc|grid|gp|forest
                         chooses the settings to try [{sampler}]
  --pruner none|median|asha|hyperband
                         stops trials early that are behind others [{pruner}]
  --cost none|flops|train_seconds|n_parameters
                         a second objective beside the error [none]
  --seed N               seed of the sampler [0]
  --extend-range         resume a study whose best lies at the edge of a range
                         with a wider one, which stays with the study

Budget:
  --trials N             start trials until the study has so many that are
                         complete, pruned or diverged, those of earlier
                         sessions included (>= 1) [{trials}]
  --jobs N               trials at once, a core each; 0 for one on every core
                         [0]
  --timeout SECONDS      start no trial after so long; those that run are
                         finished (> 0)
  --total-epochs X       start no trial after so many epochs over all trials
                         and seeds (> 0)
  --total-flops X        start no trial after so many floating-point operations
                         of training (> 0)
  --good-enough X        start no trial after one has reached this val MSE
  --max-failures N       failed trials after which the sweep stops; 0 to stop
                         only after 5 in a row [0]
  --executor local|dask  where trials run: processes on this machine, or a
                         cluster [local]
  --cluster ADDRESS      of a Dask scheduler (tcp://host:8786) [one on this
                         machine]

Statistics:
  --seeds N              train each trial with so many seeds, and compare means
                         (>= 1) [1]
  --confirm N            train the best few on so many fresh seeds before a
                         winner is named; 0 to trust the search [3]

Record:
  --name STUDY           the study to start or resume [{name}]
  --fresh                start another study of that name (NAME-2, NAME-3, ...)
  --storage URL          where the search is kept: an Optuna URL
                         (sqlite:///search.db) or a journal file
                         [mlruns/optuna.journal]
  --system-metrics       record CPU and memory of this machine over time, with
                         the study's run

Output:
  --dry-run              show what would be run; write nothing
  --json                 one line of JSON on stdout, and nothing else there
  --quiet                show no progress
"""


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a sweep is to do: a field an option, with the meaning and the range that `HELP` states."""

    problem: str
    samples: int = 0
    target: str = ""
    drop: str = ""
    keep: str = ""
    drop_rows_without_target: bool = False
    task: str = ""
    test_fraction: str = ""
    group: str = ""
    time: str = ""
    target_scale: str = ""
    split_seed: str = ""
    bounds: str = ""
    noise: str = ""
    inputs: str = ""
    sampler: str
    pruner: str
    cost: str = "none"
    seed: int = 0
    extend_range: bool = False
    trials: int
    jobs: int = 0
    timeout: float = math.inf
    total_epochs: float = math.inf
    total_flops: float = math.inf
    good_enough: float = -math.inf
    max_failures: int = 0
    executor: str = "local"
    cluster: str = ""
    seeds: int = 1
    confirm: int = 3
    name: str
    fresh: bool = False
    storage: str = ""
    system_metrics: bool = False
    dry_run: bool = False
    json: bool = False
    quiet: bool = False

    @property
    def slots(self) -> int:
        """The number of trials that run at once."""
        return self.jobs or cores()


def given_of_problem(options: Options) -> list[str]:
    """The options that were given and are about the problem."""
    return [name for name in OF_PROBLEM if getattr(options, name)]
