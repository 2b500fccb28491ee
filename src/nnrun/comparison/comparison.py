"""Everything that is known of several runs side by side, before it is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from nnrun.comparison.contrast import Contrast, contrast
from nnrun.comparison.differences import differing, distorting, without_seed
from nnrun.comparison.fits import Gap, gap
from nnrun.comparison.reaching import Goal, goal_of
from nnrun.comparison.recorded import SEED, Recorded
from nnrun.comparison.settings import Setting, labels_of, settings_of

SIDE_BY_SIDE = 6
"""That have a column, and a colour, each."""

LETTERS = "ABCDEF"


@dataclass(frozen=True)
class Comparison:
    """Runs, and what is found by looking from one to the other.

    Attributes:
        runs: in the order in which they came.
        keys: in which their configurations differ, the seed included.
        settings: runs that differ only in their seed are one.
    """

    runs: tuple[Recorded, ...]
    keys: tuple[str, ...]
    settings: tuple[Setting, ...]

    @cached_property
    def units(self) -> tuple[Setting, ...]:
        """What is set side by side: settings, or single runs where these are few."""
        repeated = any(len(setting.by_seed) > 1 for setting in self.settings)
        if len(self.runs) <= SIDE_BY_SIDE and (len(self.settings) == 1 or not repeated):
            return tuple(Setting(self._values(run), (run,)) for run in self.runs)
        return self.settings

    @property
    def unit_keys(self) -> tuple[str, ...]:
        """The keys that tell `units` apart; the seed alone where they are runs of one setting."""
        if self.units is self.settings or len(self.settings) > 1:
            return tuple(without_seed(self.keys))
        return self.keys

    @property
    def few(self) -> bool:
        """Whether each unit can have a column of its own."""
        return len(self.units) <= SIDE_BY_SIDE

    @cached_property
    def labels(self) -> list[str]:
        """What each unit is called."""
        labels = labels_of(self.units, self.unit_keys)
        if len(set(labels)) == len(labels):
            return labels
        return [
            unit.runs[0].name if labels.count(label) > 1 else label
            for unit, label in zip(self.units, labels, strict=True)
        ]

    @cached_property
    def ranked(self) -> tuple[Setting, ...]:
        """The settings, those that are judged by the same thing together, the best one first."""
        names = list(dict.fromkeys(setting.typical.objective_name for setting in self.settings))
        return tuple(
            sorted(self.settings, key=lambda each: (names.index(each.typical.objective_name), each.score))
        )

    @cached_property
    def goal(self) -> Goal | None:
        """A loss that all of them reach, of many half of them; None where it would be of different things."""
        if self.incomparable:
            return None
        runs = [run for setting in self.settings for run in setting.distinct]
        return goal_of(runs, 1.0 if self.few else 0.5)

    @property
    def incomparable(self) -> tuple[str, ...]:
        """The keys by which their losses are of different things."""
        return distorting(self.keys)

    @cached_property
    def gaps(self) -> tuple[Gap | None, ...]:
        """How far the fit of each unit is from the first one's; the first has none."""
        if not self.few:
            return (None,) * len(self.units)
        first = self.units[0].typical.arrays
        return (None, *(gap(first, unit.typical.arrays) for unit in self.units[1:]))

    @cached_property
    def contrast(self) -> Contrast | None:
        """What can be said of two settings; None where there are not just two."""
        if len(self.settings) != 2:
            return None
        return contrast(*self.settings)

    @property
    def of_one_seed(self) -> bool:
        """Whether several settings were trained with one seed each."""
        single = all(len(setting.by_seed) == 1 for setting in self.settings)
        return len(self.settings) > 1 and single

    def epochs_to_goal(self, setting: Setting) -> float:
        """By which half of its runs are there; NaN where they never are."""
        goal = self.goal
        if goal is None:
            return math.nan
        epochs = [goal.epoch(run) for run in setting.distinct]
        middle = sorted(math.inf if math.isnan(epoch) else epoch for epoch in epochs)[(len(epochs) - 1) // 2]
        return middle if math.isfinite(middle) else math.nan

    def _values(self, run: Recorded) -> dict[str, str]:
        keys = self.keys if len(self.settings) == 1 else without_seed(self.keys)
        return {key: run.config[key] for key in keys if key in run.config}


def compared(runs: Sequence[Recorded]) -> Comparison:
    """The comparison of `runs`, of which there is at least one."""
    keys = differing(runs)
    return Comparison(tuple(runs), tuple(keys), settings_of(runs, [key for key in keys if key != SEED]))
