"""Objective over seeds alone: every run in order of its objective, with median, quartiles and two camps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nnrun.plots.lattice import Lattice
from nnrun.plots.limits import Values
from nnrun.plots.marking import TOP, Scale, lost_style, run_style
from nnrun.plots.study import Study
from nnrun.plots.theme import Theme

TELLING = 1.8
"""How many times the better one the objective across a gap is before the runs fall into two camps."""

DISTINCT = 3.0
"""How many times the next larger step, in logarithms, the gap is."""


@dataclass(frozen=True)
class Camps:
    """Runs that fall into two by the largest gap between neighbours.

    Attributes:
        good: how many are in the better camp.
        rest: how many are not, lost ones among them.
        last: the worst objective of the better camp.
        first: the best objective of the others; NaN where all of them were lost.
    """

    good: int
    rest: int
    last: float
    first: float


def camps(study: Study) -> Camps | None:
    """None where no gap stands out."""
    values = sorted(point.objective for point in study.points if not point.lost)
    lost = len(study.points) - len(values)
    if study.greater_is_better or len(values) < 4 or values[0] <= 0:
        return None
    steps = np.diff(np.log(values))
    place = int(np.argmax(steps))
    others = np.delete(steps, place)
    if steps[place] < math.log(TELLING) or steps[place] < DISTINCT * float(np.median(others)):
        return None
    return Camps(place + 1, len(values) - place - 1 + lost, values[place], values[place + 1])


def draw(sheet: Lattice, axes: Axes, study: Study, scale: Scale) -> None:
    """Fills `axes`, whose vertical axis is scaled."""
    theme = sheet.theme
    good = sorted(
        (point.objective for point in study.points if not point.lost), reverse=study.greater_is_better
    )
    runs = len(study.points)
    sheet.scale_x(axes, (0.2, runs + 0.8), 8, whole=True)
    axes.grid(False, axis="x")
    if scale.known:
        _draw_quartiles(axes, theme, good, len(study.points))
        style = run_style(theme, runs) | {"color": theme.model, "alpha": 0.95, "zorder": 4}
        axes.plot(np.arange(1, len(good) + 1), good, **style)
    lost = list(range(len(good) + 1, runs + 1))
    axes.plot(lost, [TOP] * len(lost), transform=axes.get_xaxis_transform(), zorder=5, **lost_style(theme))


def _draw_quartiles(axes: Axes, theme: Theme, good: Sequence[float], runs: int) -> None:
    """Median line and the band of the middle half; lost runs count as worse than all others."""
    padded = np.concatenate([good, np.full(runs - len(good), np.nan)])
    low, median, high = (_at(padded, share) for share in (0.25, 0.5, 0.75))
    if runs > 1 and math.isfinite(median):
        top = high if math.isfinite(high) else axes.get_ylim()[1]
        axes.axhspan(min(low, top), max(low, top), color=theme.height_low, lw=0, zorder=1)
        axes.axhline(median, color=theme.model, lw=theme.thin, zorder=2)


def _at(values: Values, share: float) -> float:
    """A quantile of values in order, interpolated; NaN beyond the known ones."""
    place = share * (len(values) - 1)
    low = int(place)
    if place == low:
        return float(values[low])
    return float(values[low] + (place - low) * (values[low + 1] - values[low]))
