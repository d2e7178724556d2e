"""Shared prefixes: a run that differs from an earlier one in `epochs` alone goes on from where that one ended.

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
from knobwise.sweeps.engine.trials import rungs

MOST_BYTES = 64 << 20


class Prefix(NamedTuple):
    """Attributes: how far a run was trained, the checkpoint it can be continued from, and the trial whose run it is."""

    epochs: int
    checkpoint: bytes
    trial: int


def key(config: RunConfig) -> RunConfig | None:
    """The same for all runs that are each other's prefix; None for a run that is nobody's.

    One that may stop early is nobody's: its last epoch is scored, which uses up a little of its patience.

    >>> key(RunConfig(epochs=500)) == key(RunConfig(epochs=2000)) != key(RunConfig(lr=0.1))
    True
    >>> key(RunConfig(schedule="cosine")) is None
    True
    """
    if config.patience or not rungs.comparable(config):
        return None
    return dataclasses.replace(config, epochs=1)


def but_epochs(params: Mapping[str, Any]) -> str:
    """A trial's parameters but for `epochs`, as text: the same for trials that differ in nothing else."""
    return json.dumps({name: value for name, value in params.items() if name != "epochs"}, sort_keys=True)


class Prefixes:
    """The checkpoints of this sweep's runs, the newest 64 MB of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[RunConfig, dict[int, Prefix]] = OrderedDict()
        self._bytes = 0

    def keep(self, outcome: Outcome, trial: int) -> None:
        """Take note of what a run has come to."""
        if outcome.status in ("complete", "paused"):
            self.add(outcome.config, Prefix(outcome.epochs_done, outcome.checkpoint, trial))

    def add(self, config: RunConfig, prefix: Prefix) -> None:
        """Take note of a prefix of the runs that differ from `config` in epochs alone."""
        of = key(config)
        if of is None or not prefix.checkpoint:
            return
        those = self._kept.setdefault(of, {})
        self._kept.move_to_end(of)
        before = those.get(prefix.epochs)
        those[prefix.epochs] = prefix
        self._bytes += len(prefix.checkpoint) - (len(before.checkpoint) if before else 0)
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= sum(len(each.checkpoint) for each in oldest.values())

    def longest(self, config: RunConfig) -> Prefix | None:
        """The longest run that is the beginning of one with `config`, or all of it; None where there is none."""
        of = key(config)
        those = self._kept.get(of, {}) if of is not None else {}
        fitting = (each for each in those.values() if each.epochs <= config.epochs)
        return max(fitting, key=lambda each: each.epochs, default=None)
