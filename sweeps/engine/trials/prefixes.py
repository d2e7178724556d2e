"""Shared prefixes: a run that differs from an earlier one in `epochs` alone is continued from its checkpoint.

Under a schedule that does not depend on the total number of epochs, 500 epochs are the first 500 of 2,000, bit for bit.
So of a learning rate tried with 500, 1,000 and 2,000 epochs, 2,000 are trained and not 3,500.
"""

import dataclasses
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.snapshots import Snapshots, size
from knobwise.sweeps.engine.trials import rungs

MOST_BYTES = 128 << 20  # of checkpoints and snapshots kept in memory


class Prefix(NamedTuple):
    """The first epochs of a run.

    Attributes:
        epochs: how many.
        checkpoint: the state after the last of them.
        trial: the number of the trial that trained them.
        snapshots: of that run, as far as they are known.
    """

    epochs: int
    checkpoint: bytes
    trial: int
    snapshots: Snapshots


def prefix_key(config: RunConfig) -> RunConfig | None:
    """Equal for two runs of which the shorter is a prefix of the longer; None for a run that shares no prefix.

    A run with early stopping shares none: scoring its last epoch counts towards its patience.

    >>> prefix_key(RunConfig(epochs=500)) == prefix_key(RunConfig(epochs=2000)) != prefix_key(RunConfig(lr=0.1))
    True
    >>> prefix_key(RunConfig(schedule="cosine")) is None
    True
    """
    if config.patience or not rungs.comparable(config):
        return None
    return dataclasses.replace(config, epochs=1)


def params_but_epochs(params: Mapping[str, Any]) -> str:
    """A trial's parameters without `epochs`, as text: equal for trials that differ in nothing else."""
    return json.dumps({name: value for name, value in params.items() if name != "epochs"}, sort_keys=True)


class Prefixes:
    """Checkpoints of this study's runs; the least recently extended groups are dropped beyond 128 MB."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[RunConfig, dict[int, Prefix]] = OrderedDict()  # then by epochs
        self._bytes = 0

    def add_outcome(self, outcome: Outcome, trial: int) -> None:
        """Keep the checkpoint of a run that is complete or paused."""
        if outcome.status in ("complete", "paused"):
            self.add(outcome.config, Prefix(outcome.epochs_done, outcome.checkpoint, trial, outcome.snapshots))

    def add(self, config: RunConfig, prefix: Prefix) -> None:
        """Keep a prefix of the runs that differ from `config` in epochs alone."""
        key = prefix_key(config)
        if key is None or not prefix.checkpoint:
            return
        by_epochs = self._by_key.setdefault(key, {})
        self._by_key.move_to_end(key)
        self._bytes -= _memory(by_epochs)
        kept = _snapshots(by_epochs)  # those of a shorter run are the same arrays, so they are kept once
        shared = {epoch: kept.get(epoch, params) for epoch, params in prefix.snapshots.items()}
        by_epochs[prefix.epochs] = prefix._replace(snapshots=shared)
        self._bytes += _memory(by_epochs)
        while self._bytes > MOST_BYTES and len(self._by_key) > 1:
            _, dropped = self._by_key.popitem(last=False)
            self._bytes -= _memory(dropped)

    def longest(self, config: RunConfig) -> Prefix | None:
        """The longest prefix of a run with `config`, at most the whole run; None where there is none."""
        key = prefix_key(config)
        by_epochs = self._by_key.get(key, {}) if key is not None else {}
        short_enough = (prefix for prefix in by_epochs.values() if prefix.epochs <= config.epochs)
        return max(short_enough, key=lambda prefix: prefix.epochs, default=None)


def _snapshots(prefixes: Mapping[int, Prefix]) -> Snapshots:
    return {epoch: params for prefix in prefixes.values() for epoch, params in prefix.snapshots.items()}


def _memory(prefixes: Mapping[int, Prefix]) -> int:
    """Bytes that prefixes of the same run take."""
    return sum(len(prefix.checkpoint) for prefix in prefixes.values()) + size(_snapshots(prefixes))
