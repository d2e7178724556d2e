"""Every option, right and wrong."""

import dataclasses
import typing

import pytest

from knobwise.sweeps.engine import settings
from knobwise.sweeps.engine.cli import command, pages, parser, sweep_options
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.lr_epochs import SWEEP


def test_defaults_are_the_sweeps_own() -> None:
    chosen = sweep_options.parse(SWEEP, [], "python x.py")
    assert (chosen.trials, chosen.problem, chosen.name) == (SWEEP.trials, "article", "lr_epochs")
    assert (chosen.sampler, chosen.pruner) == (SWEEP.sampler, SWEEP.pruner)


def test_every_option_of_the_contract_is_taken() -> None:
    words = (
        "--trials 3 --jobs 2 --seeds 4 --timeout 5.5 --problem article --sampler random --pruner asha --seed 6 "
        "--name mine --fresh --dry-run --storage sqlite:///x.db --executor dask --cluster tcp://h:1 --json --quiet"
    )
    chosen = sweep_options.parse(SWEEP, words.split(), "python x.py")
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
    assert sweep_options.parse(SWEEP, ["--trials=7", "--dry_run"], "x").trials == 7


BAD = [
    ("--trials 0", "--trials must be a whole number >= 1, got 0"),
    ("--trials -3", "--trials must be a whole number >= 1, got -3"),
    ("--trials many", "--trials must be a whole number, got 'many'"),
    ("--trials 2.5", "--trials must be a whole number, got '2.5'"),
    ("--trials", "--trials must be followed by a whole number, got nothing"),
    ("--trials --json", "--trials must be followed by a whole number, got nothing"),
    ("--jobs -1", "--jobs must be a whole number >= 0, got -1"),
    ("--seeds 0", "--seeds must be a whole number >= 1, got 0"),
    ("--seed -1", "--seed must be a whole number >= 0, got -1"),
    ("--timeout 0", "--timeout must be a number of seconds > 0, got 0"),
    ("--timeout nan", "--timeout must be a number of seconds > 0, got nan"),
    ("--timeout soon", "--timeout must be a number of seconds, got 'soon'"),
    ("--problem artcle", "got 'artcle'; did you mean article?"),
    ("--sampler tep", "--sampler must be one of tpe, random, qmc, grid, gp, forest, got 'tep'; did you mean tpe?"),
    ("--pruner medan", "--pruner must be one of none, median, asha, hyperband, got 'medan'; did you mean median?"),
    ("--executor cloud", "--executor must be one of local, dask, got 'cloud'"),
    ("--name a/b", "--name must be letters, digits, '.', '_' or '-', at most 100, got 'a/b'"),
    ("--name=", "--name must be followed by STUDY, got nothing"),
    ("--good-enough nan", "--good-enough must be a number, got nan"),
    ("--samples 1", "--samples must be a whole number >= 2, or 0 for up to 10,000, got 1"),
    ("--task regresion", "--task must be one of regression, classification, got 'regresion'; did you mean regression?"),
    ("--cluster tcp://h:1", "--cluster must go with --executor dask, got --executor local"),
    ("--trails 3", "got '--trails'; did you mean --trials?"),
    ("-t 3", "got '-t'"),
    ("-- 3", "got '--'"),
    ("30", "python x.py: unknown word '30'; Usage: python x.py [options]"),
    ("-30", "python x.py: unknown word '-30'"),
    ("--json=yes", "--json must stand alone, got 'yes'"),
]


@pytest.mark.parametrize(("words", "line"), BAD)
def test_bad_input_is_one_line_that_names_it(words: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInput) as error:
        sweep_options.parse(SWEEP, words.split(), "python x.py")
    assert line in str(error.value)
    assert "\n" not in str(error.value)
    assert capsys.readouterr() == ("", "")


def test_help_shows_the_question_examples_and_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(SWEEP, ["--trials", "3", "-h"]) == 0
    text = capsys.readouterr().out
    assert SWEEP.question in text
    assert " --dry-run            show what would be run\n" in text
    for group in ("Data", "Search", "Budget", "Statistics", "Record", "Output"):
        assert f"\n\n{group}:\n  --" in text
    assert f"[{SWEEP.trials}]" in text
    assert max(map(len, settings.HELP.splitlines())) <= 80


def test_each_field_is_declared_with_its_default_and_a_value_of_its_type() -> None:
    declared = parser.options_of(pages.of_sweep(SWEEP, "x"))
    fields = {f"--{field.name.replace('_', '-')}": field for field in dataclasses.fields(settings.Options)}
    assert sorted(declared) == sorted(fields)
    numbers = {"N": "int", "X": "float", "SECONDS": "float", "": "bool"}
    kinds = {name: numbers.get(option.value, "str") for name, option in declared.items()}
    assert kinds == {
        name: typing.get_type_hints(settings.Options)[field.name].__name__ for name, field in fields.items()
    }
    for name, field in fields.items():
        if isinstance(field.default, int) and not isinstance(field.default, bool):
            assert f"[{field.default}]" in " ".join(declared[name].text.split())
