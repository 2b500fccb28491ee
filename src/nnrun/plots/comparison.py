"""Picture of several runs side by side: how they learned, and what."""

from __future__ import annotations

from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnrun.plots import data, fit, limits, overlays, regions
from nnrun.plots.axis import short_names
from nnrun.plots.compared import Compared, Unit, axis_names, some
from nnrun.plots.hues import Look, looks_of
from nnrun.plots.lattice import Lattice, lattice
from nnrun.plots.legible import lettered
from nnrun.plots.numerals import short
from nnrun.plots.sheet import Entry
from nnrun.plots.text import shortened
from nnrun.plots.theme import LIGHT, Theme
from nnrun.words import words

WIDER = (1.0, 1.6, 2.1, 2.6)
"""Times the theme's width that one, two, three or more panels in a row take."""

LOWER_ROW = 0.5
"""Of the theme's height, that a row of small panels adds."""

MOST_ENTRIES = 12
"""Of the legend of a ramp; of more values some are named, and it is said how many."""

NAMED = 7
"""Of the values of a longer ramp."""

MOST_LINES = 60
"""Of one panel; of more units some are drawn."""

MOST_FITS = 24
"""Fits on one another that can be told apart."""

MOST_BANDS = 5
"""Units whose runs are drawn around their median."""

BETWEEN = 0.17
"""Inches of a gap between two panels that belong to the left one."""

SLIDE = 1.7
"""Width by height from which on a theme has the shape of a slide, which is kept."""


def draw_comparison(
    found: Compared,
    *,
    language: str = "en",
    font: str | None = None,
    theme: Theme = LIGHT,
    width: float | None = None,
    height: float | None = None,
) -> Figure:
    """Learning curves beside what else the runs have in common, and below them what they have not.

    Args:
        found: what to draw.
        language: of the words in it; English where no font can write it.
        font: family of the letters; None: the theme's.
        theme: how it looks.
        width: inches; None: what the content needs.
        height: inches, likewise.
    """
    found, theme = lettered(found, theme)
    plan = _Plan(found)
    natural = plan.size(theme)
    with lattice(theme, (width or natural[0], height or natural[1]), language, font) as (sheet, language):
        _Picture(sheet, found, plan, language).draw()
    figure: Figure = sheet.figure
    return figure


class _Plan:
    """Which panels there are: above those that all share, below one for each."""

    def __init__(self, found: Compared) -> None:
        self.measures = found.measures
        curves, shown = found.of_kind("curve"), [unit for unit in found.units if unit.kind != "nothing"]
        self.fits = curves if found.same_data and len(curves) == len(shown) else []
        self.surface = overlays.common_surface(found)
        self.errors = [unit for unit in found.units if unit.errors] if self.surface is None else []
        if len({tuple(unit.errors) for unit in found.units}) > 1 or len(found.units) > 6:
            self.errors = []
        self.own: list[Unit] = []
        self.left_out = found.axis is not None and bool(shown) and not self.fits
        if found.axis is None and not self.fits and not (self.errors and found.same_data):
            self.own = shown

    @property
    def above(self) -> int:
        """Panels in the upper row."""
        return len(self.measures) + bool(self.fits) + (self.surface is not None) + bool(self.errors)

    def size(self, theme: Theme) -> tuple[float, float]:
        """Inches."""
        wide = max(self.above, 1 + (len(self.own) > 2))
        factor = 1.0 if theme.width / theme.height > SLIDE else WIDER[min(wide, len(WIDER)) - 1]
        return factor * theme.width, (1.0 + LOWER_ROW * bool(self.own)) * theme.height


