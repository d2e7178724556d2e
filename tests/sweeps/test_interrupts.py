"""Signals: the first is noted, whichever of the three it is; and a clean stop leaves no trial RUNNING."""

import os
import signal
from pathlib import Path

import pytest
from optuna.trial import TrialState

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.driver.driver import FAILURES_IN_A_ROW
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job
from tests.sweeps.fakes import Bench, formula


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_first_signal_is_noted_and_wakes_and_gives_the_exit_code(number: int, code: int) -> None:
    woken = []
    with Interrupts() as interrupts:
        interrupts.then = lambda: woken.append(number)
        os.kill(os.getpid(), number)
        assert (interrupts.signal, interrupts.exit_code, woken) == (number, code, [number])


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGHUP)
            assert interrupts.signal == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("pruner", ["none", "median"])
def test_a_clean_stop_leaves_no_trial_running_and_the_next_session_ends_each_once(pruner: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def interrupting(job: Job) -> Outcome:
        if len(bench.workers.jobs) == 4:
            bench.interrupts.signal = signal.SIGINT
        return formula(job)

    bench.run(6, work=interrupting, pruner=pruner)
    before = bench.study().get_trials()
    assert {trial.state for trial in before} <= {TrialState.COMPLETE, TrialState.PRUNED, TrialState.WAITING}
    bench.interrupts.signal = 0
    found, ending = bench.run(6, pruner=pruner)
    assert (ending, found.done) == ("done", 6)
    assert [trial.params for trial in bench.study().get_trials()][: len(before)] == [
        trial.params or trial.system_attrs["fixed_params"] for trial in before
    ]


def test_trials_that_keep_failing_end_the_sweep_with_none_running(tmp_path: Path) -> None:
    def failing(job: Job) -> Outcome:
        raise ValueError("no")

    bench = Bench(tmp_path)
    with pytest.raises(Unfinished, match="in a row failed"):
        bench.run(2 * FAILURES_IN_A_ROW, work=failing)
    assert not bench.study().get_trials(states=(TrialState.RUNNING,))


def test_fewer_trials_than_a_killed_driver_had_begun_leave_none_running(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    study = bench.study()
    for _ in range(3):
        study.ask()
    bench.run(1)
    assert [trial.state.name for trial in bench.study().get_trials()] == ["COMPLETE", "WAITING", "WAITING"]
