"""What the report draws with: escaping, scales, colours, surfaces."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knobwise.experiments.report.charts import WIDE, Frame, line
from knobwise.experiments.report.markup import Markup, tag
from knobwise.experiments.report.ramp import BANDS, ramp
from knobwise.experiments.report.scales import Scale, scale_of
from knobwise.experiments.report.surface import filled, known, region, through


@given(st.text(), st.text())
def test_text_stays_text(child: str, value: str) -> None:
    html = tag("p", child, title=value)
    inside = html.removeprefix("<p").removesuffix("</p>")
    assert inside.count("<") == 0
    assert re.fullmatch(r' title="[^"]*">[^<]*', inside, re.DOTALL)
    assert tag("div", html) == f"<div>{html}</div>", "markup is not escaped twice"


def test_attributes() -> None:
    assert tag("svg", viewBox="0 0 1 1", aria_hidden="true", class_="a", hidden=True, title=None) == (
        '<svg viewBox="0 0 1 1" aria-hidden="true" class="a" hidden></svg>'
    )
    assert isinstance(tag("p"), Markup)


@given(st.floats(1e-6, 1e6), st.floats(1.0001, 1e9), st.booleans(), st.floats(0.08, 0.5))
def test_ticks_are_on_the_scale_and_do_not_touch(low: float, factor: float, log: bool, gap: float) -> None:
    scale = Scale(low, low * factor, log)
    ticks = scale.ticks(gap)
    places = scale.at(ticks)
    assert ((places >= -1e-6) & (places <= 1 + 1e-6)).all()
    assert (np.diff(places) > 0).all()
    if len(ticks) > 2:
        assert np.diff(places).min() >= gap * 0.999


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20))
def test_a_scale_holds_its_values_and_turns_back(values: list[float]) -> None:
    scale = scale_of(values)
    shares = scale.at(values)
    assert ((shares >= 0) & (shares <= 1)).all()
    assert scale.value(shares) == pytest.approx(np.array(values), rel=1e-6)


def test_a_wide_span_of_numbers_above_0_is_logarithmic() -> None:
    assert scale_of([1.0, 100.0]).log
    assert not scale_of([1.0, 5.0]).log
    assert not scale_of([0.0, 100.0]).log
    assert scale_of([np.nan, 2.0]) == scale_of([2.0])


def test_bands_of_results_go_from_the_best_up_by_equal_factors() -> None:
    errors = np.array([1.0, 2.0, 4.0, np.nan, 1000.0])
    found = ramp(errors)
    factors = found.edges[1:] / found.edges[:-1]
    assert factors == pytest.approx(np.full(BANDS, factors[0]))
    assert found.bands(np.array([1.0, 1e9])).tolist() == [0, BANDS - 1]
    assert found.classes(errors)[3] == "none"
    assert ramp(np.array([3.0, 3.0])).bands(np.array([3.0])).tolist() == [0]


def area(d: str) -> float:
    """Of a path with straight lines, holes taken off, by the shoelace formula."""
    total = 0.0
    for ring in filter(None, d.split("M")):
        points = np.array([[float(v) for v in pair.split()] for pair in ring.removesuffix("Z").split("L")])
        x, y = points.T
        total += float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    return abs(total)


def test_bands_cover_the_surface_each_with_its_share() -> None:
    x, y = np.linspace(0, 100, 41), np.linspace(0, 50, 21)
    z = np.add.outer(np.zeros(21), x / 10)  # rises from 0 to 10 from left to right
    html = filled(x, y, z, np.array([0.0, 2.0, 5.0, 10.0]), ["a", "b", "c"])
    areas = {name: area(d) for d, name in re.findall(r'<path d="([^"]*)" class="band (\w)"', html)}
    assert areas == pytest.approx({"a": 20 * 50, "b": 30 * 50, "c": 50 * 50}, rel=1e-6)
    beyond = filled(x, y, z, np.array([4.0, 5.0, 6.0]), ["a", "b"])
    assert sum(area(d) for d in re.findall(r'd="([^"]*)"', beyond)) == pytest.approx(5000)


def test_a_surface_passes_through_the_trials_and_bends_no_more_than_it_must() -> None:
    places = np.random.default_rng(0).uniform(0, 1, (30, 2))
    plane = 3 + 2 * places[:, 0] - places[:, 1]
    grid = np.random.default_rng(1).uniform(0.2, 0.8, (50, 2))
    assert through(places, plane, grid, 1e-9) == pytest.approx(3 + 2 * grid[:, 0] - grid[:, 1], abs=1e-5)
    wavy = np.sin(6 * places[:, 0])
    assert through(places, wavy, places, 1e-9) == pytest.approx(wavy, abs=1e-4)
    assert through(places, wavy, grid, 1e-9).max() <= wavy.max()
    in_a_row = np.column_stack([np.linspace(0, 1, 9), np.linspace(0, 1, 9)])
    assert np.isnan(through(in_a_row, np.ones(9), grid, 0.0)).all()


def test_nothing_is_drawn_where_nothing_was_tried_or_trials_diverged() -> None:
    side = np.linspace(0, 0.6, 7)
    places = np.column_stack([each.ravel() for each in np.meshgrid(side, side)])
    diverged = places + np.array([0.7, 0.0])
    grid = np.array([[0.3, 0.3], [0.3, 0.9], [1.0, 0.3], [0.61, 0.3]])
    assert (known(places, grid, diverged[:0]) > 0).tolist() == [True, False, False, True]
    assert (known(np.vstack([places, [[1.4, 0.3]]]), grid, diverged) > 0).tolist() == [True, False, False, True]


def test_a_region_is_bordered_between_the_points() -> None:
    x = y = np.linspace(0, 10, 51)
    inside = 4.0 - np.hypot(*np.meshgrid(x - 5, y - 5))
    assert area(region(x, y, inside)) == pytest.approx(np.pi * 16, rel=0.01)


def test_a_frame_places_values() -> None:
    frame = Frame(size=WIDE, x=Scale(1, 100, log=True), y=Scale(0, 1), left=60, right=0, top=20, bottom=20)
    assert frame.places([1, 10, 100], [0, 0.5, 1]).tolist() == [[60, 420], [460, 220], [860, 20]]
    assert line(np.array([[1.0, 2.04], [3.06, 4.0]])) == "M1 2L3.1 4"
