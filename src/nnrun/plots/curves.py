"""Picture `curves`: loss by epoch on a logarithmic axis, metrics and a changing learning rate below it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from nnrun.plots import captions, limits
from nnrun.plots.limits import Values
from nnrun.plots.numerals import short
from nnrun.plots.sheet import Entry, Sheet
from nnrun.plots.theme import Theme
from nnrun.runs.reading import RunRecord
from nnrun.words import words

SPLITS = ("train", "val")

COLUMNS = 3
"""Small panels side by side."""

BOUNDED = {"r2": -1.0, "accuracy": 0.0}
"""Metrics that are at most 1, and below which value a curve of them has left."""


class Best(NamedTuple):
    """The best epoch, the column that says so, and its value there."""

    epoch: int
    name: str
    value: float


def draw(record: RunRecord, sheet: Sheet, language: str) -> None:
    """Fills `sheet`; a run without epochs gets the losses of its initial weights in words."""
    say = words(language)
    captions.heading(record, sheet, language)
    if not len(record.metrics["epoch"]):
        _say_no_epochs(sheet, say["plot.no_epochs"])
        return
    small = [*_metric_names(record), *(["lr"] if _changes(record.metrics["lr"]) else [])]
    rows = [small[i : i + COLUMNS] for i in range(0, len(small), COLUMNS)]
    loss = sheet.panel(None if rows else say["plot.epoch"], say["plot.loss"])
    entries = _loss_panel(record, sheet, loss, say)
    panels = [[_metric_panel(record, sheet, name, len(row), say) for name in row] for row in rows]
    named = {"loss": loss, **dict(zip(small, chain(*panels), strict=True))}
    best, divergence = _best(record), captions.divergence(record)
    _mark_best(best, named, sheet.theme)
    if divergence is not None:
        for axes in named.values():
            axes.axvline(divergence, zorder=2, **_divergence_style(sheet.theme))
    sheet.legend([*entries, *_mark_entries(best, divergence, sheet.theme, say)])
    sheet.place([[loss], *panels], [2.0 if rows else 1.0, *([1.0] * len(rows))])


def extra_height(record: RunRecord) -> float:
    """Inches that the picture needs beyond the theme's height: each row of small panels after the first."""
    small = len(_metric_names(record)) + bool(_changes(record.metrics["lr"]))
    return 1.4 * max(0, -(-small // COLUMNS) - 1)


def _say_no_epochs(sheet: Sheet, text: str) -> None:
    theme = sheet.theme
    sheet.figure.text(0.5, 0.45, text, size=theme.title, color=theme.muted, ha="center", va="center")


def _metric_names(record: RunRecord) -> list[str]:
    """Metrics other than the loss, in the order of the columns; `train/` and `val/` of one share a panel."""
    names = dict.fromkeys(
        column.partition("/")[2] for column in record.metrics if column.partition("/")[0] in SPLITS
    )
    return [name for name in names if name != "loss"]


def _changes(rates: Values) -> bool:
    return bool(len(rates)) and bool(np.nanmax(rates) > np.nanmin(rates))


def _curves(record: RunRecord, name: str) -> dict[str, Values]:
    return {
        split: limits.drawable(record.metrics[f"{split}/{name}"])
        for split in SPLITS
        if f"{split}/{name}" in record.metrics
    }


def _loss_panel(record: RunRecord, sheet: Sheet, axes: Axes, say: Mapping[str, str]) -> list[Entry]:
    theme, curves = sheet.theme, _curves(record, "loss")
    floor = (record.summary.get("reference") or {}).get("truth")
    _scale_loss(sheet, axes, curves, floor, diverged=record.summary["status"] == "diverged")
    _scale_epochs(sheet, axes, record, 9, labels=True)
    entries = _draw_curves(axes, record.metrics["epoch"], curves, theme, say)
    low, high = axes.get_ylim()
    if floor is not None and low <= floor <= high:
        style: dict[str, Any] = {"color": theme.truth, "lw": theme.thin, "ls": (0, (4, 2.5))}
        axes.axhline(floor, zorder=2.2, **style)
        entries.append(Entry(style, say["plot.floor"].format(value=short(floor))))
    return entries


def _scale_loss(
    sheet: Sheet, axes: Axes, curves: Mapping[str, Values], floor: float | None, diverged: bool
) -> None:
    """Logarithmic unless a loss is negative or none is positive."""
    values = list(curves.values())
    positive = limits.positive_spread(values, [] if floor is None else [floor], diverged)
    if positive is not None and not any((limits.finite(curve) < 0).any() for curve in values):
        sheet.scale_y(axes, positive, 6, log=True)
    else:
        sheet.scale_y(axes, limits.spread([], [*values, *([] if floor is None else [[floor]])]), 6)


def _scale_epochs(sheet: Sheet, axes: Axes, record: RunRecord, most: int, labels: bool) -> None:
    epochs = record.metrics["epoch"]
    first, last = float(epochs[0]), float(epochs[-1])
    room = 0.015 * (last - first) or 0.5
    sheet.scale_x(axes, (first - room, last + room), most, whole=True, labels=labels)


def _draw_curves(
    axes: Axes, epochs: Values, curves: Mapping[str, Values], theme: Theme, say: Mapping[str, str]
) -> list[Entry]:
    """Lines with gaps; points that stand alone between gaps get a dot."""
    colours = {"train": theme.model, "val": theme.validation}
    entries = []
    for split, values in curves.items():
        (line,) = axes.plot(
            epochs,
            values,
            color=colours[split],
            marker="o",
            ms=1.9 * theme.line,
            mew=0,
            markevery=_lone(values),
            zorder=3,
        )
        entries.append(Entry({"color": colours[split], "lw": theme.line}, say[f"plot.{split}"]))
        line.set_label(split)
    return entries


def _lone(values: Values) -> list[int]:
    """Where a value has no neighbour to draw a line to; where there are few values, all of them."""
    there = np.isfinite(values)
    if len(values) <= 12:
        return [int(index) for index in np.flatnonzero(there)]
    padded = np.concatenate([[False], there, [False]])
    return [int(index) for index in np.flatnonzero(there & ~padded[:-2] & ~padded[2:])]


def _metric_panel(record: RunRecord, sheet: Sheet, name: str, columns: int, say: Mapping[str, str]) -> Axes:
    axes = sheet.panel(
        say["plot.epoch"], None, say["plot.lr"] if name == "lr" else say.get(f"plot.{name}", name)
    )
    curves = {"train": limits.drawable(record.metrics["lr"])} if name == "lr" else _curves(record, name)
    _scale_metric(sheet, axes, name, list(curves.values()))
    _scale_epochs(sheet, axes, record, {1: 9, 2: 5}.get(columns, 4), labels=True)
    _draw_curves(axes, record.metrics["epoch"], curves, sheet.theme, say)
    if name == "lr":
        axes.lines[0].set(color=sheet.theme.muted, markerfacecolor=sheet.theme.muted)
    return axes


def _scale_metric(sheet: Sheet, axes: Axes, name: str, curves: Sequence[Values]) -> None:
    """The rate from 0, bounded metrics up to 1; a logarithmic axis for what ranges over decades."""
    if name == "lr":
        largest = float(limits.finite(curves[0]).max(initial=0.0))
        sheet.scale_y(axes, limits.padded(0.0, largest, 0.06), 4)
        return
    if name in BOUNDED:
        values = limits.finite(np.concatenate(curves))
        kept = values[values >= BOUNDED[name]]
        low = float(kept.min()) if len(kept) else BOUNDED[name]
        sheet.scale_y(axes, limits.padded(min(low, 0.95), 1.0, 0.06), 4)
        return
    positive = limits.positive_spread(curves)
    every = limits.finite(np.concatenate(curves))
    if positive is not None and positive[1] / positive[0] > 30 and not (every < 0).any():
        sheet.scale_y(axes, positive, 4, log=True)
    else:
        sheet.scale_y(axes, limits.spread([], [limits.finite(curve) for curve in curves]), 4)


def _mark_best(best: Best | None, panels: Mapping[str, Axes], theme: Theme) -> None:
    axes = None if best is None else panels.get(best.name.partition("/")[2])
    if best is not None and axes is not None:
        axes.plot([best.epoch], [best.value], ls="", zorder=4, **_ring(theme, best.name))


def _ring(theme: Theme, name: str) -> dict[str, Any]:
    colour = theme.validation if name.startswith("val/") else theme.model
    size, edge = 7.5 * theme.mark, 1.8 * theme.mark
    return {"marker": "o", "ms": size, "mec": colour, "mfc": theme.background, "mew": edge, "color": colour}


def _best(record: RunRecord) -> Best | None:
    """The best epoch, where there was more than one and its value is a number."""
    best = record.summary.get("best") or {}
    value = best.get("value")
    if len(record.metrics["epoch"]) < 2 or value is None or not math.isfinite(value):
        return None
    return Best(best["epoch"], best["name"], value)


def _mark_entries(best: Best | None, epoch: int | None, theme: Theme, say: Mapping[str, str]) -> list[Entry]:
    entries = []
    if best is not None:
        ring = {"ls": "", **_ring(theme, best.name)}
        entries.append(Entry(ring, say["plot.best"].format(epoch=best.epoch)))
    if epoch is not None:
        entries.append(Entry(_divergence_style(theme), say["plot.diverged"]))
    return entries


def _divergence_style(theme: Theme) -> dict[str, Any]:
    return {"color": theme.alarm, "lw": theme.thin, "ls": (0, (1, 2))}
