"""Whether two settings differ in what they reach, or only in their luck with seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from nnrun.comparison.differences import distorting
from nnrun.comparison.recorded import Recorded
from nnrun.comparison.settings import Setting
from nnrun.comparison.statistics import (
    CONFIDENCE,
    Interval,
    difference_interval,
    mean_interval,
    sign_test,
)

Pair: TypeAlias = tuple[Recorded, Recorded]
"""Of one seed, in either setting."""

SAME = 1e-4
"""Relative difference below which two results are one result, computed in two ways."""

MOST_SEEDS = 100
"""That are asked for at once."""

ROUND = (10, 20, 30, 50, MOST_SEEDS)
"""Numbers of seeds that people take."""


class Outcome(Enum):
    """What can be said."""

    INCOMPARABLE = "incomparable"
    NOTHING = "nothing"
    SAME = "same"
    NO_EVIDENCE = "no evidence"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Contrast:
    """The second setting seen from the first.

    Attributes:
        outcome: what can be said.
        name: of the objective.
        why: keys in which they differ so that their numbers cannot be compared.
        paired: whether each seed was compared with itself.
        seeds: how many pairs; without pairs how many of the smaller group.
        unpaired: seeds that only one of them has, where others are paired.
        better: in how many of the pairs the second setting is better.
        ties: in how many both are the same.
        lost: runs that diverged or failed, of either setting.
        scale: `ratio` where the objective is positive and less is better, else `difference`.
        estimate: of the second setting against the first; NaN where there is none.
        low: lower end of its 95 % interval; NaN where there is none.
        high: upper end.
        wanted: seeds after which more might be said; 0 where no more need be.
        greater_is_better: of the objective.
    """

    outcome: Outcome
    name: str
    why: tuple[str, ...] = ()
    paired: bool = False
    seeds: int = 0
    unpaired: int = 0
    better: int = 0
    ties: int = 0
    lost: tuple[int, int] = (0, 0)
    scale: str = "ratio"
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    wanted: int = 0
    greater_is_better: bool = False

    @property
    def worse(self) -> int:
        """In how many of the pairs the second setting is worse."""
        return self.seeds - self.ties - self.better


def contrast(first: Setting, second: Setting) -> Contrast:
    """What the seeds say of the two."""
    one = first.typical
    known = Contrast(
        Outcome.NOTHING,
        one.objective_name,
        seeds=min(len(first.distinct), len(second.distinct)),
        lost=(first.lost, second.lost),
        scale=_scale(first, second),
        greater_is_better=one.greater_is_better,
    )
    why = _incomparable(first, second)
    if why:
        return replace(known, outcome=Outcome.INCOMPARABLE, why=why)
    pairs = [(run, second.by_seed[seed]) for seed, run in first.by_seed.items() if seed in second.by_seed]
    if _alike(pairs):
        return replace(known, outcome=Outcome.SAME, paired=True, seeds=len(pairs))
    if known.seeds < 2:
        return replace(known, wanted=ROUND[0])
    return _paired(known, pairs, first, second) if len(pairs) >= 2 else _unpaired(known, first, second)


def _incomparable(first: Setting, second: Setting) -> tuple[str, ...]:
    """Keys by which the two have been judged by different things."""
    one, other = first.typical, second.typical
    if not one.objective_name or one.objective_name != other.objective_name:
        return ("objective",)
    return distorting(dict.fromkeys([*first.values, *second.values]))


def _scale(first: Setting, second: Setting) -> str:
    values = [run.objective for each in (first, second) for run in each.distinct]
    positive = all(value > 0 for value in values if not math.isnan(value))
    return "ratio" if positive and not first.typical.greater_is_better else "difference"


def _alike(pairs: Sequence[Pair]) -> bool:
    """Whether every seed has the same result in both but for rounding."""
    values = [(one.objective, other.objective) for one, other in pairs]
    return bool(values) and all(abs(a - b) <= SAME * max(abs(a), abs(b)) for a, b in values)


def _paired(known: Contrast, pairs: Sequence[Pair], first: Setting, second: Setting) -> Contrast:
    """The mean of the logarithms of the ratios, or of the differences, seed by seed."""
    known = replace(
        known,
        paired=True,
        seeds=len(pairs),
        unpaired=len(first.distinct) + len(second.distinct) - 2 * len(pairs),
        better=sum(other.score < one.score for one, other in pairs),
        ties=sum(other.score == one.score for one, other in pairs),
    )
    if any(math.isnan(run.objective) for pair in pairs for run in pair):
        return _by_counts(known)
    scaled = _SCALES[known.scale]
    return _by_interval(
        known, mean_interval([scaled(other.objective) - scaled(one.objective) for one, other in pairs])
    )


def _unpaired(known: Contrast, first: Setting, second: Setting) -> Contrast:
    """The difference of the means, of logarithms or of the values; nothing where a run has no number."""
    scaled = _SCALES[known.scale]
    values = [[run.objective for run in each.distinct] for each in (second, first)]
    if any(math.isnan(value) for group in values for value in group):
        return replace(known, wanted=_more(known.seeds))
    other, one = ([scaled(value) for value in group] for group in values)
    return _by_interval(known, difference_interval(other, one))


def _by_counts(known: Contrast) -> Contrast:
    """Where a run has no number, it only counts which of a pair is better."""
    if sign_test(known.better, known.worse) <= 1 - CONFIDENCE:
        return replace(known, outcome=Outcome.DIFFERENT)
    return replace(known, outcome=Outcome.NO_EVIDENCE, wanted=_more(known.seeds))


def _by_interval(known: Contrast, interval: Interval) -> Contrast:
    undone: Callable[[float], float] = _exponential if known.scale == "ratio" else float
    known = replace(
        known, estimate=undone(interval.mean), low=undone(interval.low), high=undone(interval.high)
    )
    if interval.decided:
        return replace(known, outcome=Outcome.DIFFERENT)
    return replace(known, outcome=Outcome.NO_EVIDENCE, wanted=_enough(interval, known.seeds))


def _enough(interval: Interval, seeds: int) -> int:
    """With how many seeds the mean, if it stays where it is, would be clear of 0; a round number."""
    if interval.mean == 0:
        return MOST_SEEDS
    needed = (2.2 * interval.deviation / abs(interval.mean)) ** 2
    return _more(max(seeds, min(math.ceil(needed), MOST_SEEDS)) - 1)


def _more(seeds: int) -> int:
    """The next round number, and never fewer than half as many again."""
    return next((number for number in ROUND if number > 1.5 * seeds), max(MOST_SEEDS, 2 * seeds))


def _exponential(logarithm: float) -> float:
    """Infinite where float64 ends."""
    return math.exp(logarithm) if logarithm < 709 else math.inf


_SCALES: Mapping[str, Callable[[float], float]] = {"ratio": math.log, "difference": float}
