"""Runs that differ only in their seed, taken together, and judged by the one in the middle."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nnrun.comparison.recorded import Recorded
from nnrun.plots.axis import short_names

NAMED = 3
"""Keys in which settings differ up to which their names hold all of them."""

MOST_TRIED = 12
"""Keys of which the fewest that tell settings apart are looked for."""


@dataclass(frozen=True)
class Spread:
    """Numbers of several runs.

    Attributes:
        median: NaN where the middle one has none.
        lowest: of those that have one; NaN without any.
        highest: likewise.
    """

    median: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Setting:
    """One or more runs.

    Attributes:
        values: key -> value as typed, of the keys in which the settings differ.
        runs: in the order in which they came.
    """

    values: Mapping[str, str]
    runs: tuple[Recorded, ...]

    @cached_property
    def by_seed(self) -> Mapping[str, Recorded]:
        """Seed -> its first run: what was trained twice is no second result."""
        return {run.seed: run for run in reversed(self.runs)}

    @cached_property
    def distinct(self) -> tuple[Recorded, ...]:
        """One run for each configuration, in the order in which they came."""
        kept: dict[tuple[tuple[str, str], ...], Recorded] = {}
        for run in self.runs:
            kept.setdefault(tuple(run.config.items()), run)
        return tuple(kept.values())

    @property
    def lost(self) -> int:
        """How many seeds diverged or failed."""
        return sum(run.lost for run in self.distinct)

    @cached_property
    def score(self) -> float:
        """Median of the scores; infinite where the middle run was lost."""
        return statistics.median(run.score for run in self.distinct)

    @cached_property
    def typical(self) -> Recorded:
        """The run at the median; of two in the middle the better one."""
        return sorted(self.distinct, key=lambda run: run.score)[(len(self.distinct) - 1) // 2]

    @property
    def objective(self) -> Spread:
        """Of what runs are judged by."""
        return self.spread(lambda run: run.objective, self.distinct[0].greater_is_better)

    def spread(self, value: Callable[[Recorded], float], greater_is_better: bool = False) -> Spread:
        """Of any number of the runs; one that is missing (NaN) is worse than all others."""
        sign = -1.0 if greater_is_better else 1.0
        values = [value(run) for run in self.distinct]
        known = [number for number in values if math.isfinite(number)]
        middle = statistics.median(sign * number if math.isfinite(number) else math.inf for number in values)
        median = sign * middle if math.isfinite(middle) else math.nan
        return Spread(median, min(known, default=math.nan), max(known, default=math.nan))


def settings_of(runs: Sequence[Recorded], keys: Sequence[str]) -> tuple[Setting, ...]:
    """One for each combination of values of `keys`, in the order in which they first came."""
    groups: dict[tuple[str | None, ...], list[Recorded]] = {}
    for run in runs:
        groups.setdefault(tuple(run.config.get(key) for key in keys), []).append(run)
    return tuple(
        Setting(
            {key: value for key, value in zip(keys, values, strict=True) if value is not None}, tuple(members)
        )
        for values, members in groups.items()
    )


def telling(settings: Sequence[Setting], keys: Sequence[str]) -> tuple[str, ...]:
    """The keys that a name is made of: all where they are few, else as many as tell the settings apart."""
    if len(keys) <= NAMED:
        return tuple(keys)
    ordered = sorted(keys, key=lambda key: "." in key)[:MOST_TRIED]
    for count in range(1, NAMED + 1):
        for kept in itertools.combinations(ordered, count):
            if len({tuple(map(each.values.get, kept)) for each in settings}) == len(settings):
                return tuple(key for key in keys if key in kept)
    return tuple(keys)


def labels_of(settings: Sequence[Setting], keys: Sequence[str]) -> list[str]:
    """What each is called: the values in which it differs, or the name of its run."""
    names = dict(zip(keys, short_names(keys), strict=True))
    kept = telling(settings, keys)
    said = [
        " ".join(f"{names[key]}={each.values[key]}" for key in kept if key in each.values)
        for each in settings
    ]
    return [text or each.runs[0].name for text, each in zip(said, settings, strict=True)]
