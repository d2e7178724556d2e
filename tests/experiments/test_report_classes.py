"""The report of a study on classes: a matrix and a calibration curve in place of what makes sense for numbers only."""

import re
from dataclasses import replace

import pytest

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.metrics import class_of
from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.fits import fit
from knobwise.experiments.report.page import page
from knobwise.experiments.report.sections import classes, surfaces
from knobwise.experiments.run import run
from tests.experiments import studies
from tests.experiments.pages import Elements


def of_classes(problem: str, loss: str) -> Facts:
    """Two trials, both with the same small network."""
    config = RunConfig(n_samples=80, epochs=60, widths=(8,), loss=loss, optimizer="adam", lr=0.02)
    outcome = run(problems.load(problem), config, pictures=False)
    rows = [{"lr": 0.1, "val_mse": 9.0}, {"lr": 0.02, "val_mse": outcome.metrics["val_mse"]}]
    facts = studies.facts(rows, problem=problem, file=lambda run_id, path: outcome.checkpoint)
    return replace(facts, runs=facts.runs.assign(test_accuracy=[0.5, 0.875]))


@pytest.mark.parametrize(("problem", "loss"), [("wine", "cross_entropy"), ("two_moons", "binary_cross_entropy")])
def test_classes_have_a_matrix_and_a_calibration_curve(problem: str, loss: str) -> None:
    facts = of_classes(problem, loss)
    html = classes.content(facts)
    assert html is not None
    assert surfaces.content(facts) is None
    found = fit(facts, facts.best)
    labels = [attributes["aria-label"] or "" for attributes in Elements(html).of("svg")]
    across = "the predicted class" if len(found.problem.classes) > 2 else "upper"
    assert f'text-anchor="end">probability of {across}</text>' in html, "at the end of the axis below"
    right = float((class_of(found.test.y) == class_of(found.predicted)).mean())
    assert f"accuracy {right:.4g}" in labels[0]
    assert "expected calibration error 0." in labels[1]
    counts = [
        int(text.replace(",", "")) for text in re.findall(r'middle">([\d,]+)</text>', html.partition("</svg>")[0])
    ]
    names = [int(name) for name in found.problem.classes if name.isdigit()]  # below the columns, in the same form
    assert sum(counts) - sum(names) == len(found.test.y)


def test_the_tile_is_the_accuracy() -> None:
    html = page(of_classes("two_moons", "binary_cross_entropy"))
    assert "<dt>Test accuracy</dt><dd><b>0.875</b><span>the baseline has 0.5</span>" in html
    assert "<dt>Test R²</dt>" not in html
    assert 'id="classes"' in html
    assert 'id="surfaces"' not in html


def test_numbers_have_neither() -> None:
    assert classes.content(studies.full()) is None
    assert "<dt>Test R²</dt>" in page(studies.full())
