"""Samplers and pruners by name, and the draws that do not depend on what came before."""

import optuna
import pytest

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search import pruners, samplers
from knobwise.sweeps.engine.trials import rungs


def draw(study: optuna.Study) -> dict[str, float]:
    trial = study.ask()
    return {"lr": trial.suggest_float("lr", 1e-4, 1.0, log=True), "epochs": trial.suggest_int("epochs", 1, 1000)}


def test_a_random_draw_depends_on_seed_number_and_name_only() -> None:
    whole = optuna.create_study(sampler=samplers.make("random", 3, 0))
    expected = [draw(whole) for _ in range(6)]
    study = optuna.create_study(sampler=samplers.make("random", 3, 0))
    got = [draw(study) for _ in range(2)]
    study.sampler = samplers.make("random", 3, 2)  # as a resumed study
    got += [draw(study) for _ in range(4)]
    assert got == expected
    assert len({each["lr"] for each in expected}) == 6
    other = optuna.create_study(sampler=samplers.make("random", 4, 0))
    assert draw(other) != expected[0]


def test_one_draw_is_not_the_same_share_of_every_parameter() -> None:
    study = optuna.create_study(sampler=samplers.make("random", 0, 0))
    trial = study.ask()
    assert trial.suggest_float("a", 0, 1) != trial.suggest_float("b", 0, 1)


def test_tpe_gone_on_with_does_not_repeat_its_draws() -> None:
    first = optuna.create_study(sampler=samplers.make("tpe", 0, 0))
    later = optuna.create_study(sampler=samplers.make("tpe", 0, 6))
    assert draw(first) != draw(later)


def test_qmc_gone_on_with_continues_its_sequence() -> None:
    def tell(study: optuna.Study, count: int) -> list[dict[str, float]]:
        found = []
        for _ in range(count):
            found.append(draw(study))
            study.tell(len(study.trials) - 1, 0.0)
        return found

    expected = tell(optuna.create_study(sampler=samplers.make("qmc", 5, 0)), 6)
    study = optuna.create_study(sampler=samplers.make("qmc", 5, 0))
    got = tell(study, 3)
    study.sampler = samplers.make("qmc", 5, 3)
    assert got + tell(study, 3) == expected


def test_gp_without_torch_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match="needs PyTorch"):
        samplers.make("gp", 0, 0)


def test_rungs_lie_at_the_same_epochs_for_every_length() -> None:
    def all_rungs(epochs: int) -> list[int]:
        at, found = 0, []
        while (rung := rungs.next_rung(at, RunConfig(epochs=epochs))) is not None:
            found.append(rung)
            at = rung
        return found

    assert all_rungs(512) == []
    assert all_rungs(513) == [512]
    assert all_rungs(2048) == [512, 1024]
    assert all_rungs(2049) == [512, 1024, 2048]


def test_no_rungs_under_a_schedule_that_depends_on_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rungs, "comparable", lambda config: False)
    assert rungs.next_rung(0, RunConfig(epochs=2000)) is None


def test_asha_promotes_the_best_half_of_those_so_far() -> None:
    study = optuna.create_study(pruner=pruners.make("asha", 4000))
    goes_on = []
    for value in (4.0, 3.0, 5.0, 2.0, 3.5):
        trial = study.ask()
        trial.report(value, rungs.FIRST)
        goes_on.append(not trial.should_prune())
    # Of 1, 2, 3, 4, 5 values so far, the best 1, 1, 1, 2, 2 go on.
    assert goes_on == [True, True, False, True, False]


@pytest.mark.parametrize("name", list(pruners.PRUNERS))
def test_every_pruner_lets_a_first_trial_go_on(name: str) -> None:
    study = optuna.create_study(pruner=pruners.make(name, 500), sampler=samplers.make("random", 0, 0))
    trial = study.ask()
    trial.report(1.0, rungs.FIRST)
    assert not trial.should_prune()
