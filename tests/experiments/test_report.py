"""The report of a study: what it says, what it does where something is missing, and that it is sound HTML."""

import re
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.record import names
from knobwise.experiments.report import knobs
from knobwise.experiments.report.answer import answer
from knobwise.experiments.report.facts import Facts, Missing
from knobwise.experiments.report.fits import fit
from knobwise.experiments.report.page import page
from knobwise.experiments.report.sections import cost, landscape, ranking
from knobwise.experiments.run import run
from knobwise.experiments.statistics import interval
from tests.experiments import studies
from tests.experiments.pages import Elements, said

EVIL = "<script>alert(1)</script> & \"quotes\" 'here'"


def two(**second: Any) -> list[dict[str, Any]]:
    return [{"lr": 0.001, "val_mse": 4.0}, {"lr": 0.002, "val_mse": 2.0, **second}]


@pytest.fixture(scope="module")
def full_page() -> str:
    return page(studies.full())


def test_a_page_is_sound_and_says_to_everyone_what_is_seen(full_page: str) -> None:
    elements = Elements(full_page)
    assert len(elements.of("h1")) == 1
    assert [len(elements.of(landmark)) for landmark in ("header", "main", "nav", "footer")] == [1, 1, 1, 1]
    ids = Counter(attributes["id"] for _, attributes in elements.found if "id" in attributes)
    assert max(ids.values()) == 1
    for attributes in elements.of("a"):
        assert (attributes["href"] or "").removeprefix("#") in ids
    assert len(elements.of("table")) == len(elements.of("caption")) == 4
    assert all(attributes.get("scope") in ("col", "row") for attributes in elements.of("th"))
    for attributes in elements.of("svg"):
        assert attributes.get("aria-label") or attributes.get("aria-hidden") == "true"
    assert len(elements.of("figure")) == len(elements.of("figcaption"))
    for section in (
        "ranking",
        "confirmation",
        "landscape",
        "importance",
        "slices",
        "curves",
        "cost",
        "surfaces",
        "failures",
    ):
        assert section in ids
    assert "missing" not in {attributes.get("class") for attributes in elements.of("p")}


def test_a_page_needs_nothing_from_anywhere(full_page: str) -> None:
    html, elements = full_page, Elements(full_page)
    assert elements.of("script") == []
    assert not re.search(r"(https?:)?//\w", html), "an address"
    assert {attributes["href"] for attributes in elements.of("link")} == {"data:,"}
    assert "url(" not in html.replace("url(#", "")


def test_what_users_wrote_is_text() -> None:
    made = studies.facts(
        [{"val_mse": 4.0}, {"status": "failed"}],
        study=EVIL,
        tags={names.ABOUT + "question": EVIL, names.ABOUT + "sampler": EVIL},
        errors={1: EVIL},
        problem=EVIL,
    )
    elements = Elements(page(made))
    assert elements.of("script") == []
    assert elements.text.count(EVIL) >= 5


def test_the_answer_is_two_sentences_with_the_figures() -> None:
    text = said(answer(studies.facts(two(train_seconds=3.0))))
    assert text == (
        "Of 2 trials, the best is trial 1 (lr 0.002): its validation MSE is 2 times lower than the baseline’s, "
        "2 instead of 4. It trained for 3.0 s, 3 times as long as the baseline; each trial ran on one seed, so how "
        "much is chance is not known."
    )
    worse = said(answer(studies.facts(two(val_mse=5.0))))
    assert worse.startswith("None of 2 trials beat the baseline, whose validation MSE is 4.")
    without = said(answer(studies.facts([{"status": "diverged"}, {"lr": 0.0001, "val_mse": 2.0}])))
    assert "its validation MSE is 2, and the baseline has no result." in without


def test_seeds_give_intervals_and_the_trials_tied_with_the_best() -> None:
    seeds = {0: [4.0, 4.2, 4.4], 1: [2.0, 2.4, 2.2], 2: [2.1, 2.35, 2.4]}
    trials = [*two(), {"lr": 0.003, "val_mse": 2.28}]
    for number, values in seeds.items():
        of = interval(values)
        trials[number] |= {"val_mse": of.mean, "val_mse_low": of.low, "val_mse_high": of.high}
    made = studies.facts(trials, seeds=seeds)
    assert made.ranking.tied == frozenset({2})
    assert "With 3 seeds a trial, trial 2 is not distinguishable from it." in said(answer(made))
    table = said(ranking.content(made))
    half = interval(seeds[1]).high - interval(seeds[1]).mean
    assert f"2.2 ± {half:.2g}" in table
    assert table.count("≈") == 2, "one mark, and its explanation"


def test_fresh_seeds_decide_which_is_best_and_show_the_selection_bias() -> None:
    trials = [*two(), {"lr": 0.003, "val_mse": 2.5}]
    made = studies.facts(trials, confirmed={1: [3.0, 3.2, 3.4], 2: [2.5, 2.6, 2.7], 0: [4.4, 4.5, 4.6]})
    assert made.best.number == 2
    text = said(page(made))
    assert (
        "the best is trial 2 (lr 0.003): on 3 fresh seeds its validation MSE is 1.73 times lower than the baseline’s, "
        "2.6 instead of 4.5. Its mean on fresh seeds is 2.6 (95% interval 2.352 to 2.848); it is better than the "
        "baseline."
    ) in text
    assert "+60%" in text, "trial 1: 3.2 instead of 2"
    assert "Confirmed on fresh seeds" not in said(page(studies.facts(two())))


