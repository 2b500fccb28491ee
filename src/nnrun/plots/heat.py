"""Objective over two swept keys: the median of each setting as a colour and a number, its seeds as dots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm, Normalize, to_rgba
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from nnrun.plots.axis import Axis
from nnrun.plots.lattice import Lattice
from nnrun.plots.limits import finite
from nnrun.plots.marking import DECADE
from nnrun.plots.numerals import short
from nnrun.plots.sheet import POINT
from nnrun.plots.study import Point, Study
from nnrun.plots.text import width
from nnrun.plots.theme import Theme

STRIP = 0.36
"""Half the width of the strip of runs in a cell, whose width is 1; `STRIP_AT` below the cell's middle."""
STRIP_AT = 0.24

SMALLEST = 5.5
"""Points of text that can be read."""

BAR = 0.16
"""Inches: width of the bar of colours; `BESIDE_BAR` with what stands beside it."""
BESIDE_BAR = 1.05


@dataclass(frozen=True)
class Shades:
    """Values as colours: the better the darker; `rising` where more is better."""

    norm: Normalize
    colours: Colormap
    rising: bool

    def colour(self, value: float) -> tuple[float, float, float, float]:
        """Red, green, blue and opacity."""
        red, green, blue, alpha = self.colours(float(self.norm(value)))
        return red, green, blue, alpha

    def is_dark(self, value: float) -> bool:
        """Whether light text stands out better."""
        red, green, blue, _ = self.colour(value)
        return 0.299 * red + 0.587 * green + 0.114 * blue < 0.58


def shades_of(study: Study, theme: Theme) -> Shades | None:
    """From the best to the worst run that ended well; None without any."""
    values = finite([point.objective for point in study.points])
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    log = low > 0 and high >= DECADE * low
    if low == high:
        low, high = low - 0.5, high + 0.5
    ends = [theme.background, theme.model] if study.greater_is_better else [theme.model, theme.background]
    colours = LinearSegmentedColormap.from_list("objective", ends)
    return Shades(LogNorm(low, high) if log else Normalize(low, high), colours, study.greater_is_better)


def scale(sheet: Lattice, axes: Axes, x: Axis, y: Axis, room: tuple[float, float], labels: bool) -> None:
    """Names of the cells along both sides; `labels` says whether the vertical ones are written."""
    sheet.names_x(axes, x.values, room[0])
    sheet.names_y(axes, y.values, room[1], labels)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(True)


def fill(
    sheet: Lattice,
    axes: Axes,
    study: Study,
    cells: Mapping[tuple[int, int], Sequence[Point]],
    shades: Shades | None,
) -> None:
    """Draws cells (column, row) with runs, once `axes` has its place."""
    theme = sheet.theme
    box = axes.get_position()
    size = (
        box.width * sheet.width / np.ptp(axes.get_xlim()) / POINT,
        box.height * sheet.height / np.ptp(axes.get_ylim()) / POINT,
    )
    digits, text_size = _lettering([study.median(points) for points in cells.values()], size, theme)
    dotted = max(map(len, cells.values())) > 1 and text_size > 0 and size[1] > 3.4 * text_size
    for place, points in cells.items():
        median = study.median(points)
        lost = shades is None or not np.isfinite(median)
        colour = theme.ink
        if shades is not None and not lost:
            _paint(axes, place, fc=shades.colour(median), ec="none")
            colour = theme.background if shades.is_dark(median) else theme.ink
        else:
            _paint(axes, place, **lost_face(theme))
        if text_size > 0:
            count = sum(point.lost for point in points)
            text = (f"×{count}" if count > 1 else "×") if lost else short(median, digits)
            _write(axes, place, text, text_size, theme.alarm if lost else colour, dotted)
        if dotted and shades is not None:
            _draw_strip(axes, theme, place, points, shades, colour)


def lost_face(theme: Theme) -> dict[str, Any]:
    """How the cell of a setting looks whose median run was lost."""
    return {"fc": theme.background, "ec": to_rgba(theme.alarm, 0.3), "hatch": "////"}


def outline_best(axes: Axes, theme: Theme, place: tuple[int, int]) -> None:
    """A frame around the best setting's cell."""
    corner = (place[0] - 0.5, place[1] - 0.5)
    axes.add_patch(
        Rectangle(corner, 1, 1, fill=False, ec=theme.ink, lw=2.0 * theme.mark, zorder=6, clip_on=False)
    )


def bar(sheet: Lattice, beside: Axes, shades: Shades, label: str) -> None:
    """The colours and what they stand for, to the right of a panel that has its place."""
    box = beside.get_position()
    axes = sheet.panel()
    left = (box.x1 * sheet.width) + 0.18
    sheet.box(axes, left, box.y0 * sheet.height, BAR, box.height * sheet.height)
    low, high = float(shades.norm.vmin or 0), float(shades.norm.vmax or 0)
    log = isinstance(shades.norm, LogNorm)
    edges = np.geomspace(low, high, 129) if log else np.linspace(low, high, 129)
    middles = (edges[:-1] + edges[1:]) / 2
    axes.pcolormesh(
        [0, 1], edges, middles[:, None], norm=shades.norm, cmap=shades.colours, edgecolors="face", lw=0.3
    )
    sheet.scale_y(axes, (low, high), 6, log=log)
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.set_ylabel(label, labelpad=6.0)
    axes.xaxis.set_major_locator(NullLocator())
    axes.grid(False)


def _lettering(values: Sequence[float], size: tuple[float, float], theme: Theme) -> tuple[int, float]:
    """Digits of the numbers in cells, and their size in points; 0 where none can be read."""
    for digits in (3, 2):
        widest = max(width(short(value, digits), 1.0, theme.font) for value in values)
        points = min(0.86 * size[0] / widest, 0.5 * size[1], theme.label)
        if points >= SMALLEST:
            return digits, points
    return 0, 0.0


def _paint(axes: Axes, place: tuple[int, int], **style: Any) -> None:
    axes.add_patch(Rectangle((place[0] - 0.5, place[1] - 0.5), 1, 1, lw=0, zorder=2, **style))


def _write(axes: Axes, place: tuple[int, int], text: str, size: float, colour: str, above: bool) -> None:
    axes.text(
        place[0],
        place[1] + (0.1 if above else 0.0),
        text,
        size=size,
        ha="center",
        va="center_baseline",
        color=colour,
        zorder=4,
    )


def _draw_strip(
    axes: Axes,
    theme: Theme,
    place: tuple[int, int],
    points: Sequence[Point],
    shades: Shades,
    colour: str,
) -> None:
    """The runs of a cell along a line, from the best of all runs at its left to the worst; lost ones last."""
    column, row = place[0], place[1] - STRIP_AT
    axes.plot([column - STRIP, column + STRIP], [row, row], color=colour, alpha=0.35, lw=theme.hair, zorder=3)
    shares = [float(shades.norm(point.objective)) for point in points if not point.lost]
    xs = [column + STRIP * (1 - 2 * share if shades.rising else 2 * share - 1) for share in shares]
    style: dict[str, Any] = {"ls": "", "ms": 4.2 * theme.mark, "mew": 0, "zorder": 5}
    axes.plot(xs, [row] * len(xs), marker="o", color=colour, alpha=0.7, **style)
    if len(xs) < len(points):
        axes.plot(
            [column + STRIP], [row], marker="^", color=theme.alarm, **(style | {"ms": 5.0 * theme.mark})
        )