class _Picture:
    def __init__(self, sheet: Lattice, found: Compared, plan: _Plan, language: str) -> None:
        self._sheet, self._found, self._plan, self._language = sheet, found, plan, language
        self._say = words(language)
        self._looks = looks_of(found.units, found.axis, sheet.theme)

    def draw(self) -> None:
        self._head()
        self._sheet.legend(self._entries())
        above = [self._losses(measure) for measure in self._plan.measures]
        if self._plan.fits:
            above.append(self._fits())
        if self._plan.surface is not None:
            above.append(self._paths())
        if self._plan.errors:
            above.append(self._errors())
        if not above:
            above.append(self._nothing())
        rows, heights = [above], [1.0]
        if self._plan.own:
            rows.append([self._own(unit, place) for place, unit in enumerate(self._plan.own)])
            heights.append(0.8)
        self._sheet.place(rows, heights)
        for axes in (axes for row in rows for axes in row[1:]):
            self._pull_label(axes)

    def _pull_label(self, axes: Axes) -> None:
        """The name of a vertical axis stands nearer to it than to the panel on its left."""
        label = axes.yaxis.get_label()
        x, y = label.get_position()
        axes.yaxis.set_label_coords(x + BETWEEN / (axes.get_position().width * self._sheet.width), y)

    def _head(self) -> None:
        found, say = self._found, self._say
        keys, more = ", ".join(short_names(found.keys)), found.differing - len(found.keys)
        key = "plot.compare.runs" if not keys else "plot.compare.by_more" if more > 0 else "plot.compare.by"
        title = say[key].format(keys=keys, more=more, runs=found.runs)
        notes = []
        if found.dataset:
            notes.append(data.title(found.dataset, self._language))
        if found.runs > 1:
            notes.append(say["plot.sweep.runs.many"].format(runs=found.runs))
        if any(len(unit.curves) > 1 for unit in found.units):
            notes.append(say["plot.compare.medians_rest" if found.axis else "plot.compare.medians"])
        if found.axis is not None and len(found.units) > MOST_ENTRIES:
            notes.append(say["plot.compare.named"].format(named=NAMED, units=len(found.units)))
        if self._plan.left_out:
            notes.append(say["plot.compare.left_out"])
        if found.objective and any(not unit.lost for unit in found.units):
            notes.append(say["plot.compare.final"].format(name=found.objective))
        self._sheet.header(title, [note for note in notes if note])

    def _entries(self) -> list[Entry]:
        """The units, the data and the truth."""
        shown = list(self._found.units)
        if self._found.axis is not None and len(shown) > MOST_ENTRIES:
            shown = some(shown, NAMED)
        entries = [Entry(Line2D([], [], **self._looks[unit.name].line), self._named(unit)) for unit in shown]
        theme, arrays = self._sheet.theme, [unit.arrays for unit in self._found.units]
        if self._plan.fits or any(unit.kind == "curve" for unit in self._plan.own):
            dots = fit.dots(theme) | {"alpha": 1.0}
            entries.append(Entry(Line2D([], [], **dots), self._say["plot.data"]))
        if any("grid_truth" in each for each in arrays) or self._plan.errors:
            entries.append(Entry(Line2D([], [], **fit.truth_style(theme)), self._say["plot.truth"]))
        entries += self._classes()
        if self._plan.surface is not None:
            for name, style in overlays.place_styles(theme, theme.muted).items():
                entries.append(Entry(Line2D([], [], ls="", **style), self._say[f"plot.place.{name}"]))
        return entries

    def _classes(self) -> list[Entry]:
        """A mark for each class of the planes; where one colour has several names, all of them."""
        planes = [unit for unit in self._plan.own if unit.kind == "regions"]
        theme, hues = self._sheet.theme, self._hues
        entries = []
        for place, hue in enumerate(hues):
            names = dict.fromkeys(unit.classes[place] for unit in planes if place < len(unit.classes))
            name = " / ".join(names) or str(place)
            told = self._say["plot.compare.class"].format(name=name) if name.isdigit() else name
            mark = Line2D([], [], **regions.dot(hue, theme, 1.3 * theme.dot))
            entries.append(Entry(mark, shortened(told, 24 * theme.label, theme.label, theme.font)))
        return entries

    @property
    def _hues(self) -> list[str]:
        """A colour for each class of the planes, where possible other ones than the runs have."""
        planes = [unit for unit in self._plan.own if unit.kind == "regions"]
        classes = max((unit.arrays["region_probability"].shape[2] for unit in planes), default=0)
        return regions.hues_of(classes, self._sheet.theme, len(self._found.units)) if classes else []

    def _named(self, unit: Unit) -> str:
        """What it is called and what it came to."""
        theme = self._sheet.theme
        outcome = self._say[f"plot.status.{unit.status}"] if unit.lost else short(unit.outcome)
        told = "" if outcome == "nan" else f": {outcome}"
        return shortened(unit.name, 30 * theme.label, theme.label, theme.font) + told

    def _losses(self, measure: str) -> Axes:
        sheet, say, found = self._sheet, self._say, self._found
        units = [unit for unit in found.units if unit.measure == measure and unit.curves]
        split = found.column.partition("/")[0]
        title = None if len(self._plan.measures) == 1 else measure
        axes = sheet.panel(say["plot.epoch"], say[f"plot.compare.loss.{split}"], title)
        crowded = len(units) > MOST_BANDS
        overlays.scale_losses(sheet, axes, units, found.floor, crowded)
        overlays.scale_epochs(sheet, axes, units, self._ticks)
        if len(units) > MOST_LINES:
            everything = replace(units[0], curves=tuple(curve for unit in units for curve in unit.curves))
            looks = {everything.name: Look(sheet.theme.muted, sheet.theme.thin)}
            overlays.draw_losses(axes, [everything], looks, crowded=False)
            units = some(units, NAMED)
        overlays.draw_losses(axes, units, self._looks, crowded)
        low, high = axes.get_ylim()
        if found.floor is not None and low <= found.floor <= high:
            axes.axhline(found.floor, zorder=2.2, **fit.truth_style(sheet.theme))
        return axes

    def _fits(self) -> Axes:
        sheet = self._sheet
        units = some(self._plan.fits, MOST_FITS)
        axes = sheet.panel(*axis_names(units[0]))
        overlays.scale_fits(sheet, axes, units, self._ticks)
        overlays.draw_data(axes, sheet, units[0].arrays)
        overlays.draw_fits(axes, units, self._looks)
        return axes

    def _paths(self) -> Axes:
        sheet, there = self._sheet, self._plan.surface
        assert there is not None
        units = list(self._found.units)
        axes = sheet.panel(*(units[0].weights or ("weight[0]", "weight[1]")))
        sheet.scale_x(axes, there.sides[0], self._ticks)
        sheet.scale_y(axes, there.sides[1], 7)
        overlays.draw_paths(sheet, axes, there, units, self._looks)
        return axes

    def _errors(self) -> Axes:
        axes = self._sheet.panel(None, self._say["plot.compare.errors"])
        room = 0.8 * self._sheet.width / self._plan.above
        overlays.draw_errors(self._sheet, axes, self._plan.errors, self._looks, room)
        return axes

    def _nothing(self) -> Axes:
        """A panel without epochs."""
        axes = self._sheet.panel(self._say["plot.epoch"], self._say["plot.loss"])
        self._sheet.scale_x(axes, (0.0, 1.0), 3)
        self._sheet.scale_y(axes, (0.0, 1.0), 3)
        axes.text(0.5, 0.5, self._say["plot.compare.nothing"], transform=axes.transAxes, ha="center")
        return axes

    def _own(self, unit: Unit, place: int) -> Axes:
        """What one of them learned, where they were not trained on the same data."""
        sheet, look, theme = self._sheet, self._looks[unit.name], self._sheet.theme
        count = len(self._plan.own)
        room = 0.85 * sheet.width / count * 72
        title = shortened(unit.name, room, theme.label, theme.font)
        x, y = self._labels(unit)
        first = place == 0 or self._labels(self._plan.own[place - 1])[1] != y
        axes = sheet.panel(x, y if first else None, title)
        axes.set_title(title, y=1.0, pad=4.0, color=look.colour)
        if unit.kind == "classes":
            overlays.draw_confusion(sheet, axes, unit, 0.55 * min(sheet.width / count, sheet.height))
        elif unit.kind == "regions":
            overlays.draw_plane(sheet, axes, unit, self._hues)
        elif unit.kind == "against":
            both = limits.spread([unit.arrays["train_y"][:, 0]])
            predictions = unit.arrays["train_prediction"][:, 0]
            sheet.scale_x(axes, both, 4)
            sheet.scale_y(axes, limits.spread([both], [predictions]), 5)
            overlays.draw_against(sheet, axes, unit, look, both)
        else:
            overlays.scale_fits(sheet, axes, [unit], 4)
            overlays.draw_data(axes, sheet, unit.arrays)
            overlays.draw_fits(axes, [unit], self._looks)
        return axes

    def _labels(self, unit: Unit) -> tuple[str, str]:
        """Of the axes of its panel."""
        say = self._say
        match unit.kind:
            case "classes":
                return say["plot.predicted_class"], say["plot.true_class"]
            case "against":
                name = unit.output or say["plot.true"]
                return name, say["plot.predicted"].format(name=name)
        return axis_names(unit)

    @property
    def _ticks(self) -> int:
        """For a panel that has to share the page's width."""
        return {1: 9, 2: 7}.get(self._plan.above, 5)
