"""Picture `sweep`: the objective of all runs of a sweep against what was varied, from its tables alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from nnrun.errors import Refused
from nnrun.plots import heat, lottery, trend
from nnrun.plots.arrangement import Panel, columns_of, panels_of, size_of
from nnrun.plots.axis import short_names
from nnrun.plots.lattice import Lattice, lattice
from nnrun.plots.marking import (
    best_style,
    draw_references,
    ending,
    lost_style,
    median_style,
    reference_entries,
    references,
    run_style,
    scale_of,
    strip_style,
)
from nnrun.plots.numerals import short
from nnrun.plots.sheet import EDGE, POINT, Entry
from nnrun.plots.study import SUMMARY, Point, Study, studies, varied
from nnrun.plots.text import shortened
from nnrun.plots.theme import LIGHT, Theme
from nnrun.runs.entry import read_object
from nnrun.words import words


def draw_sweep(
    directory: Path,
    *,
    language: str = "en",
    font: str | None = None,
    theme: Theme = LIGHT,
    width: float | None = None,
    height: float | None = None,
) -> Figure:
    """The picture of the sweep in `directory`, as it is on disk.

    Args:
        directory: of the sweep.
        language: of the words in it; English where no font can write it.
        font: family of the letters; None: the theme's.
        theme: how it looks.
        width: inches; None: what the content needs.
        height: inches, likewise.

    Raises:
        Refused: results.csv is missing or damaged, or there is no run to show.
    """
    found = studies(directory)
    if not found:
        raise Refused(f"{directory} has no finished run to show")
    panels = [panel for study in found for panel in panels_of(study, alone=len(found) == 1)]
    natural = size_of(panels, theme)
    with lattice(theme, (width or natural[0], height or natural[1]), language, font) as (sheet, language):
        _Picture(sheet, found, panels, words(language)).draw()
    figure: Figure = sheet.figure
    return figure


class _Picture:
    def __init__(
        self, sheet: Lattice, found: Sequence[Study], panels: Sequence[Panel], say: Mapping[str, str]
    ) -> None:
        self._sheet, self._studies, self._panels, self._say = sheet, found, panels, say
        self._alone = len(found) == 1
        self._known = references(found[0], _record(found[0])) if self._alone else {}
        self._scales = [scale_of(study, list(self._known.values())) for study in found]

    def draw(self) -> None:
        self._head()
        self._sheet.legend(self._entries())
        self._sheet.legend(self._best_entry({panel.kind for panel in self._panels}))
        columns = columns_of(self._panels)
        with_bar = self._alone and self._panels[0].kind == "heat"
        right = heat.BESIDE_BAR if with_bar else 0.0
        room = ((self._sheet.width - 2 * EDGE - right) / columns - 0.75, self._sheet.top / len(self._panels))
        axes = [self._panel(index, room, columns) for index in range(len(self._panels))]
        self._sheet.grid(axes, columns, right)
        self._fill_heat(axes)
        if with_bar and (shades := heat.shades_of(self._studies[0], self._sheet.theme)) is not None:
            for last in axes[columns - 1 :: columns] if len(axes) >= columns else axes[-1:]:
                heat.bar(self._sheet, last, shades, self._objective(self._studies[0]))

    def _head(self) -> None:
        first, say = self._studies[0], self._say
        runs = sum(len(study.points) for study in self._studies)
        keys = varied(self._studies)
        objectives = dict.fromkeys(map(self._objective, self._studies))
        fields = {"objective": ", ".join(objectives), "keys": ", ".join(keys), "runs": runs}
        kind = "over" if keys else "one" if runs == 1 else "seeds"
        notes = [say[f"plot.sweep.runs.{'one' if runs == 1 else 'many'}"].format(runs=runs)]
        lost = [point.status for study in self._studies for point in study.points if point.lost]
        if lost:
            notes.append(say[f"plot.sweep.lost.{ending(lost)}"].format(count=len(lost)))
        split = lottery.camps(first) if self._panels[0].kind == "lottery" and self._alone else None
        if split is not None:
            told = {
                "good": split.good,
                "rest": split.rest,
                "last": short(split.last),
                "first": short(split.first),
            }
            notes.insert(0, say["plot.sweep.camps"].format(**told))
        command = str(first.summary.get("command") or "")
        self._sheet.header(say[f"plot.sweep.title.{kind}"].format(**fields), notes, None, command or None)

    def _entries(self) -> list[Entry]:
        theme, say, kinds = self._sheet.theme, self._say, {panel.kind for panel in self._panels}
        entries = []
        known = any(scale.known for scale in self._scales)
        if known and "trend" in kinds:
            # A value's only run lies under its median, and is seen as that.
            repeated = self._repeated()
            style = run_style(theme, 1) if repeated or not self._lined() else median_style(theme, True)
            entries.append(Entry(Line2D([], [], **style), say["plot.sweep.run"]))
            if repeated:
                entries.append(Entry(Line2D([], [], **median_style(theme, False)), self._median_word()))
        elif known and "lottery" in kinds:
            style = run_style(theme, 1) | {"color": theme.model, "alpha": 1.0}
            entries.append(Entry(Line2D([], [], **style), say["plot.sweep.run"]))
            if any(len(study.points) > 1 for study in self._studies):
                line = Line2D([], [], color=theme.model, lw=theme.thin)
                median = self._studies[0].median(self._studies[0].points)
                if not self._alone:
                    entries.append(Entry(line, say["plot.sweep.median"]))
                elif math.isfinite(median):
                    entries.append(Entry(line, say["plot.sweep.median_is"].format(value=short(median))))
                entries.append(Entry(Patch(color=theme.height_low, lw=0), say["plot.sweep.quartiles"]))
        elif known and len(self._panels[0].study.points) > len(
            self._panels[0].study.grouped(self._panels[0].study.axes)
        ):
            entries.append(Entry(Line2D([], [], **strip_style(theme)), say["plot.sweep.strip"]))
        if any(point.lost for study in self._studies for point in study.points):
            entries.append(self._lost_entry(kinds))
        if "heat" not in kinds:
            entries += reference_entries(theme, self._known, self._scales[0], say)
        return entries

    def _repeated(self) -> bool:
        """Whether a value has several runs in any panel, so that their median is another thing than a run."""
        trends = [panel for panel in self._panels if panel.kind == "trend"]
        return any(
            len(points) > 1 for panel in trends for points in panel.study.grouped(panel.lines).values()
        )

    def _lined(self) -> bool:
        """Whether a line joins the runs of single axes of numbers."""
        trends = [panel for panel in self._panels if panel.kind == "trend"]
        return all(len(panel.study.axes) == 1 and panel.lines[0].numbers is not None for panel in trends)

    def _median_word(self) -> str:
        over_seeds = all(len(study.axes) == 1 for study in self._studies)
        return self._say["plot.sweep.median" if over_seeds else "plot.sweep.median_rest"]

    def _best_entry(self, kinds: set[str]) -> list[Entry]:
        theme, best = self._sheet.theme, self._studies[0].best
        if kinds == {"lottery"} or all(study.best is None for study in self._studies):
            return []
        text = self._say["plot.sweep.best_each"]
        if self._alone and best is not None:
            names = short_names(list(best["values"]))
            named = ", ".join(map("=".join, zip(names, best["values"].values(), strict=True)))
            key = "plot.sweep.best_run" if best["runs"] == 1 else "plot.sweep.best"
            text = self._say[key].format(setting=named, value=short(best["median"]))
            room = 0.9 * (self._sheet.width - 2 * EDGE) / POINT - 40
            text = shortened(text, room, theme.label, theme.font)
        artist: Any = Line2D([], [], **(best_style(theme) | {"ms": 9.0 * theme.mark}))
        if "heat" in kinds:
            artist = Rectangle((0, 0), 1, 1, fill=False, ec=theme.ink, lw=2.0 * theme.mark)
        return [Entry(artist, text)]

    def _lost_entry(self, kinds: set[str]) -> Entry:
        theme = self._sheet.theme
        statuses = [point.status for study in self._studies for point in study.points if point.lost]
        text = self._say[f"plot.sweep.lost_run.{ending(statuses)}"]
        if "heat" in kinds:
            return Entry(Patch(lw=0, **heat.lost_face(theme)), text)
        return Entry(Line2D([], [], **lost_style(theme)), text)

    def _objective(self, study: Study) -> str:
        return self._say["plot.sweep.objective"].format(name=study.objective) if study.objective else ""

    def _panel(self, index: int, room: tuple[float, float], columns: int) -> Axes:
        panel = self._panels[index]
        sheet, scale = self._sheet, self._scales[self._studies.index(panel.study)]
        first = index % columns == 0
        title = None if panel.title is None else self._fitted(panel, room[0])
        if panel.kind == "heat":
            x, y = panel.lines
            axes = sheet.panel(x.key, y.key if first or not self._alone else None, title)
            heat.scale(sheet, axes, x, y, room, labels=first or not self._alone)
            return axes
        label = panel.lines[0].key if panel.kind == "trend" else self._say["plot.sweep.ranked"]
        axes = sheet.panel(label, self._objective(panel.study) if first else None, title)
        sheet.scale_y(axes, scale.limits, 7 if len(self._panels) == 1 else 5, log=scale.log)
        if not scale.known:
            axes.grid(False, axis="y")
            self._say_all_lost(axes)
        if not scale.known or not (first or not self._alone):
            sheet.hide_y(axes)
        if panel.kind == "trend":
            trend.draw(sheet, axes, panel.study, panel.lines[0], scale, room[0])
        else:
            lottery.draw(sheet, axes, panel.study, scale)
        if scale.known:
            draw_references(axes, sheet.theme, self._known)
        return axes

    def _fitted(self, panel: Panel, room: float) -> str:
        theme = self._sheet.theme
        return shortened(panel.title or "", 0.95 * room / POINT, theme.label, theme.font)

    def _say_all_lost(self, axes: Axes) -> None:
        theme = self._sheet.theme
        axes.text(
            0.5,
            0.5,
            self._say["plot.sweep.all_lost"],
            transform=axes.transAxes,
            ha="center",
            va="center",
            color=theme.alarm,
            size=theme.title if len(self._panels) == 1 else theme.label,
        )

    def _fill_heat(self, axes: Sequence[Axes]) -> None:
        for panel, own in zip(self._panels, axes, strict=True):
            if panel.kind != "heat":
                continue
            x, y = panel.lines
            fixed = dict([panel.fixed]) if panel.fixed else {}
            kept = [p for p in panel.study.points if all(p.values[key] == fixed[key] for key in fixed)]
            cells: dict[tuple[int, int], list[Point]] = {}
            for point in kept:
                place = x.index(point.values[x.key]), y.index(point.values[y.key])
                cells.setdefault(place, []).append(point)
            heat.fill(self._sheet, own, panel.study, cells, heat.shades_of(panel.study, self._sheet.theme))
            best = panel.study.best
            if best is not None and all(best["values"][key] == value for key, value in fixed.items()):
                at = x.index(best["values"][x.key]), y.index(best["values"][y.key])
                heat.outline_best(own, self._sheet.theme, at)


def _record(study: Study) -> Mapping[str, Any]:
    """summary.json of a run of `study`; empty where it is gone."""
    try:
        return read_object(study.directory / study.points[0].directory / SUMMARY)
    except (OSError, ValueError):
        return {}
