"""Objective against one swept key: every run a point, and the medians over what else was varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from nnrun.plots.axis import Axis
from nnrun.plots.lattice import Lattice
from nnrun.plots.limits import drawable
from nnrun.plots.marking import Scale, best_style, mark_lost, median_style, run_style
from nnrun.plots.study import Point, Study

BESIDE = 0.36
"""Of the distance between two names: over how much the runs of one are spread."""

BAR = 0.28
"""Half the width of the median of a name, in the same unit."""

MOST_MARKED = 40
"""Medians on a line up to which each has a dot."""

REPEATED = 1.5
"""Runs per value from which on medians are worth a line."""


def draw(sheet: Lattice, axes: Axes, study: Study, line: Axis, scale: Scale, room: float) -> None:
    """Fills `axes`, whose vertical axis is scaled; `room` is its width in inches."""
    theme = sheet.theme
    where = dict(zip(line.values, sheet.values_x(axes, line, room), strict=True))
    groups = {value: points for (value,), points in study.grouped([line]).items()}
    ordered = [(where[value], groups[value]) for value in line.values]
    if scale.known:
        for place, points in ordered:
            _draw_runs(axes, study, place, points, line.numbers is None, sheet)
        medians = drawable([study.median(points) for _, points in ordered])
        if line.numbers is None:
            for (place, points), median in zip(ordered, medians, strict=True):
                # A single run is its own median, and stands there as itself.
                if len(points) > 1:
                    ends = [place - BAR, place + BAR]
                    axes.plot(ends, [median, median], zorder=4, **median_style(theme, False))
        elif len(study.points) >= REPEATED * len(ordered) or len(study.axes) == 1:
            style = median_style(theme, dots=len(ordered) <= MOST_MARKED)
            axes.plot([place for place, _ in ordered], medians, zorder=4, **style)
        _mark_best(axes, study, line, where, sheet)
    mark_lost(axes, theme, dict(ordered))


def _draw_runs(
    axes: Axes, study: Study, place: float, points: Sequence[Point], named: bool, sheet: Lattice
) -> None:
    """Runs of a name stand side by side in their order, those of a number where it is."""
    count = len(points)
    step = min(0.07, BESIDE / count) if named else 0.0
    places = [place + step * (index - (count - 1) / 2) for index in range(count)]
    values = drawable([point.objective for point in points])
    axes.plot(places, values, zorder=3, **run_style(sheet.theme, len(study.points)))


def _mark_best(axes: Axes, study: Study, line: Axis, where: Mapping[str, float], sheet: Lattice) -> None:
    best = study.best
    if best is not None:
        axes.plot([where[best["values"][line.key]]], [best["median"]], zorder=5, **best_style(sheet.theme))
