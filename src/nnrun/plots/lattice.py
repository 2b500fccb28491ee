"""The page of a sweep's pictures: panels in a grid, with values of swept keys along their sides."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator

from nnrun.plots.axis import Axis
from nnrun.plots.lettering import lettering
from nnrun.plots.limits import Interval, log_ticks
from nnrun.plots.sheet import POINT, Sheet
from nnrun.plots.style import styled
from nnrun.plots.text import drawable, shortened, width
from nnrun.plots.theme import Theme

LONGEST = 12
"""Sizes of its text that the name of a value may be long, beside a panel."""


class Lattice(Sheet):
    """A sheet whose panels may have names in place of numbers, and stand in rows of equal columns."""

    def values_x(self, axes: Axes, line: Axis, room: float, labels: bool = True) -> list[float]:
        """Scales the horizontal axis to `line`, and says where its values stand.

        Numbers stand where they belong, on a logarithmic axis where they are spaced so; names one after the
        other. Every value has its tick where `room` inches suffice.
        """
        places = list(line.numbers or range(len(line.values)))
        limits = _around(places, line)
        self.scale_x(axes, limits, max(3, int(room / 0.7)), labels=labels)
        if line.is_logarithmic:
            axes.set_xscale("log")
            axes.set_xlim(limits)
        if line.numbers is None or self._fits(line, places, limits, room):
            share = room / len(places) / POINT if line.numbers is None else room / POINT
            self._tick_x(axes, places, [self._cut(value, share) for value in line.values] if labels else None)
        elif line.is_logarithmic:
            ticks, texts = log_ticks(*limits, max(3, int(room / 0.7)))
            self._tick_x(axes, ticks, texts if labels else None)
        return places

    def names_x(self, axes: Axes, names: Sequence[str], room: float, labels: bool = True) -> None:
        """Cells one after the other, each with its name below."""
        self.scale_x(axes, (-0.5, len(names) - 0.5), 2, labels=labels)
        stride = 1
        widest = max(width(name, self.theme.tick, self.theme.font) for name in names) * POINT + 0.06
        if len(names) > 12:
            stride = max(1, round(0.5 + widest * len(names) / room))
        places = list(range(0, len(names), stride))
        texts = [self._cut(names[place], room / len(places) / POINT) for place in places]
        self._tick_x(axes, places, texts if labels else None)

    def names_y(self, axes: Axes, names: Sequence[str], room: float, labels: bool = True) -> None:
        """Cells one above the other, each with its name beside it."""
        self.scale_y(axes, (-0.5, len(names) - 0.5), 2)
        stride = max(1, round(0.5 + 1.3 * self.theme.tick * POINT * len(names) / room))
        places = list(range(0, len(names), stride))
        texts = [
            shortened(names[place], LONGEST * self.theme.tick, self.theme.tick, self.theme.font)
            for place in places
        ]
        axes.yaxis.set_major_locator(FixedLocator(places))
        axes.yaxis.set_major_formatter(FixedFormatter(self._drawables(texts)))
        self._needs[axes].tick_column = max(width(text, self.theme.tick, self.theme.font) for text in texts)
        if not labels:
            self.hide_y(axes)

    def hide_y(self, axes: Axes) -> None:
        """Takes away the tick labels of the vertical axis, and their place."""
        axes.yaxis.set_major_formatter(NullFormatter())
        self._needs[axes].tick_column = 0.0

    def grid(self, panels: Sequence[Axes], columns: int, right: float = 0.0) -> None:
        """Places `panels` in rows of `columns`; the last row is filled up with nothing."""
        rows = [list(panels[start : start + columns]) for start in range(0, len(panels), columns)]
        while len(rows[-1]) < columns:
            blank = self.panel()
            blank.set_visible(False)
            rows[-1].append(blank)
        self.place(rows, [1.0] * len(rows), right)

    def _fits(self, line: Axis, places: Sequence[float], limits: Interval, room: float) -> bool:
        """Whether each value's label has its place, the nearest ones included."""
        scale: Callable[[float], float] = math.log if line.is_logarithmic else float
        whole = scale(limits[1]) - scale(limits[0])
        along = [room * (scale(place) - scale(limits[0])) / whole for place in places]
        widths = [self.text_width(value, self.theme.tick) for value in line.values]
        return all(
            along[index + 1] - along[index] >= (widths[index] + widths[index + 1]) / 2 + 0.05
            for index in range(len(along) - 1)
        )

    def _tick_x(self, axes: Axes, places: Sequence[float], texts: Sequence[str] | None) -> None:
        axes.xaxis.set_major_locator(FixedLocator(list(places)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(
            NullFormatter() if texts is None else FixedFormatter(self._drawables(texts))
        )

    def _cut(self, text: str, room: float) -> str:
        return shortened(text, 0.94 * room, self.theme.tick, self.theme.font)

    def _drawables(self, texts: Sequence[str]) -> list[str]:
        return [drawable(text, self.theme.font)[0] for text in texts]


@contextmanager
def lattice(
    theme: Theme, size: tuple[float, float], language: str, font: str | None
) -> Iterator[tuple[Lattice, str]]:
    """An empty page, and the language that it can be written in; drawn on within the theme's style."""
    chosen = lettering(theme, language, font)
    with styled(chosen.theme):
        sheet = Lattice(chosen.theme, *size)
        yield sheet, chosen.language
        make_ticks(sheet.figure)


def make_ticks(figure: Figure) -> None:
    """Now, in the theme's style, and not when somebody shows the figure in theirs."""
    for axes in figure.axes:
        axes.xaxis.get_major_ticks()
        axes.yaxis.get_major_ticks()


def _around(places: Sequence[float], line: Axis) -> Interval:
    """Room beside the first and the last value, by ratio or by difference."""
    low, high = min(places), max(places)
    if line.numbers is None or low == high:
        return low - 0.5, high + 0.5
    if line.is_logarithmic:
        margin = (high / low) ** 0.06
        return low / margin, high * margin
    return low - 0.06 * (high - low), high + 0.06 * (high - low)