def test_an_empty_study_and_one_of_failures_only_say_so() -> None:
    assert "No trial of this study is over yet." in said(page(studies.facts([])))
    failed = [{"status": "failed", "lr": lr} for lr in (0.1, 0.2)]
    text = said(page(studies.facts(failed, errors={0: "ValueError: no", 1: "MemoryError: full"})))
    assert "No trial is complete, so there is no answer yet: 2 failed." in text
    assert "failed: MemoryError: full" in text
    assert "2 trials raised an error." in text
    assert "Loss curves" not in text, "what there cannot be is not asked for"


def test_a_checkpoint_that_is_gone_takes_only_its_own_figures_away() -> None:
    made = studies.facts(two(), file=lambda run_id, path: b"" if run_id.endswith("1") else studies.checkpoint())
    html = page(made)
    assert f"The checkpoint of trial 1 is gone from the artifacts of its run, {1:032x}." in said(html)
    assert "What the baseline predicts" in html
    assert "What the best predicts" not in html
    broken = studies.facts(two(), file=lambda run_id, path: b"PK")
    assert "The checkpoint of trial 1 cannot be used: not a readable checkpoint (2 bytes)" in said(page(broken))
    unknown = studies.facts(two(), problem="gone")
    assert "The problem cannot be loaded here: problem must be one of article" in said(page(unknown))


def test_predictions_are_those_of_the_run() -> None:
    problem, config = problems.load("article"), RunConfig(n_samples=50, epochs=3, widths=(4,))
    trained = run(problem, config, pictures=False)
    made = studies.facts([{"val_mse": 1.0}], file=lambda run_id, path: trained.checkpoint)
    found = fit(made, made.best)
    error = float(np.mean((found.predicted - problem.test().y) ** 2))
    assert error == pytest.approx(trained.metrics["test_mse"], rel=1e-4)


def test_the_map_has_a_mark_for_every_trial() -> None:
    made = studies.full()
    html = landscape.content(made)
    wide = html.partition('class="narrow"')[0]
    complete = len(made.order)
    assert wide.count('class="dot r') == complete
    assert wide.count('class="dot short"') == 1
    [crosses] = re.findall(r'<path d="([^"]*)" class="cross"/>', wide)
    assert crosses.count("M") == len(made.runs) - complete - 1
    assert "clip-path" in wide, "contours"
    few = landscape.content(
        studies.facts([{"lr": 0.001 * k, "epochs": 100 * k * k, "val_mse": 1.0 * k} for k in (1, 2, 3)])
    )
    assert "contours" not in few.replace("for contours between them", "")
    with pytest.raises(Missing, match="needs two knobs that are numbers; this study turned 1 such knob"):
        landscape.content(studies.facts(two()))


def test_trials_in_a_row_or_all_alike_are_drawn_without_contours() -> None:
    row = [{"lr": 0.001 * k, "epochs": 1000 * k, "val_mse": 1.0 * k} for k in range(1, 12)]
    assert "too much in a row" in page(studies.facts(row))
    alike = [{"lr": 0.001, "epochs": 1000, "val_mse": 2.0} for _ in range(9)]
    assert "All trials had the same setting" in said(page(studies.facts(alike)))


def test_nobody_beats_the_front_in_both() -> None:
    random = np.random.default_rng(0)
    costs, errors = random.integers(1, 30, 60).astype(float), random.integers(1, 30, 60).astype(float)
    front = set(cost.pareto(costs, errors).tolist())
    for i in range(60):
        beaten = (costs <= costs[i]) & (errors <= errors[i]) & ((costs < costs[i]) | (errors < errors[i]))
        if i in front:
            assert not beaten.any()
        else:
            same = [j for j in front if costs[j] == costs[i] and errors[j] == errors[i]]
            assert beaten.any() or same


def test_knobs_are_what_differs() -> None:
    runs = pd.DataFrame(
        {
            "n_samples": [100, 100, 100],
            "epochs": [10, 20, 400],
            "lr": [0.1, 0.2, 0.3],
            "widths": [(64, 64), (64,), ()],
            "activation": ["relu", "silu", None],
            "batch_size": [0, 10, 20],
            "seed": [1, 2, 3],
        }
    )
    found = {knob.name: knob for knob in knobs.turned(runs, ("epochs",))}
    assert list(found) == ["epochs", "lr", "depth", "width", "activation", "batch_size"]
    assert (found["epochs"].log, found["lr"].log) == (True, False)
    assert found["depth"].settings.tolist() == [2, 1, 0]
    assert found["width"].settings.tolist() == [64, 64, 0]
    assert found["batch_size"].settings.tolist() == [100, 10, 20], "0 stands for all samples"
    assert found["activation"].choices == ("relu", "silu")
    assert np.isnan(found["activation"].settings[2])


def test_a_thousand_trials_stay_a_small_file() -> None:
    random = np.random.default_rng(1)
    lrs, epochs = 10 ** random.uniform(-4, -2, 1000), 10 ** random.uniform(2, 4, 1000)
    trials = [
        {"lr": float(lr), "epochs": int(e), "val_mse": float(1 + e * lr)} for lr, e in zip(lrs, epochs, strict=True)
    ]
    made: Facts = studies.facts(trials)
    html = landscape.content(made) + cost.content(made)
    assert len(html) < 400_000
    assert html.count("<title>") == 0, "words on a thousand dots"
