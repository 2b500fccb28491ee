"""Settings ranked by the median of their objective over seeds, problem by problem."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from nnrun.sweep.answer.results import JUDGED, Problem, Result

SEED = "seed"
"""The one key in which the runs of a setting differ."""

DEFINING = ("dataset", "loss", "objective", "experiment")
"""Keys whose values tell the problem of a run that ended before it was known."""

DIGITS = 6
"""Significant ones of a median that count: what differs beyond them is rounding, and a tie."""

Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """Runs that differ in nothing but their seed.

    Attributes:
        values: of the swept keys but the seed.
        runs: those that say something of it, the best one first; repetitions of one are one.
        others: how many were cut short or never began.
    """

    values: Key
    runs: tuple[Result, ...]
    others: int = 0

    @property
    def score(self) -> float:
        """Median of the runs' scores; infinite where the median run diverged, or there is none."""
        return statistics.median(run.score for run in self.runs) if self.runs else math.inf

    @property
    def median(self) -> float:
        """Of the objective; NaN where the median run diverged."""
        return _objective(self.score, self.runs)

    @property
    def lowest(self) -> float:
        """Of the objectives of runs that ended well; NaN without one."""
        return min(self._good, default=math.nan)

    @property
    def highest(self) -> float:
        """Of the objectives of runs that ended well; NaN without one."""
        return max(self._good, default=math.nan)

    @property
    def lost(self) -> int:
        """Runs that diverged or failed."""
        return len(self.runs) - len(self._good)

    @property
    def typical(self) -> Result | None:
        """The run at the median; of two in the middle the better one."""
        return self.runs[(len(self.runs) - 1) // 2] if self.runs else None

    @property
    def _good(self) -> list[float]:
        return [run.objective for run in self.runs if math.isfinite(run.score)]


@dataclass(frozen=True)
class Ranking:
    """The settings of one problem.

    Attributes:
        problem: None where no run got so far that it is known.
        greater_is_better: of the objective.
        settings: the best one first.
        jobs: all of them, by number.
    """

    problem: Problem | None
    greater_is_better: bool
    settings: tuple[Setting, ...]
    jobs: tuple[int, ...]

    @property
    def best(self) -> Setting | None:
        """None where no setting's median run ended well."""
        return self.settings[0] if self.settings and math.isfinite(self.settings[0].score) else None

    @property
    def best_run(self) -> Result | None:
        """The best of all runs, whatever its setting."""
        runs = (run for setting in self.settings for run in setting.runs if math.isfinite(run.score))
        return min(runs, key=lambda run: (run.score, run.number), default=None)


def rankings(results: Sequence[Result], swept: Sequence[str]) -> tuple[Ranking, ...]:
    """One for each problem, in the order in which they first came."""
    kept = [place for place, key in enumerate(swept) if key != SEED]
    defining = [place for place, key in enumerate(swept) if key in DEFINING]
    known: dict[Key, Problem] = {}
    for result in results:
        if result.problem is not None:
            known.setdefault(_part(result, defining), result.problem)
    first = next(iter(known.values()), None)
    groups: dict[Problem | None, dict[Key, list[Result]]] = {}
    for result in results:
        problem = result.problem or known.get(_part(result, defining), first)
        groups.setdefault(problem, {}).setdefault(_part(result, kept), []).append(result)
    return tuple(_ranking(problem, settings) for problem, settings in groups.items())


def _ranking(problem: Problem | None, groups: dict[Key, list[Result]]) -> Ranking:
    settings = [_setting(values, results) for values, results in groups.items()]
    greater = any(result.greater_is_better for results in groups.values() for result in results)
    jobs = sorted(result.number for results in groups.values() for result in results)
    ranked = sorted(settings, key=lambda setting: float(f"{setting.score:.{DIGITS}g}"))
    return Ranking(problem, greater, tuple(ranked), tuple(jobs))


def _setting(values: Key, results: Sequence[Result]) -> Setting:
    judged = [result for result in results if result.status in JUDGED]
    runs = sorted(_distinct(judged), key=lambda run: run.score)
    return Setting(values, tuple(runs), len(results) - len(judged))


def _distinct(results: Sequence[Result]) -> list[Result]:
    """The results without those that repeat an earlier one: the same values, or a copy of its run."""
    kept: dict[Key, Result] = {}
    names: set[str] = set()
    for result in results:
        if result.values not in kept and not (result.same_as and result.same_as in names):
            kept[result.values] = result
            names.add(PurePosixPath(result.directory).name)
    return list(kept.values())


def _part(result: Result, places: Sequence[int]) -> Key:
    return tuple(result.values[place] for place in places)


def _objective(score: float, runs: Sequence[Result]) -> float:
    if not math.isfinite(score):
        return math.nan
    return -score if any(run.greater_is_better for run in runs) else score
