"""A recorded sweep in bare `mlflow ui`, looked at with a real browser.

KNOBWISE_SCREENSHOTS=FOLDER keeps a picture of every page that is looked at.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.conftest import RecordedSweep, missing, user_environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

START = 150  # seconds that the server may take on a busy machine
LOOK = 60_000  # milliseconds that a page may take


class Ui(NamedTuple):
    """Attributes: the server's address, the study's run and its trials' runs, as MLflow's REST API gives them."""

    url: str
    parent: dict[str, Any]
    children: list[dict[str, Any]]


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=START) as answer:
        got: dict[str, Any] = json.load(answer)
    return got


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.3)
    pytest.fail(f"`mlflow ui` did not answer:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def ui(browser: "Browser", recorded_sweep: RecordedSweep, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """Bare `mlflow ui` in the folder of the sweep. (It asks for the browser so as not to start without one.)"""
    if shutil.which("mlflow", path=user_path()) is None:
        missing("BROWSER", "the mlflow command is not installed beside this Python")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("ui") / "log"
    environment = {**user_environment(), "PATH": user_path(), "MLFLOW_WORKERS": "1"}  # four take long to start
    with log.open("wb") as sink:
        server = subprocess.Popen(
            ["mlflow", "ui", "--port", str(port)],
            cwd=recorded_sweep.folder,
            env=environment,
            stdout=sink,
            stderr=sink,
            start_new_session=True,  # the server starts others; the group is ended as one
        )
    try:
        wait_for(url, server, log)
        experiment = recorded_sweep.answer["experiment_id"]
        runs = post(f"{url}/api/2.0/mlflow/runs/search", {"experiment_ids": [experiment], "max_results": 100})["runs"]
        study = recorded_sweep.answer["run_id"]
        parent = next(run for run in runs if run["info"]["run_id"] == study)
        yield Ui(url, parent, [run for run in runs if tags(run).get("mlflow.parentRunId") == study])
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # it has nothing to save, and waits long for open pages
        server.wait(timeout=30)


def user_path() -> str:
    """The commands installed beside this Python, then all others."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@pytest.fixture
