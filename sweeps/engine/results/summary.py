"""The results of a study in sentences: the best against the baseline, the trials tied with it, the selection bias."""

from knobwise.experiments.ranking import Ranking
from knobwise.experiments.text import shown
from knobwise.sweeps.engine.results.results import Results
from knobwise.sweeps.engine.results.table import Table
from knobwise.sweeps.engine.results.trials_table import TIED
from knobwise.sweeps.engine.sweep import Sweep

NAMED = 5  # trials at most that a sentence names


def sentences(sweep: Sweep, results: Results) -> list[str]:
    """The results in plain words."""
    if len(results.objectives) > 1:
        return [_front(results)]
    return [_gain(sweep, results), *_certainty(results.ranking), *_selection_bias(results.ranking)]


def legend(table: Table) -> list[str]:
    """What the signs mean that are in the table."""
    text = " ".join(cell for row in table for cell in row)
    return [
        *(["± is half of the 95% interval for the mean over the seeds."] if "±" in text else []),
        *([f"{TIED} is not distinguishable from the best on these seeds."] if TIED in text else []),
    ]


def _gain(sweep: Sweep, results: Results) -> str:
    """By how much the best is better than the baseline."""
    ranking, best = results.ranking, results.best
    if best is None:
        return "No trial is complete, so there is no best one."
    value = ranking.scores[best.number]
    where = on_fresh_seeds(ranking.fresh_seeds)
    if ranking.baseline is None or ranking.baseline not in ranking.scores:
        return f"The best, trial {best.number}, has a val MSE of {value:.4g}{where}; the baseline has none."
    if best.number == ranking.baseline:
        return f"No trial beat the baseline, whose val MSE is {value:.4g}{where}."
    knobs = ", ".join(f"{name} {shown(value)}" for name, value in sweep.shown(best.params).items())
    before = ranking.scores[ranking.baseline]
    times = before / value if value > 0 else float("inf")
    return (
        f"The best, trial {best.number} ({knobs}), has a val MSE {times:.2f} times lower than the baseline's{where}: "
        f"{value:.4g} instead of {before:.4g}."
    )


def _certainty(ranking: Ranking) -> list[str]:
    """Which trials are tied with the best, and which leaders diverged on a fresh seed."""
    if ranking.best is None or len(ranking.by_search) < 2:
        return []
    texts = []
    if diverged := [number for number in ranking.finalists if number not in ranking.confirmed]:
        texts.append(f"{_capitalised(_named(diverged))} diverged on a fresh seed, and so cannot be the best.")
    if ranking.tied is None:
        return [*texts, "One seed does not show how much of a difference is chance: --confirm 3 or --seeds 5 would."]
    if tied := [number for number in ranking.by_search if number in ranking.tied]:
        best = _capitalised(_named([ranking.best]))
        texts.append(f"{best} is not distinguishable from {_named(tied)} on these seeds: the difference may be chance.")
    return texts


def _selection_bias(ranking: Ranking) -> list[str]:
    """The selection bias of the leader of the search, and of the best. The baseline was not selected."""
    texts = []
    for number in dict.fromkeys(number for number in (ranking.leader, ranking.best) if number is not None):
        bias = ranking.selection_bias(number)
        if number == ranking.baseline or bias is None:
            continue
        before, after = ranking.by_search[number], ranking.confirmed[number]
        led = "led the search with" if number == ranking.leader else "had"
        size = f"a selection bias of {bias:.3g} ({bias / after:.0%})" if bias > 0 else "no selection bias"
        texts.append(f"Trial {number} {led} a val MSE of {before:.4g} and has {after:.4g} on fresh seeds: {size}.")
    return texts


def _front(results: Results) -> str:
    """What the front is, and its two ends."""
    cost = results.objectives[1]
    if not results.front:
        return "No trial is complete, so there is no front."
    first, last = results.front[-1], results.front[0]
    count = f"{len(results.front)} of {len(results.ranking.by_search)} complete trials"
    ends = [f"trial {row.number} (val MSE {row.val_mse:.4g}, {cost} {row.cost:.4g})" for row in (first, last)]
    return (
        f"The front has {count}: no other trial is lower in both val MSE and {cost}. "
        f"It goes from {ends[0]} to {ends[1]}."
    )


def on_fresh_seeds(seeds: int) -> str:
    """On what the best was chosen, in words; empty where that was the search."""
    return "" if not seeds else " on a fresh seed" if seeds == 1 else f" on {seeds} fresh seeds"


def _named(numbers: list[int]) -> str:
    """Trials in words, the first few of them.

    >>> _named([3]), _named([7, 0, 5]), _named([1, 2, 3, 4, 5, 6, 7])
    ('trial 3', 'the baseline and trials 7 and 5', 'trials 1, 2, 3, 4, 5 and 2 more')
    """
    rest = [str(number) for number in numbers if number != 0]
    words = ["the baseline"] if 0 in numbers else []
    if rest:
        more = [f"{len(rest) - NAMED} more"] if len(rest) > NAMED else []
        *before, last = [*rest[:NAMED], *more]
        words.append(f"trial{'s' * (len(rest) > 1)} " + (f"{', '.join(before)} and {last}" if before else last))
    return " and ".join(words)


def _capitalised(words: str) -> str:
    return words[0].upper() + words[1:]
