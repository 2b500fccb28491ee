"""Picture `fits`: what the networks of a sweep have learned, up to 25 of them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnrun.plots.axis import short_names
from nnrun.plots.fit import truth_style
from nnrun.plots.fitted import (
    Fitted,
    arrays_of,
    draw_classes,
    draw_fit,
    draw_plane,
    limits_of,
    same_data,
    sample_style,
)
from nnrun.plots.lattice import Lattice, lattice
from nnrun.plots.numerals import short
from nnrun.plots.selection import Selection, select
from nnrun.plots.sheet import EDGE, POINT, SEPARATOR, Entry
from nnrun.plots.study import studies
from nnrun.plots.text import shortened
from nnrun.plots.text import width as text_width
from nnrun.plots.theme import LIGHT, Theme
from nnrun.words import words

COLUMNS = 5
"""Panels side by side where no axis says so."""

PANEL = (1.95, 1.5)
"""Inches of a panel, its title not included; `OWN_TICKS` more where each has its own axis."""
OWN_TICKS = 0.45

ROW = COLUMNS * PANEL[0]
"""Inches that a row may take where its panels are wider for the sake of what stands over them."""

BESIDE_COMMAND = 0.6
"""Share of the line below the title that notes may take from the command."""

BESIDE = 0.45
"""Inches between the titles of two panels."""


def draw_fits(
    directory: Path,
    *,
    language: str = "en",
    font: str | None = None,
    theme: Theme = LIGHT,
    width: float | None = None,
    height: float | None = None,
) -> Figure | None:
    """The fits of the sweep in `directory`, as they are on disk; None where no run has recorded any.

    Args:
        directory: of the sweep.
        language: of the words in it; English where no font can write it.
        font: family of the letters; None: the theme's.
        theme: how it looks.
        width: inches; None: what the content needs.
        height: inches, likewise.

    Raises:
        Refused: results.csv is missing or damaged.
    """
    found = studies(directory)
    chosen = select(found)
    shown = [Fitted(study, point, arrays_of(directory / point.directory)) for study, point in chosen.runs]
    if all(fitted.kind == "nothing" for fitted in shown):
        return None
    columns = chosen.columns or min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    wide = PANEL[0] if same_data(shown) else PANEL[0] + OWN_TICKS
    scale = min(1.0, theme.scale)
    wide = max(wide, min(_wanted(chosen, shown, theme, language) / scale + BESIDE, ROW / columns))
    tall = PANEL[1] * max(1.0, (theme.width / scale - 0.5) / (columns * wide))
    natural = max(theme.width, scale * (0.5 + columns * wide)), scale * (1.35 + rows * (tall + 0.28))
    with lattice(theme, (width or natural[0], height or natural[1]), language, font) as (sheet, language):
        _Picture(sheet, chosen, shown, columns, words(language)).draw()
    figure: Figure = sheet.figure
    return figure


def _bare(chosen: Selection, shown: Sequence[Fitted]) -> list[str]:
    """The values of each run, without the names of their keys."""
    return [" ".join(fitted.point.values[line.key] for line in chosen.lines) for fitted in shown]


def _result(fitted: Fitted, say: Mapping[str, str]) -> str:
    """What a run came to, or how it was lost."""
    point = fitted.point
    return say[f"plot.status.{point.status}"] if point.lost else short(point.objective)


def _wanted(chosen: Selection, shown: Sequence[Fitted], theme: Theme, language: str) -> float:
    """Inches that the longest title of a panel takes, values alone."""
    titles = [
        told + _result(fitted, words(language))
        for told, fitted in zip(_bare(chosen, shown), shown, strict=True)
    ]
    return max(text_width(title, theme.tick, theme.font) for title in titles) * POINT


class _Picture:
    def __init__(
        self,
        sheet: Lattice,
        chosen: Selection,
        shown: Sequence[Fitted],
        columns: int,
        say: Mapping[str, str],
    ) -> None:
        self._sheet, self._chosen, self._shown, self._columns, self._say = sheet, chosen, shown, columns, say
        self._common = limits_of(shown) if same_data(shown) else None

    def draw(self) -> None:
        own = 0.3 if self._common else 0.5
        room = ((self._sheet.width - 2 * EDGE - 0.3) / self._columns - own) / POINT - 8
        named = self._named(room)
        self._head(named)
        self._sheet.legend(self._entries())
        axes = [self._panel(index) for index in range(len(self._shown))]
        for panel, fitted, told in zip(axes, self._shown, self._told(named), strict=True):
            self._title(panel, fitted, told, room)
        self._sheet.grid(axes, self._columns)

    def _head(self, named: bool) -> None:
        first, say = self._shown[0].study, self._say
        total = sum(len(study.points) for study in self._chosen.studies)
        key = "plot.sweep.runs.one" if total == 1 else f"plot.sweep.fits.{self._chosen.kind}"
        counted = say[key].format(shown=len(self._shown), runs=total)
        notes = [counted]
        outputs = max(f.arrays["train_y"].shape[1] if "train_y" in f.arrays else 1 for f in self._shown)
        if outputs > 1:
            notes.append(say["plot.sweep.first_output"].format(outputs=outputs))
        if not named and len(self._chosen.lines) > 1:
            names = ", ".join(short_names([line.key for line in self._chosen.lines]))
            order = say["plot.sweep.fits.order"].format(keys=names)
            both = SEPARATOR.join([order, counted])
            room = BESIDE_COMMAND * (self._sheet.width - 2 * EDGE)
            fits = self._sheet.text_width(both, self._sheet.theme.note) <= room
            notes = [both, *notes[1:]] if fits else [order, *notes]
        command = str(first.summary.get("command") or "")
        keys = [line.key for line in self._chosen.lines]
        title = say["plot.sweep.fits.title" if keys else "plot.sweep.fits.alone"].format(keys=", ".join(keys))
        self._sheet.header(title, notes, None, command or None)

    def _entries(self) -> list[Entry]:
        theme, say, kinds = self._sheet.theme, self._say, {fitted.kind for fitted in self._shown}
        entries = []
        if "curve" in kinds:
            dots = sample_style(theme) | {"ms": theme.dot, "alpha": 1.0}
            entries.append(Entry(Line2D([], [], **dots), say["plot.data"]))
            entries.append(Entry(Line2D([], [], color=theme.model, lw=theme.line), say["plot.model"]))
        if any("grid_truth" in fitted.arrays for fitted in self._shown):
            entries.append(Entry(Line2D([], [], **truth_style(theme)), say["plot.truth"]))
        if "against" in kinds:
            dots = sample_style(theme) | {"ms": theme.dot, "alpha": 1.0, "color": theme.model}
            entries.append(Entry(Line2D([], [], **dots), say["plot.sweep.sample"]))
            entries.append(Entry(Line2D([], [], color=theme.frame, lw=theme.thin), say["plot.sweep.equal"]))
        return entries

    def _panel(self, index: int) -> Axes:
        fitted, sheet, theme = self._shown[index], self._sheet, self._sheet.theme
        below = self._shown[index + self._columns :][:1]
        lowest = not below or below[0].kind != fitted.kind
        leftmost = index % self._columns == 0
        x, y = self._labels(fitted)
        axes = sheet.panel(x if lowest else None, y if leftmost else None, " ")
        own = self._common is None
        if fitted.kind == "classes":
            draw_classes(sheet, axes, fitted.arrays)
        elif fitted.kind == "regions":
            draw_plane(sheet, axes, fitted.arrays)
        elif fitted.kind == "nothing":
            sheet.scale_x(axes, (0.0, 1.0), 2, labels=False)
            sheet.scale_y(axes, (0.0, 1.0), 2)
            sheet.hide_y(axes)
            axes.grid(False)
        else:
            across, up = self._common or limits_of([fitted])
            sheet.scale_x(axes, across, 4, labels=lowest or own)
            sheet.scale_y(axes, up, 5)
            if not (leftmost or own):
                sheet.hide_y(axes)
            draw_fit(axes, fitted, theme)
        return axes

    def _labels(self, fitted: Fitted) -> tuple[str | None, str | None]:
        say = self._say
        if fitted.kind == "classes":
            return say["plot.predicted_class"], say["plot.true_class"]
        if fitted.kind == "against":
            return say["plot.true"], say["plot.predicted"].format(name=say["plot.true"])
        return {"curve": ("x", "y"), "regions": ("x1", "x2")}.get(fitted.kind, (None, None))

    def _title(self, axes: Axes, fitted: Fitted, told: str, room: float) -> None:
        """What the run was, at the left, and what it came to, at the right."""
        theme = self._sheet.theme
        size, result = theme.tick, _result(fitted, self._say)
        told = shortened(told, room - text_width(result, size, theme.font), size, theme.font)
        axes.set_title(told, size=size, color=theme.muted, y=1.0, pad=4.0)
        colour = theme.alarm if fitted.point.lost else theme.ink
        axes.set_title(result, loc="right", size=size, color=colour, y=1.0, pad=4.0)

    def _named(self, room: float) -> bool:
        """Whether the names of the keys fit before their values everywhere."""
        theme = self._sheet.theme
        widths = [
            text_width(text + _result(fitted, self._say), theme.tick, theme.font)
            for text, fitted in zip(self._told(True), self._shown, strict=True)
        ]
        return max(widths) <= room

    def _told(self, named: bool) -> list[str]:
        """The values of each run, with or without the names of their keys."""
        lines = self._chosen.lines
        if not named:
            return _bare(self._chosen, self._shown)
        names = short_names([line.key for line in lines])
        values = [[fitted.point.values[line.key] for line in lines] for fitted in self._shown]
        return [" ".join(map("=".join, zip(names, row, strict=True))) for row in values]
