"""What a study has found, in sentences: who won, what that bought, how sure it is, and what selection flattered."""

from knobwise.experiments.text import shown
from knobwise.sweeps.engine.results.results import Results
from knobwise.sweeps.engine.results.table import TIED
from knobwise.sweeps.engine.sweep import Sweep

NAMED = 5  # trials at most that a sentence names


def sentences(sweep: Sweep, results: Results) -> list[str]:
    """What was found, in plain words."""
    if len(results.objectives) > 1:
        return [_front(results)]
    return [_verdict(sweep, results), *_sure(results), *_flattery(results)]


def legend(table: list[list[str]]) -> list[str]:
    """What the signs mean that are in the table."""
    text = " ".join(cell for row in table for cell in row)
    return [
        *(["± is half of the 95% interval for the mean over the seeds."] if "±" in text else []),
        *([f"{TIED} cannot be told from the best on these seeds."] if TIED in text else []),
    ]


def _verdict(sweep: Sweep, results: Results) -> str:
    """What the best bought against the baseline."""
    best, baseline, judged = results.best, results.baseline, results.judged
    if best is None:
        return "No trial is complete, so there is no best one."
    value = judged[best.number]
    where = _on(results.fresh_seeds)
    if baseline is None or baseline.number not in judged:
        return f"The best, trial {best.number}, has a val MSE of {value:.4g}{where}; the baseline has none."
    if best.number == baseline.number:
        return f"No trial beat the baseline, whose val MSE is {value:.4g}{where}."
    knobs = ", ".join(f"{name} {shown(value)}" for name, value in sweep.shown(best.params).items())
    before = judged[baseline.number]
    times = before / value if value > 0 else float("inf")
    return (
        f"The best, trial {best.number} ({knobs}), has a val MSE {times:.2f} times lower than the baseline's{where}: "
        f"{value:.4g} instead of {before:.4g}."
    )


def _sure(results: Results) -> list[str]:
    """Who cannot be told from the best, and who lost by diverging."""
    best = results.best
    if best is None or len(results.ranked) < 2:
        return []
    said = []
    lost = [row.number for row in results.finalists if not row.steady]
    if lost:
        said.append(f"{_begun(_named(lost))} diverged on a fresh seed, and so lost.")
    if results.tied is None:
        return [*said, "One seed cannot tell how much of a difference is chance: --confirm 3 or --seeds 5 would."]
    others = [row.number for row in results.ranked if row.number in results.tied and row.number != best.number]
    if others:
        it = _begun(_named([best.number]))
        said.append(f"{it} cannot be told from {_named(others)} on these seeds: the difference may be chance.")
    return said


def _flattery(results: Results) -> list[str]:
    """How much too low the values were by which the search's leader, and the winner, were selected.

    Nobody selected the baseline.
    """
    best, leader = results.best, results.leader
    if best is None or leader is None or not results.fresh_seeds:
        return []
    here = {row.number: row for row in results.finalists}
    found = []
    for number in dict.fromkeys([leader.number, best.number]):
        row = here[number]
        if number != 0 and row.flattered is not None and row.confirmed is not None:
            did = "led the search with" if number == leader.number else "had"
            by = f" by {row.flattered:.3g} ({row.flattered / row.confirmed:.0%})" if row.flattered > 0 else ""
            found.append(
                f"{_begun(_named([number]))} {did} a val MSE of {row.val_mse:.4g} and has {row.confirmed:.4g} on fresh "
                f"seeds: selection {'had' if by else 'had not'} flattered it{by}."
            )
    return found


def _front(results: Results) -> str:
    """What the front is, and its two ends."""
    cost = results.objectives[1]
    if not results.front:
        return "No trial is complete, so there is no front."
    first, last = results.front[-1], results.front[0]
    count = f"{len(results.front)} of {len(results.ranked)} complete trials"
    ends = [f"trial {row.number} (val MSE {row.val_mse:.4g}, {cost} {row.cost:.4g})" for row in (first, last)]
    return (
        f"The front has {count}: no other trial is lower in both val MSE and {cost}. "
        f"It goes from {ends[0]} to {ends[1]}."
    )


def _on(seeds: int) -> str:
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


def _begun(words: str) -> str:
    return words[0].upper() + words[1:]
