"""The page that a picture is laid out on: header, legend and panels, placed by hand in inches."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerLine2D
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

from nnrun.characters import visible
from nnrun.plots.captions import Ending
from nnrun.plots.limits import Interval, log_ticks
from nnrun.plots.numerals import tick_labels
from nnrun.plots.text import drawable, shortened, width, wrapped
from nnrun.plots.theme import Theme

POINT = 1 / 72
"""Inches."""

SEPARATOR = " · "

SPACING = 3.7
"""Of a legend entry beside its name, in sizes of its text: handle, padding, distance to the next."""

EDGE = 0.14
"""Inches left free around everything."""


@dataclass(frozen=True)
class Entry:
    """One legend entry: an artist as it is drawn, or a line's style as `Line2D` takes it, and its name."""

    artist: Any
    name: str


Medium = Callable[[Theme, float, float], Any]
"""From a theme, a width and a height in inches."""


class Picture(Figure):
    """A figure that a notebook shows although nobody has loaded pyplot, which would choose a backend."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()


def on_figure(theme: Theme, width: float, height: float) -> Figure:
    """A medium for files of every format."""
    return Picture(figsize=(width, height), dpi=theme.dpi)


class _StyleHandler(HandlerLine2D):
    """Draws a legend's line from its style."""

    def create_artists(self, legend: Any, orig_handle: Any, *rest: Any) -> Any:
        return super().create_artists(legend, Line2D([], [], **orig_handle), *rest)


