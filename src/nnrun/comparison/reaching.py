"""How many epochs runs take to reach a loss that all of them reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnrun.comparison.recorded import Recorded

DIGITS = 3
"""Significant ones of the loss, which is rounded up so that every run reaches what is printed."""


@dataclass(frozen=True)
class Goal:
    """A loss to reach.

    Attributes:
        column: of metrics.csv.
        loss: that every run which was not lost reaches; where they are many, half of them.
    """

    column: str
    loss: float

    def epoch(self, run: Recorded) -> float:
        """The first at which `run` is there; NaN where it never is."""
        losses, epochs = run.metrics.get(self.column), run.metrics.get("epoch")
        if losses is None or epochs is None:
            return math.nan
        reached = np.flatnonzero(losses <= self.loss)
        return float(epochs[reached[0]]) if len(reached) else math.nan


def goal_of(runs: Sequence[Recorded], share: float = 1.0) -> Goal | None:
    """The best loss of the run whose best is worst; None where losses are no common measure or too few.

    Args:
        runs: whose losses are of the same thing, if they are of the same loss function.
        share: of the runs that are to reach it.
    """
    kept = [run for run in runs if not run.lost]
    if len(kept) < 2 or len({run.config.get("loss") for run in kept}) != 1:
        return None
    column = "val/loss" if all("val/loss" in run.metrics for run in kept) else "train/loss"
    lowest = []
    for run in kept:
        losses = run.metrics.get(column, np.empty(0))
        losses = losses[np.isfinite(losses)]
        if not len(losses):
            return None
        lowest.append(float(losses.min()))
    return Goal(column, _rounded_up(sorted(lowest)[math.ceil(share * len(lowest)) - 1]))


def _rounded_up(value: float) -> float:
    if value == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - DIGITS + 1)
    steps = math.floor(value / unit)
    rounded = (float(f"{(steps + more) * unit:.{DIGITS}g}") for more in range(3))
    return next(number for number in rounded if number >= value)
