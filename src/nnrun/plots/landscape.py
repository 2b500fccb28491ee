"""Picture `landscape` of a model of two parameters: contours of its loss, and the path of descent on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.lines import Line2D

from nnrun.plots import captions, marks
from nnrun.plots.limits import Interval, Values, drawable
from nnrun.plots.numerals import power_of_ten, signed
from nnrun.plots.sheet import POINT, Entry, Sheet
from nnrun.plots.surface import Surface, contour_levels, last_inside, refined, surface
from nnrun.plots.theme import Theme
from nnrun.runs.reading import RunRecord
from nnrun.words import words

CLEAR = 6.0
"""Times that a path may cross the panel before its line gets faint."""

FAINT = 0.25
"""Opacity of a faint line."""

LABELS = 8
"""Numbers beside the scale."""

SCALE, GAP = 0.13, 0.16
"""Width of the scale and its distance from the panel, inches."""

SQUARES = frozenset({"mse", "half_sse"})
"""Losses whose minimum is the least-squares solution."""

CROPPED = 0.12
"""Share of a side that may be cut off so that both weights have one scale."""


@dataclass(frozen=True)
class Route:
    """What is seen of a path of descent.

    Attributes:
        path: weights (epoch + 1, 2) up to the last epoch in sight, and the one after it if there is one.
        leaves: the epoch from which on it is out of sight; None where its end is in sight.
    """

    path: Values
    leaves: int | None

    @property
    def seen(self) -> Values:
        """Those in sight, or between such."""
        return self.path if self.leaves is None else self.path[: self.leaves]


def draw(record: RunRecord, sheet: Sheet, language: str) -> None:
    """Fills `sheet`."""
    say, theme = words(language), sheet.theme
    captions.heading(record, sheet, language, *([say["plot.no_penalty"]] if _decays(record) else []))
    axes = sheet.panel(*weight_names(record))
    there = surface(record.plots)
    x, y = there.sides
    sheet.scale_x(axes, x, 9)
    sheet.scale_y(axes, y, 8)
    levels = contour_levels(there.loss)
    labels = [_label(level) for level in levels]
    taken, shown = route(record, there), places(record, there)
    sheet.legend(_entries(taken, shown, theme, say))
    sheet.place([[axes]], [1.0], right=_room(labels, sheet))
    _share_scale(axes, sheet, x, y)
    colours = _colours(theme, len(levels) + 1)
    axes.grid(False)
    fine = refined(there)
    grid = fine.x, fine.y, fine.loss
    axes.contourf(*grid, levels=levels, colors=colours, extend="both", zorder=1)
    axes.contour(*grid, levels=levels, colors=[theme.frame], linewidths=theme.hair, zorder=1.2)
    _draw_path(axes, sheet, taken, shown, say)
    _draw_scale(axes, sheet, levels, labels, colours, say["plot.loss"])


def route(record: RunRecord, there: Surface) -> Route:
    """The path as far as it is in sight."""
    path = drawable(record.plots["path"])
    last = last_inside(there, path)
    if last is None or last == len(path) - 1:
        return Route(path, None)
    return Route(path[: last + 2], last + 1)


def weight_names(record: RunRecord) -> tuple[str, str]:
    """What the two weights are called in the model."""
    learned = (record.summary.get("parameters") or {}).get("learned") or {}
    names = [
        name if np.size(values) == 1 else f"{name}[{index}]"
        for name, values in learned.items()
        for index in range(np.size(values))
    ]
    return (names[0], names[1]) if len(names) == 2 else ("weight[0]", "weight[1]")


def places(record: RunRecord, there: Surface) -> dict[str, Values]:
    """Points (2,) to mark: `start`, `end`, `solution` and `truth`, as far as they are known and in sight."""
    plots = record.plots
    true = (record.summary.get("parameters") or {}).get("true")
    found = {"truth": None if true is None else np.concatenate([np.ravel(v) for v in true.values()])}
    squares = record.summary.get("loss", "mse") in SQUARES and not _decays(record)
    found |= {"solution": plots.get("landscape_solution") if squares else None, "start": plots["path"][0]}
    found |= {"end": plots["path"][-1] if len(plots["path"]) > 1 else None}
    known = {name: np.asarray(point, dtype=np.float64) for name, point in found.items() if point is not None}
    return {name: point for name, point in known.items() if there.holds(point)}


def _decays(record: RunRecord) -> bool:
    """Whether the updates also shrink the weights, which the loss drawn knows nothing of."""
    optim = (record.summary.get("training") or {}).get("optim") or {}
    return any(bool(part.get("weight_decay")) for part in (optim, optim.get("options") or {}))


def _label(level: float) -> str:
    if 1e-4 <= level < 1e5:
        return signed(f"{level:.3g}" if level < 1000 else f"{level:.0f}")
    mantissa, _, exponent = f"{level:.2g}".partition("e")
    return f"{mantissa}×{power_of_ten(int(exponent))}" if mantissa != "1" else power_of_ten(int(exponent))


def _room(labels: Sequence[str], sheet: Sheet) -> float:
    """Inches beside the panel for the scale."""
    widest = max(sheet.text_width(label, sheet.theme.tick) for label in labels)
    return GAP + SCALE + 0.06 + widest + 0.04


def _colours(theme: Theme, count: int) -> list[str]:
    """From the valley, which is light, to the heights."""
    ramp = LinearSegmentedColormap.from_list("loss", [theme.background, theme.height_low, theme.height_high])
    return [to_hex(ramp(index / (count - 1))) for index in range(count)]


def _share_scale(axes: Axes, sheet: Sheet, x: Interval, y: Interval) -> None:
    """Cuts a little off, if that gives both weights one scale: descent is then square to the contours."""
    box = axes.get_position()
    width, height = box.width * sheet.width, box.height * sheet.height
    unit = min((x[1] - x[0]) / width, (y[1] - y[0]) / height)
    kept = unit * width / (x[1] - x[0]), unit * height / (y[1] - y[0])
    if min(kept) >= 1 - CROPPED:
        for (low, high), share, limit in ((x, kept[0], axes.set_xlim), (y, kept[1], axes.set_ylim)):
            half = share * (high - low) / 2
            limit((low + high) / 2 - half, (low + high) / 2 + half)


def _draw_path(
    axes: Axes, sheet: Sheet, taken: Route, shown: Mapping[str, Values], say: Mapping[str, str]
) -> None:
    theme, seen = sheet.theme, taken.seen
    on_page = marks.Page(axes, sheet)
    way_out = None
    if taken.leaves is not None:
        text = say["plot.leaves"].format(epoch=taken.leaves)
        way_out = on_page.way_out(taken.path[-2], taken.path[-1], text)
    line = seen if way_out is None else np.vstack([seen, way_out.at])
    clear = on_page.steps_within(line, CLEAR)
    crowded = clear < len(line) - 1
    axes.plot(*line.T, color=theme.model, lw=0.3 * theme.line, alpha=FAINT, zorder=2.9)
    axes.plot(*line[: clear + 1].T, color=theme.model, lw=(0.45 if crowded else 0.75) * theme.line, zorder=3)
    dots = on_page.apart(seen)
    axes.plot(*seen[dots].T, ls="", zorder=3.1, **_dot(theme))
    for name in ("solution", "truth"):
        if name in shown and (crowded or way_out is not None):
            axes.plot(*shown[name], ls="", zorder=3.9, **_halo(_mark(name, theme), theme))
    for name, point in shown.items():
        axes.plot(*point, ls="", zorder=4, **_mark(name, theme))
    if way_out is not None:
        _draw_way_out(axes, theme, way_out)
    for label in on_page.labels(line, list(shown.values()), way_out):
        axes.annotate(
            label.text,
            label.at,
            xytext=label.offset,
            textcoords="offset points",
            size=theme.tick,
            color=theme.model,
            ha="center",
            va="center",
            zorder=5,
        )


def _draw_way_out(axes: Axes, theme: Theme, way_out: marks.WayOut) -> None:
    """An arrow to the border."""
    dx, dy = way_out.direction
    arrow = {"arrowstyle": "-|>,head_length=0.75,head_width=0.32", "color": theme.model, "lw": 0.0}
    axes.annotate(
        "",
        way_out.at,
        xytext=(-marks.HEAD * dx, -marks.HEAD * dy),
        textcoords="offset points",
        arrowprops=arrow | {"shrinkA": 0.0, "shrinkB": 0.0, "mutation_scale": 12.0 * theme.mark},
        zorder=4.5,
    )


def _mark(name: str, theme: Theme) -> dict[str, Any]:
    styles: dict[str, dict[str, Any]] = {
        "start": {"marker": "o", "ms": 7.5, "mec": theme.model, "mfc": theme.background, "mew": 1.8},
        "end": {"marker": "o", "ms": 6.5, "mec": theme.background, "mfc": theme.model, "mew": 0.8},
        "solution": {"marker": "+", "ms": 15.0, "mec": theme.truth, "mew": 1.2},
        "truth": {"marker": "D", "ms": 9.5, "mec": theme.truth, "mfc": "none", "mew": 1.2},
    }
    sized = {key: styles[name][key] * theme.mark for key in ("ms", "mew")}
    return {"color": theme.model} | styles[name] | sized


def _dot(theme: Theme) -> dict[str, Any]:
    """An epoch of the path."""
    return {"marker": "o", "ms": 3.0 * theme.mark, "mew": 0, "color": theme.model}


def _halo(mark: Mapping[str, Any], theme: Theme) -> dict[str, Any]:
    """A wider mark of the background's colour, so that a path below hides no thin one."""
    wider = 2.0 * theme.mark
    return {**mark, "mec": theme.background, "mew": mark["mew"] + wider, "ms": mark["ms"] + wider}


