"""Every option, right and wrong."""

import pytest

from knobwise.sweeps.engine import settings
from knobwise.sweeps.engine.cli import parser
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.lr_epochs import SWEEP


def test_defaults_are_the_sweeps_own() -> None:
    chosen = parser.parse(SWEEP, [], "python x.py")
    assert (chosen.trials, chosen.problem, chosen.name) == (SWEEP.trials, "article", "lr_epochs")
    assert (chosen.sampler, chosen.pruner) == (SWEEP.sampler, SWEEP.pruner)


def test_every_option_of_the_contract_is_taken() -> None:
    words = (
        "--trials 3 --jobs 2 --seeds 4 --timeout 5.5 --problem article --sampler random --pruner asha --seed 6 "
        "--name mine --fresh --dry-run --storage sqlite:///x.db --executor dask --cluster tcp://h:1 --json --quiet"
    )
    chosen = parser.parse(SWEEP, words.split(), "python x.py")
    assert chosen == settings.Options(
        trials=3,
        jobs=2,
        seeds=4,
        timeout=5.5,
        problem="article",
        sampler="random",
        pruner="asha",
        seed=6,
        name="mine",
        fresh=True,
        dry_run=True,
        storage="sqlite:///x.db",
        executor="dask",
        cluster="tcp://h:1",
        json=True,
        quiet=True,
    )
    assert parser.parse(SWEEP, ["--trials=7", "--dry_run"], "x").trials == 7


BAD = [
    ("--trials 0", "--trials must be a whole number >= 1, got 0"),
    ("--trials -3", "--trials must be a whole number >= 1, got -3"),
    ("--trials many", "--trials must be a whole number, got 'many'"),
    ("--trials 2.5", "--trials must be a whole number, got '2.5'"),
    ("--trials", "--trials must be followed by a whole number, got nothing"),
    ("--trials --json", "--trials must be followed by a whole number, got nothing"),
    ("--jobs -1", "--jobs must be a whole number >= 1, or 0 for one on every core, got -1"),
    ("--seeds 0", "--seeds must be a whole number >= 1, got 0"),
    ("--seed -1", "--seed must be a whole number >= 0, got -1"),
    ("--timeout 0", "--timeout must be a number of seconds > 0, got 0"),
    ("--timeout nan", "--timeout must be a number of seconds > 0, got nan"),
    ("--timeout soon", "--timeout must be a number, got 'soon'"),
    ("--problem artcle", "got 'artcle'; did you mean article?"),
    ("--sampler tep", "--sampler must be one of tpe, random, qmc, grid, gp, forest, got 'tep'; did you mean tpe?"),
    ("--pruner medan", "--pruner must be one of none, median, asha, hyperband, got 'medan'; did you mean median?"),
    ("--executor cloud", "--executor must be one of local, dask, got 'cloud'"),
    ("--name a/b", "--name must be letters, digits, '.', '_' or '-', at most 100, got 'a/b'"),
    ("--name=", "--name must be letters, digits, '.', '_' or '-', at most 100, got ''"),
    ("--cluster tcp://h:1", "--cluster must go with --executor dask, got --executor local"),
    ("--trails 3", "got '--trails'; did you mean --trials?"),
    ("-t 3", "got '-t'"),
    ("30", "got '30'"),
    ("--json=yes", "--json must stand alone, got 'yes'"),
]


@pytest.mark.parametrize(("words", "line"), BAD)
def test_bad_input_is_one_line_that_names_it(words: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInput) as error:
        parser.parse(SWEEP, words.split(), "python x.py")
    assert line in str(error.value)
    assert "\n" not in str(error.value)
    assert capsys.readouterr() == ("", "")


def test_help_shows_the_question_examples_and_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parser.parse(SWEEP, ["--help"], "python sweeps/lr_epochs.py")
    text = capsys.readouterr().out
    assert stop.value.code == 0
    assert SWEEP.question in text
    assert "python sweeps/lr_epochs.py --dry-run" in text
    for option in ("--trials", "--storage", "--cluster", "--pruner", "--quiet"):
        assert option in text