class Sheet:
    """A figure that is filled from the top; `top` is what is left of its height, in inches.

    Args:
        theme: how it looks.
        width: inches.
        height: inches.
        medium: makes what is drawn on, from these: a `Figure`, or what takes its calls.
    """

    def __init__(self, theme: Theme, width: float, height: float, medium: Medium = on_figure) -> None:
        self.theme = theme
        self.width, self.height = width, height
        self.top = height - EDGE
        self.figure: Figure = medium(theme, width, height)
        self._needs: dict[Axes, _Need] = {}

    def header(
        self, title: str, notes: Sequence[str], ending: Ending | None = None, about: str | None = None
    ) -> None:
        """The title on one or two lines, then `ending`, and the notes as far as they fit.

        `about` stands before the notes, shortened so that the first of them has room.
        """
        theme, room = self.theme, self._room
        for line in wrapped(visible(title), room, theme.title, theme.font, lines=2):
            self._line(line, theme.title, theme.ink)
        if ending is not None:
            text = shortened(visible(ending.text), room, theme.note, theme.font)
            self._line(text, theme.note, theme.alarm if ending.alarming else theme.ink)
        kept: list[str] = []
        if about is not None:
            beside = width(SEPARATOR + notes[0], theme.note, theme.font) if notes else 0.0
            kept.append(shortened(visible(about), room - beside, theme.note, theme.font))
        for note in notes:
            if width(SEPARATOR.join([*kept, note]), theme.note, theme.font) <= room:
                kept.append(note)
        if kept:
            self._line(SEPARATOR.join(kept), theme.note, theme.muted)
        self.top -= 4 * POINT

    def caption(self) -> Text:
        """A line under the title whose text is written later, and again."""
        return self._line("", self.theme.title, self.theme.ink)

    def legend(self, entries: Sequence[Entry]) -> None:
        """Rows above the panels, where they cover no data."""
        if not entries:
            return
        theme = self.theme
        taken = [
            width(entry.name, theme.label, theme.font) * 1.04 + SPACING * theme.label for entry in entries
        ]
        columns = len(entries)
        while columns > 1 and sum(max(taken[column::columns]) for column in range(columns)) > self._room:
            columns -= 1
        entries = [entry for column in range(columns) for entry in entries[column::columns]]
        legend = self.figure.legend(
            [entry.artist for entry in entries],
            [self._drawable(entry.name) for entry in entries],
            loc="upper left",
            bbox_to_anchor=(EDGE / self.width, self.top / self.height),
            ncols=columns,
            borderpad=0.0,
            borderaxespad=0.0,
            handlelength=1.8,
            handletextpad=0.5,
            columnspacing=SPACING - 2.3,
            labelspacing=0.35,
            handler_map={dict: _StyleHandler()},
        )
        legend.set_in_layout(False)
        rows = -(-len(entries) // columns)
        self.top -= (rows * 1.5 * theme.label + 3) * POINT

    def panel(self, x: str | None = None, y: str | None = None, title: str | None = None) -> Axes:
        """Axes that `place` will give a place; None for a label means none."""
        axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._needs[axes] = _Need()
        if x is not None:
            axes.set_xlabel(self._drawable(x))
        if y is not None:
            axes.set_ylabel(self._drawable(y))
        if title is not None:
            axes.set_title(title, y=1.0, pad=4.0)
        return axes

    def scale_x(
        self, axes: Axes, limits: Interval, most: int, whole: bool = False, labels: bool = True
    ) -> None:
        """Limits and at most `most` ticks of the horizontal axis."""
        ticks, texts = _linear_ticks(limits, most, whole)
        axes.set_xlim(limits)
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_major_formatter(FixedFormatter(texts) if labels else NullFormatter())
        self._needs[axes].tick_row = labels

    def scale_y(
        self, axes: Axes, limits: Interval, most: int, log: bool = False, whole: bool = False
    ) -> None:
        """Limits and at most `most` ticks of the vertical axis."""
        ticks, texts = log_ticks(*limits, most) if log else _linear_ticks(limits, most, whole)
        if log:
            axes.set_yscale("log", nonpositive="clip")
            axes.yaxis.set_minor_locator(NullLocator())
        axes.set_ylim(limits)
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_major_formatter(FixedFormatter(texts))
        self._needs[axes].tick_column = max(
            (width(t, self.theme.tick, self.theme.font) for t in texts), default=0
        )

    def place(self, rows: Sequence[Sequence[Axes]], heights: Sequence[float], right: float = 0.0) -> None:
        """Stacks rows of panels into what is left of the page, their heights in the given proportions.

        Panels of one row are equally wide; those of rows with as many columns stand below each other.
        `right` inches beside them stay free.
        """
        above = [max(self._above(axes) for axes in row) for row in rows]
        below = [max(self._below(axes) for axes in row) for row in rows]
        room = self.top - EDGE - sum(above) - sum(below)
        top = self.top
        for index, row in enumerate(rows):
            height = room * heights[index] / sum(heights)
            top -= above[index] + height
            lefts = self._lefts(rows, len(row))
            free = self.width - 2 * EDGE - right - sum(lefts) - 0.06
            x = EDGE
            for axes, left in zip(row, lefts, strict=True):
                x += left
                self.box(axes, x, top, free / len(row), height)
                axes.xaxis.set_label_coords(0.5, -POINT * (1.25 * self.theme.tick + 5.0) / height)
                axes.yaxis.set_label_coords((POINT * self.theme.label - left) / (free / len(row)), 0.5)
                x += free / len(row)
            top -= below[index]

    def box(self, axes: Axes, left: float, bottom: float, width: float, height: float) -> None:
        """Puts `axes` there, in inches from the lower left corner of the page."""
        axes.set_position((left / self.width, bottom / self.height, width / self.width, height / self.height))

    def text_width(self, text: str, size: float) -> float:
        """Inches that `text` takes."""
        return width(text, size, self.theme.font) * 1.04 * POINT

    @property
    def _room(self) -> float:
        """Width for text, in points; hinting may widen a line a little."""
        return 0.97 * (self.width - 2 * EDGE) / POINT

    def _drawable(self, text: str) -> str:
        """`text` with `?` for what none of the families has."""
        return drawable(text, self.theme.font)[0]

    def _line(self, text: str, size: float, colour: str) -> Text:
        text, families = drawable(text, self.theme.font)
        self.top -= 1.2 * size * POINT
        line = self.figure.text(
            EDGE / self.width,
            (self.top + 0.25 * size * POINT) / self.height,
            text,
            size=size,
            color=colour,
            family=[*families, *self.theme.fallbacks],
            va="baseline",
        )
        self.top -= 0.25 * size * POINT
        return line

    def _lefts(self, rows: Sequence[Sequence[Axes]], columns: int) -> list[float]:
        alike = [row for row in rows if len(row) == columns]
        lefts = [max(self._left(row[column]) for row in alike) for column in range(columns)]
        lefts[0] = max(self._left(row[0]) for row in rows)
        return [left + (0.2 if column else 0.0) for column, left in enumerate(lefts)]

    def _left(self, axes: Axes) -> float:
        label = 1.7 * self.theme.label if axes.get_ylabel() else 0.0
        return (self._needs[axes].tick_column * 1.04 + 6.0 + label) * POINT

    def _below(self, axes: Axes) -> float:
        label = 1.3 * self.theme.label if axes.get_xlabel() else 0.0
        ticks = 1.25 * self.theme.tick + 5.0 if self._needs[axes].tick_row else 4.0
        return (ticks + label) * POINT

    def _above(self, axes: Axes) -> float:
        return (1.5 * self.theme.label + 4.0 if axes.get_title(loc="left") else 0.5 * self.theme.tick) * POINT


@dataclass
class _Need:
    tick_column: float = 0.0
    tick_row: bool = False


@functools.lru_cache(4096)
def _linear_ticks(limits: Interval, most: int, whole: bool) -> tuple[list[float], list[str]]:
    """At most `most` ticks where that leaves three, else a few more."""
    margin = 1e-9 * (limits[1] - limits[0])
    ticks: list[float] = []
    for bins in range(max(most - 1, 1), most + 4):
        locator = MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10], integer=whole, min_n_ticks=1)
        values = locator.tick_values(*limits)
        ticks = [float(tick) for tick in values if limits[0] - margin <= tick <= limits[1] + margin]
        if len(ticks) >= 3 or whole:
            break
    return ticks, tick_labels(ticks)
