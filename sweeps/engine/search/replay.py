"""Replays a study on its recorded curves: which trials a pruner would have stopped, and the epochs that this saves.

The pruner is the one that a sweep has under that name; it is given the validation error of each trial at its rungs, one
trial after the other, as a sweep with `--jobs 1` gives it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import optuna
from optuna.trial import TrialState

from knobwise.sweeps.engine.driver.reconcile import STATES
from knobwise.sweeps.engine.search import pruners
from knobwise.sweeps.engine.trials.running_trial import Status


class Climb(NamedTuple):
    """A recorded trial, and its error on the way.

    Attributes:
        number: its number in the study, counted from 0 in the order in which trials began.
        status: how it ended.
        val_mse: at its end; None where it has none.
        at: val MSE by rung, the mean over its replicates; only rungs that it came to before its end.
        epochs: trained by each replicate when it ended, those taken over included.
        taken_over: epochs of each replicate that another trial had trained before.
        replicates: how many, >= 1.
        family: equal for trials that differ in nothing but their epochs, which take epochs over from each other.
        protected: whether no pruner may stop it: the baseline, and a trial that a user asked for.
    """

    number: int
    status: Status
    val_mse: float | None
    at: dict[int, float]
    epochs: int
    taken_over: int = 0
    replicates: int = 1
    family: str = ""
    protected: bool = False

    @property
    def trained(self) -> int:
        """Epochs that were trained for it, over all replicates."""
        return self.replicates * (self.epochs - self.taken_over)


class Replay(NamedTuple):
    """What a study would have come to with a pruner.

    Attributes:
        pruner: its name.
        stopped: by trial, the epoch at which the pruner stops it, in the order of the trials.
        before, after: epochs trained, over all trials and replicates, without and with the pruner.
    """

    pruner: str
    stopped: dict[int, int]
    before: int
    after: int

    @property
    def saved(self) -> float:
        """The share of the epochs that the pruner saves, 0 to 1."""
        return 1 - self.after / self.before if self.before else 0.0


def replay(climbs: Iterable[Climb], pruner: str, most: int, key: str = "replay") -> Replay:
    """Let the pruner called `pruner` decide on `climbs`.

    A trial that was stopped or diverged keeps its end, unless the pruner stops it earlier. A trial that took over
    epochs of one that the pruner stops takes over what that one has, and trains the rest.

    Args:
        climbs: the trials of a study in the order of their numbers.
        pruner: as `--pruner` takes it.
        most: the most epochs that a trial of the study can have.
        key: the study's; Hyperband sorts trials into brackets by it.
    """
    recorded = list(climbs)
    study = optuna.create_study(study_name=key, pruner=pruners.make(pruner, most))
    stopped: dict[int, int] = {}
    reached: dict[str, list[int]] = defaultdict(list)  # the ends of earlier trials, by family
    before = after = 0
    for climb in recorded:
        trial = _asked(study, climb.number)
        taken = _taken_over(climb, reached[climb.family])
        end = _end(trial, climb, taken)
        if end is not None:
            stopped[climb.number] = end
        reached[climb.family].append(climb.epochs if end is None else end)
        before += climb.trained
        after += climb.replicates * (reached[climb.family][-1] - taken)
        state = TrialState.PRUNED if end is not None else STATES[climb.status]
        study.tell(trial, climb.val_mse if state == TrialState.COMPLETE else None, state=state)
    return Replay(pruner, stopped, before, after)


def _end(trial: optuna.Trial, climb: Climb, taken: int) -> int | None:
    """The epoch at which the pruner stops a trial; None where it does not."""
    for rung, value in sorted(climb.at.items()):
        trial.report(value, rung)
        # At a rung that was taken over nothing is decided: the trial begins behind it.
        if rung > taken and not climb.protected and trial.should_prune():
            return rung
    return None


def _taken_over(climb: Climb, reached: Sequence[int]) -> int:
    """What the trial can take over where the earlier ones of its family end as in the replay.

    A longer one gives up what it had at this trial's last epoch, as the record says of them.
    """
    if not climb.taken_over:
        return 0
    return min(climb.taken_over, max(reached, default=0))


def _asked(study: optuna.Study, number: int) -> optuna.Trial:
    """A trial with this number: one that is not in the record, because it failed, is asked for and given up."""
    while (trial := study.ask()).number < number:
        study.tell(trial, state=TrialState.FAIL)
    return trial
