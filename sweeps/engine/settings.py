"""`Options`: what a sweep is asked to do, whoever asks; the command line reads these fields and their text."""

import math
import os
from dataclasses import dataclass

OF_PROBLEM = (
    "target",
    "drop",
    "task",
    "test_fraction",
    "group",
    "time",
    "target_scale",
    "split_seed",
    "bounds",
    "noise",
    "inputs",
)
COSTS = ("flops", "train_seconds", "n_parameters")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a sweep is asked to do."""

    trials: int
    """Go on until this many trials are done (complete, pruned or diverged), counting those of earlier runs."""
    jobs: int = 0
    """Trials that run at once, one core each; 0 for one on every core."""
    seeds: int = 1
    """Run each trial with this many seeds, and judge it by the mean."""
    confirm: int = 3
    """Run the best few again on this many fresh seeds before naming a winner; 0 to trust the search."""
    timeout: float = math.inf
    """Seconds after which no new trial begins; those that run are finished."""
    total_epochs: float = math.inf
    """Epochs, over all trials and seeds, after which no new trial begins."""
    total_flops: float = math.inf
    """Floating-point operations of training after which no new trial begins."""
    good_enough: float = -math.inf
    """A val MSE that is good enough: once a trial has it, no new one begins."""
    max_failures: int = 0
    """Trials that may fail before the sweep gives up; 0 for any number that is not 5 in a row."""
    cost: str = "none"
    """Weigh accuracy against a cost as well: none, flops, train_seconds or n_parameters."""
    problem: str
    """What to fit: a name (`knobwise problems` lists them), FILE.csv, .tsv or .parquet, or module:function."""
    target: str = ""
    """Of a table: the column to predict."""
    drop: str = ""
    """Of a table: columns to leave out, with commas between."""
    task: str = ""
    """Of a table: regression or classification. [by the target's values]"""
    test_fraction: str = ""
    """Of a table: the share of the rows that is kept for the test. [0.2]"""
    group: str = ""
    """Of a table: a column whose rows of one value stay in one part."""
    time: str = ""
    """Of a table: a column to split by: the latest rows are the test."""
    target_scale: str = ""
    """Of a table: auto, linear or log, the scale on which a number is learned. [auto]"""
    split_seed: str = ""
    """Of a table: another seed, another split. [0]"""
    bounds: str = ""
    """Of a function: low..high of each input, with commas between (-1..1,0..5)."""
    noise: str = ""
    """Of a function: the standard deviation of noise on the targets that are learnt from. [0]"""
    inputs: str = ""
    """Of a function that can have any number of inputs: how many."""
    samples: int = 0
    """Of data that end: use at most this many of the training rows; 0 for up to 10,000."""
    sampler: str
    """Chooses the configurations: tpe, forest, random, qmc, grid or gp."""
    pruner: str
    """Stops trials that are behind: none, median, asha or hyperband."""
    seed: int = 0
    """Varies what the sampler chooses."""
    name: str
    """The study to start or go on with."""
    fresh: bool = False
    """Start another study of that name (NAME-2, NAME-3, ...)."""
    dry_run: bool = False
    """Say what would be done; write nothing."""
    storage: str = ""
    """Where the search is kept: an Optuna URL (sqlite:///search.db) or a journal file. [mlruns/optuna.journal]"""
    executor: str = "local"
    """Where trials run: local (processes on this machine) or dask (a cluster)."""
    cluster: str = ""
    """The address of a Dask scheduler (tcp://host:8786); none for a cluster on this machine."""
    system_metrics: bool = False
    """Record CPU and memory of this machine over time, with the study's own run."""
    json: bool = False
    """Print one line of JSON on stdout, and nothing else there."""
    quiet: bool = False
    """Show no progress."""

    @property
    def slots(self) -> int:
        """How many trials run at once."""
        return self.jobs or cores()


def given_of_problem(options: Options) -> list[str]:
    """The options that were given and are about the problem."""
    return [name for name in OF_PROBLEM if getattr(options, name)]
