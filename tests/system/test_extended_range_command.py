"""A range that is extended: the same study goes on beyond it, and a resume keeps it."""

import json
from pathlib import Path

from knobwise.experiments import report
from tests.system.test_sweep_command import answer, refused, sweep


def test_a_range_is_extended_and_a_resume_keeps_it(tmp_path: Path) -> None:
    """The best of these runs has the largest rate, or nearly."""
    more = ("--sampler", "random", "--extend-range")
    assert "which has none" in refused(sweep(tmp_path, *more, "--json"), 2)
    first = sweep(tmp_path, "--sampler", "random", "--trials", "3")
    assert first[0] == 0, first[2]
    said = " ".join(first[1].split())
    assert "at the upper end of lr (0.001 of 0.0001 to 0.001)" in said
    assert "--extend-range searches there" in said
    assert "--trials must be more than the 3" in refused(sweep(tmp_path, *more, "--trials", "3", "--json"), 2)
    plan = json.loads(sweep(tmp_path, *more, "--trials", "6", "--dry-run", "--json")[1])
    assert plan["space"]["lr"] == "0.0001 to 0.002, log scale"
    extended = sweep(tmp_path, *more, "--trials", "6", "--json")
    assert answer(extended)["best"]["params"]["lr"] > 0.001
    assert "The range was extended: lr up to 0.002 (it was 0.001)" in extended[2]
    resumed = json.loads(sweep(tmp_path, "--trials", "8", "--dry-run", "--json")[1])
    assert resumed["space"]["lr"] == "0.0001 to 0.002, log scale"
    assert answer(sweep(tmp_path, "--trials", "7", "--json"))["trials"]["complete"] == 7
    page = report.write("tiny", f"sqlite:///{tmp_path}/mlflow.db")
    assert ("The best lies at the edge" in page) == ("--extend-range searches there" in page)
    assert 'class="caveat"' in page