def page(browser: "Browser", ui: Ui) -> Iterator["Page"]:
    """The list of experiments, as a visitor first sees it, with the kind of work set to model training."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(LOOK)
    assistant = page.get_by_role("button", name="Close", exact=True)
    page.add_locator_handler(assistant, lambda close: close.click())  # a panel that takes a third of the page
    page.goto(f"{ui.url}/#/experiments")
    page.get_by_text("Model training").click()
    yield page
    context.close()


def tags(run: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in run["data"].get("tags", [])}


def best(ui: Ui, recorded_sweep: RecordedSweep) -> dict[str, Any]:
    """The run of the best trial: the one with the val_mse that the sweep reported."""
    wanted = recorded_sweep.answer["best"]["val_mse"]
    found = [run for run in ui.children if metrics(run).get("val_mse") == pytest.approx(wanted, rel=1e-12)]
    assert found, f"no run in MLflow has the reported val_mse {wanted}"
    return found[0]


def metrics(run: dict[str, Any]) -> dict[str, float]:
    return {metric["key"]: metric["value"] for metric in run["data"].get("metrics", [])}


def keep(page: "Page", name: str) -> None:
    if folder := os.environ.get("KNOBWISE_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(500)  # charts fade in
        page.screenshot(path=Path(folder) / f"{name}.png")


def link_to(page: "Page", run: dict[str, Any]) -> "Locator":
    return page.locator(f"a[href*='{run['info']['run_id']}']")


def open_run(page: "Page", ui: Ui, run: dict[str, Any]) -> None:
    page.goto(f"{ui.url}/#/experiments/{run['info']['experiment_id']}/runs/{run['info']['run_id']}")
    page.get_by_role("tab", name="Overview").wait_for()


def test_the_experiment_opens_on_the_study_and_expands_to_its_trials(page: "Page", ui: Ui) -> None:
    page.get_by_role("link", name="lr_epochs", exact=True).click()
    row = page.locator(".ag-row", has=link_to(page, ui.parent))
    row.first.wait_for()
    trials = [page.locator(".ag-row").filter(has=link_to(page, run)).first for run in ui.children]
    assert len(trials) == 4
    assert not any(trial.is_visible() for trial in trials)
    row.locator("button").first.click()
    for trial in trials:
        trial.wait_for()
    keep(page, "runs")


def test_a_trial_shows_its_params_and_metrics(page: "Page", ui: Ui, recorded_sweep: RecordedSweep) -> None:
    run = best(ui, recorded_sweep)
    open_run(page, ui, run)
    page.get_by_role("link", name="val_mse", exact=True).wait_for()
    for name in ("val_r2", "test_mse", "test_r2", "train_loss", "val_loss"):
        assert page.get_by_role("link", name=name, exact=True).count() == 1
    page.get_by_placeholder("Search parameters").fill("epochs")
    epochs = str(recorded_sweep.answer["best"]["params"]["epochs"])
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name="epochs", exact=True))
    row.get_by_role("cell", name=epochs, exact=True).wait_for()
    assert page.get_by_role("link", name=ui.parent["info"]["run_name"]).first.is_visible(), "the way to the study"
    page.get_by_placeholder("Search parameters").fill("")
    keep(page, "run")


def test_the_loss_curves_are_drawn(page: "Page", ui: Ui, recorded_sweep: RecordedSweep) -> None:
    open_run(page, ui, best(ui, recorded_sweep))
    page.get_by_role("tab", name="Model metrics").click()
    page.get_by_placeholder("Search metric charts").fill("train_loss")
    chart = page.locator(".js-plotly-plot").first
    chart.locator("path.js-line").first.wait_for()
    points = chart.evaluate("plot => Math.max(...plot.data.map(line => (line.x || []).length))")
    assert points >= 20
    x = chart.evaluate("plot => Math.max(...plot.data.flatMap(line => Array.from(line.x || [])))")
    assert x == recorded_sweep.answer["best"]["params"]["epochs"]
    page.get_by_placeholder("Search metric charts").fill("loss")
    keep(page, "curves")


def test_the_contour_picture_is_among_the_artifacts(page: "Page", ui: Ui, recorded_sweep: RecordedSweep) -> None:
    open_run(page, ui, best(ui, recorded_sweep))
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("pictures", exact=True).first.click()
    page.get_by_text("true_vs_predicted.png").first.click()
    picture = page.locator("img[src^='blob:']").first
    picture.wait_for()
    page.wait_for_function("image => image.naturalWidth > 600", arg=picture.element_handle())
    keep(page, "contours")


def test_the_slider_of_a_run_goes_through_the_pictures_of_its_surface(page: "Page", ui: Ui) -> None:
    run = champion(ui)
    epochs = int(value(run, "params", "epochs"))
    open_run(page, ui, run)
    page.get_by_role("tab", name="Model metrics").click()
    page.get_by_placeholder("Search metric charts").fill("surface")
    slider = page.get_by_role("slider").first
    slider.focus()
    shown: dict[str, bytes] = {}
    while slider.get_attribute("aria-valuenow") != slider.get_attribute("aria-valuemax"):
        slider.press("ArrowRight")  # at first it stands before the first picture
        epoch = slider.get_attribute("aria-valuenow") or ""
        assert epoch not in shown
        picture = page.locator(f"img[src*='surface%2Bstep%2B{epoch}%2B']").first
        page.wait_for_function("image => image.naturalWidth > 100", arg=picture.element_handle())
        answer = page.request.get(picture.evaluate("image => image.src"))
        assert answer.ok
        shown[epoch] = answer.body()
    doublings = [2**power for power in range(20) if 2**power < epochs]
    assert [int(epoch) for epoch in shown] == [*doublings[-11:], epochs]
    assert len(set(shown.values())) == len(shown), "two epochs have the same picture"
    keep(page, "surface")


def test_two_trials_are_compared(page: "Page", ui: Ui) -> None:
    page.get_by_role("link", name="lr_epochs", exact=True).click()
    page.locator(".ag-row", has=link_to(page, ui.parent)).locator("button").first.click()
    complete = [run for run in ui.children if "val_mse" in metrics(run)]
    two = sorted(complete, key=lambda run: int(tags(run)["knobwise.trial"]))[:2]
    for run in two:
        page.locator(".ag-row").filter(has=link_to(page, run)).get_by_role("checkbox").first.check()
    keep(page, "picked")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("Comparing 2 Runs from 1 Experiment").wait_for()
    chart = page.locator(".js-plotly-plot .parcoords").first
    chart.wait_for()
    for run in two:
        assert link_to(page, run).first.is_visible()
    lr = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="lr", exact=True)).inner_text()
    assert set(lr.split()[1:]) == {value(run, "params", "lr") for run in two}
    name = page.get_by_role("link", name="val_mse", exact=True)  # these are no table
    box = name.locator("xpath=ancestor::div[contains(@class, 'collapse-content-box')]").inner_text()
    errors = {f"{value(run, 'metrics', 'val_mse'):.4g}" for run in two}
    assert len(errors & set(box.split())) == 2
    keep(page, "compared")


def test_the_champion_is_in_the_model_registry(page: "Page", ui: Ui) -> None:
    run = champion(ui)
    page.goto(f"{ui.url}/#/models")
    page.get_by_role("link", name="lr_epochs", exact=True).click()
    page.get_by_text("The models of the study").wait_for()
    page.get_by_text("champion", exact=True).first.wait_for()
    keep(page, "model")
    page.get_by_role("link", name="Version 1", exact=True).click()
    page.get_by_role("heading", name="Version 1", exact=True).wait_for()
    page.get_by_text("champion").first.wait_for()
    keep(page, "version")
    page.get_by_role("link", name=run["info"]["run_name"], exact=True).click()
    page.wait_for_url(f"**/runs/{run['info']['run_id']}**")
    page.get_by_role("tab", name="Overview").wait_for()
    page.get_by_role("heading", name=run["info"]["run_name"]).wait_for()


def value(run: dict[str, Any], facts: str, name: str) -> Any:
    return next(each["value"] for each in run["data"][facts] if each["key"] == name)


def champion(ui: Ui) -> dict[str, Any]:
    """The run of the version that the registry calls the study's champion."""
    with urllib.request.urlopen(
        f"{ui.url}/api/2.0/mlflow/registered-models/alias?name=lr_epochs&alias=champion"
    ) as got:
        run_id = json.load(got)["model_version"]["run_id"]
    return next(run for run in ui.children if run["info"]["run_id"] == run_id)