def _entries(taken: Route, shown: Mapping[str, Values], theme: Theme, say: Mapping[str, str]) -> list[Entry]:
    entries = []
    if len(taken.path) > 1:
        entries.append(Entry(Line2D([], [], lw=0.75 * theme.line, **_dot(theme)), say["plot.path"]))
    for name in ("start", "end", "solution", "truth"):
        if name in shown:
            entries.append(Entry(Line2D([], [], ls="", **_mark(name, theme)), say[f"plot.place.{name}"]))
    return entries


def _draw_scale(
    axes: Axes,
    sheet: Sheet,
    levels: Sequence[float],
    labels: Sequence[str],
    colours: Sequence[str],
    name: str,
) -> None:
    """Bands of equal height, the contours between them, and what losses these are."""
    theme, box = sheet.theme, axes.get_position()
    scale = sheet.figure.add_axes((0.0, 0.0, 1.0, 1.0))
    left, bottom = box.x1 * sheet.width + GAP, box.y0 * sheet.height
    name_height = 1.5 * theme.label * POINT
    sheet.box(scale, left, bottom, SCALE, box.height * sheet.height - name_height)
    scale.pcolormesh([0, 1], range(len(colours) + 1), np.arange(len(colours))[:, None], cmap=_listed(colours))
    stride = -(-len(levels) // LABELS)
    numbered = range((len(levels) - 1) % stride, len(levels), stride)
    scale.set(xlim=(0, 1), ylim=(0, len(colours)), xticks=[])
    scale.set_yticks([index + 1 for index in numbered], [labels[index] for index in numbered])
    scale.yaxis.tick_right()
    scale.tick_params(pad=3.0)
    scale.grid(False)
    scale.hlines(range(1, len(colours)), 0, 1, colors=theme.frame, linewidths=theme.hair)
    scale.spines[:].set_visible(True)
    x, y = left / sheet.width, box.y1 - 1.0 * theme.label * POINT / sheet.height
    sheet.figure.text(x, y, name, size=theme.label, va="bottom", ha="left")


def _listed(colours: Sequence[str]) -> Any:
    return LinearSegmentedColormap.from_list("bands", list(colours), N=len(colours))
