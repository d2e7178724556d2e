"""The report as people open it: from a file, with no network, in light and dark, on a phone and on a desk.

KNOBWISE_SCREENSHOTS=FOLDER keeps a picture of every page that is looked at.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from knobwise.experiments.report.page import page as drawn
from tests.conftest import RecordedSweep, missing, user_environment
from tests.experiments import studies

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KNOBWISE = "from knobwise.sweeps.commands import main; raise SystemExit(main())"
LOOKS = [(width, scheme) for width in (390, 1280) for scheme in ("light", "dark")]


def knobwise(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", KNOBWISE, *words],
        cwd=folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def files(recorded_sweep: RecordedSweep, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of the recorded sweep, made as a user makes it; one with every section; one with nothing to show."""
    folder = tmp_path_factory.mktemp("report")
    found = {name: folder / f"{name}.html" for name in ("recorded", "full", "failures")}
    done = knobwise(
        recorded_sweep.folder, "report", "lr_epochs", "--no-attach", "--json", "--output", str(found["recorded"])
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"study": "lr_epochs", "file": str(found["recorded"]), "run_id": None}
    found["full"].write_text(drawn(studies.full()), encoding="utf-8")
    failed = studies.facts([{"status": "failed"}, {"status": "diverged", "lr": 0.5}], errors={0: "ValueError: no"})
    found["failures"].write_text(drawn(failed), encoding="utf-8")
    return found


def open_page(browser: "Browser", file: Path, width: int, scheme: Any) -> tuple["Page", list[str]]:
    """The page, and what went wrong in it: errors on the console, and requests for anything but the file."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
    page.goto(file.as_uri())
    return page, wrong


@pytest.mark.browser
@pytest.mark.parametrize("name", ["recorded", "full", "failures"])
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_it_opens_alone_fits_and_is_accessible(
    browser: "Browser", files: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("BROWSER", "axe-playwright-python is not installed")
    page, wrong = open_page(browser, files[name], width, scheme)
    assert wrong == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "it scrolls sideways"
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []
    if folder := os.environ.get("KNOBWISE_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"report_{name}_{width}_{scheme}.png", full_page=True)
    page.context.close()


@pytest.mark.browser
def test_a_phone_sees_charts_of_its_own_size_and_dark_is_dark(browser: "Browser", files: dict[str, Path]) -> None:
    lightness = "sum(getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number))"
    code = f"(() => {{ const sum = a => a.reduce((x, y) => x + y, 0); return {lightness} }})()"
    backgrounds = {}
    for width, shown, hidden in ((390, "narrow", "wide"), (1280, "wide", "narrow")):
        page, _ = open_page(browser, files["full"], width, "dark" if width == 390 else "light")
        assert page.locator(f"#landscape svg.{shown}").is_visible()
        assert not page.locator(f"#landscape svg.{hidden}").is_visible()
        size = page.locator(f"#landscape svg.{shown} text.tick").first.evaluate("e => e.getBoundingClientRect().height")
        assert size >= 11, "text that can be read"
        backgrounds[width] = page.evaluate(code)
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate(code) == 3 * 255, "paper is white"
        page.context.close()
    assert backgrounds[390] < 150
    assert backgrounds[1280] > 700


def test_the_recorded_sweeps_report_says_what_the_sweep_said(
    files: dict[str, Path], recorded_sweep: RecordedSweep
) -> None:
    html = files["recorded"].read_text(encoding="utf-8")
    best, baseline = recorded_sweep.answer["best"], recorded_sweep.answer["baseline"]
    assert f"{baseline['val_mse']:.4g}" in html
    if best["number"] != baseline["number"]:
        assert f"the best is trial {best['number']} " in html
        assert f"{best['val_mse']:.4g} instead of {baseline['val_mse']:.4g}." in html
        assert html.count('class="surfaces of-2"') == 1
    assert "importance needs 8 complete trials or more" in html
    assert "Loss curves" in html


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "study must be one of lr_epochs in sqlite:///"),
        ([], "knobwise report: missing STUDY; Usage: knobwise report STUDY [options]"),
        (["lr_epochs", "--out", "x"], "did you mean --output?"),
        (["lr_epochs", "--output", "nowhere/x.html"], "--output must be in a folder that is there"),
        (["lr_epochs", "--output", "mlruns"], "--output must be a file, got the folder 'mlruns'"),
    ],
)
def test_a_report_that_cannot_be_is_refused_in_a_line(
    words: list[str], said: str, recorded_sweep: RecordedSweep
) -> None:
    done = knobwise(recorded_sweep.folder, "report", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
