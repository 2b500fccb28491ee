"""Picture `landscape` of a model of two parameters: contours of its loss, and the path of descent on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.lines import Line2D

from nnrun.plots import captions, marks
from nnrun.plots.limits import Interval, Values, drawable
from nnrun.plots.numerals import power_of_ten, signed
from nnrun.plots.sheet import POINT, Entry, Sheet
from nnrun.plots.theme import Theme
from nnrun.runs.reading import RunRecord
from nnrun.words import words

LEVELS = 14
"""Contours that a picture has room for."""

DECADES = 6.0
"""Below the highest loss; what is lower is one colour."""

FINER = 4
"""Steps into which one of the recorded grid is divided."""

CROWDED = 8.0
"""Times that a path crosses the panel before its line gets thin."""

LABELS = 8
"""Numbers beside the scale."""

SCALE, GAP = 0.13, 0.16
"""Width of the scale and its distance from the panel, inches."""

CROPPED = 0.12
"""Share of a side that may be cut off so that both weights have one scale."""


def draw(record: RunRecord, sheet: Sheet, language: str) -> None:
    """Fills `sheet`."""
    say, plots, theme = words(language), record.plots, sheet.theme
    captions.heading(record, sheet, language)
    axes = sheet.panel(*weight_names(record))
    x, y = (_interval(plots[name]) for name in ("landscape_x", "landscape_y"))
    sheet.scale_x(axes, x, 9)
    sheet.scale_y(axes, y, 8)
    levels = contour_levels(plots["landscape_loss"])
    labels = [_label(level) for level in levels]
    shown = places(record)
    sheet.legend(_entries(record, shown, theme, say))
    sheet.place([[axes]], [1.0], right=_room(labels, sheet))
    _share_scale(axes, sheet, x, y)
    colours = _colours(theme, len(levels) + 1)
    axes.grid(False)
    surface = _refined(plots)
    axes.contourf(*surface, levels=levels, colors=colours, extend="both", zorder=1)
    axes.contour(*surface, levels=levels, colors=[theme.frame], linewidths=theme.hair, zorder=1.2)
    _draw_path(axes, sheet, drawable(plots["path"]), shown)
    _draw_scale(axes, sheet, levels, labels, colours, say["plot.loss"])


def weight_names(record: RunRecord) -> tuple[str, str]:
    """What the two weights are called in the model."""
    learned = (record.summary.get("parameters") or {}).get("learned") or {}
    names = [
        name if np.size(values) == 1 else f"{name}[{index}]"
        for name, values in learned.items()
        for index in range(np.size(values))
    ]
    return (names[0], names[1]) if len(names) == 2 else ("weight[0]", "weight[1]")


def places(record: RunRecord) -> dict[str, Values]:
    """Points (2,) to mark: `start`, `end`, `solution` and `truth`, as far as they are known and in sight."""
    plots = record.plots
    true = (record.summary.get("parameters") or {}).get("true")
    found = {"truth": None if true is None else np.concatenate([np.ravel(v) for v in true.values()])}
    found |= {"solution": plots.get("landscape_solution"), "start": plots["path"][0]}
    found |= {"end": plots["path"][-1] if len(plots["path"]) > 1 else None}
    x, y = _interval(plots["landscape_x"]), _interval(plots["landscape_y"])
    return {
        name: np.asarray(point, dtype=np.float64)
        for name, point in found.items()
        if point is not None and x[0] <= point[0] <= x[1] and y[0] <= point[1] <= y[1]
    }


def contour_levels(loss: Any) -> list[float]:
    """Losses at which contours run, evenly spread over the decades: 1-2-5 if they are few, else fewer."""
    values = np.asarray(loss, dtype=np.float64)
    values = values[np.isfinite(values)]
    high = float(values.max(initial=0.0))
    if high <= 0 or not len(values):
        return [0.5, 1.0]
    low = max(float(values.min()), high * 10**-DECADES)
    if high - low <= 1e-6 * high:
        return [high, 2 * high]
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        levels = [float(f"{digit}e{e}") for e in exponents for digit in digits]
        levels = [level for level in levels if low < level < high]
        if len(levels) <= LEVELS:
            break
    return levels if len(levels) >= 4 else [float(value) for value in np.linspace(low, high, 10)[1:-1]]


def _interval(values: Any) -> Interval:
    return float(values[0]), float(values[-1])


def _refined(plots: Mapping[str, Any]) -> tuple[Values, Values, Values]:
    """Both weights and the losses on a grid of `FINER` steps for each recorded one, for round contours.

    Between points run Catmull and Rom's cubics, which follow a parabola exactly; next to the border lines.
    """
    loss = drawable(plots["landscape_loss"])
    for axis in (0, 1):
        loss = _finer(np.moveaxis(loss, axis, 0))
        loss = np.moveaxis(loss, 0, axis)
    x, y = (np.asarray(plots[name], dtype=np.float64) for name in ("landscape_x", "landscape_y"))
    return np.linspace(x[0], x[-1], loss.shape[1]), np.linspace(y[0], y[-1], loss.shape[0]), loss


def _finer(rows: Values) -> Values:
    """`FINER` times as many rows, less what would lie beyond the last."""
    around = np.concatenate([2 * rows[:1] - rows[1:2], rows, 2 * rows[-1:] - rows[-2:-1]])
    a, b, c, d = (around[shift : len(rows) - 1 + shift] for shift in range(4))
    parts = []
    for t in np.arange(FINER) / FINER:
        parts.append(b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))))
    finer = np.stack(parts, axis=1).reshape(-1, rows.shape[1])
    return np.concatenate([finer, rows[-1:]])


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


def _draw_path(axes: Axes, sheet: Sheet, path: Values, shown: Mapping[str, Values]) -> None:
    theme = sheet.theme
    on_page = marks.Page(axes, sheet)
    width = 0.75 * theme.line if on_page.length(path) < CROWDED else 0.3 * theme.line
    axes.plot(path[:, 0], path[:, 1], color=theme.model, lw=width, zorder=3)
    dots = on_page.apart(path)
    axes.plot(path[dots, 0], path[dots, 1], ls="", marker="o", ms=3.0, mew=0, color=theme.model, zorder=3.1)
    for name, point in shown.items():
        axes.plot([point[0]], [point[1]], ls="", zorder=4, **_mark(name, theme))
    for label in on_page.labels(path, list(shown.values())):
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


def _mark(name: str, theme: Theme) -> dict[str, Any]:
    styles: dict[str, dict[str, Any]] = {
        "start": {"marker": "o", "ms": 7.5, "mec": theme.model, "mfc": theme.background, "mew": 1.8},
        "end": {"marker": "o", "ms": 6.5, "mec": theme.background, "mfc": theme.model, "mew": 0.8},
        "solution": {"marker": "+", "ms": 15.0, "mec": theme.truth, "mew": 1.2},
        "truth": {"marker": "D", "ms": 9.5, "mec": theme.truth, "mfc": "none", "mew": 1.2},
    }
    return {"color": theme.model} | styles[name]


def _entries(
    record: RunRecord, shown: Mapping[str, Values], theme: Theme, say: Mapping[str, str]
) -> list[Entry]:
    entries = []
    if len(record.plots["path"]) > 1:
        style: dict[str, Any] = {
            "color": theme.model,
            "lw": 0.75 * theme.line,
            "marker": "o",
            "ms": 3.0,
            "mew": 0,
        }
        entries.append(Entry(Line2D([], [], **style), say["plot.path"]))
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
