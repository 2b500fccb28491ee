"""Picture `fit` of a classification: confusion matrix, and samples or the recall of each class beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator

from nnrun.plots import captions, naming
from nnrun.plots.numerals import compact, short
from nnrun.plots.sheet import EDGE, POINT, Sheet
from nnrun.plots.text import shortened, width
from nnrun.plots.theme import Theme
from nnrun.runs.reading import RunRecord
from nnrun.words import words

NUMBERED = 20
"""Classes up to which every cell has its count and every class its tick."""

CELL = 0.265
"""Inches of a cell that are enough for a count of four characters."""

LEAST = (6.4, 4.8)
"""Inches that a matrix and what stands beside it need with letters of the light theme's size."""

BESIDE_SAMPLES, BESIDE_RECALL = 2.5, 2.9
"""Inches for what stands beside the matrix, its margin included."""


LONGEST_LABEL = 72.0
"""Points of a class's name beside the matrix."""


def draw(record: RunRecord, sheet: Sheet, language: str) -> None:
    """Fills `sheet`."""
    say, plots = words(language), record.plots
    confusion = plots["confusion"]
    split = say[f"plot.split.{plots['confusion_split']}"]
    share = short(float(np.trace(confusion) / max(confusion.sum(), 1)))
    captions.heading(record, sheet, language)
    heading = say["plot.confusion"].format(split=split, accuracy=share)
    scale = sheet.theme.scale
    narrow = sheet.width < 0.8 * LEAST[0] * scale
    beside = 0.0 if narrow else scale * (BESIDE_SAMPLES if "samples" in plots else BESIDE_RECALL)
    names = naming.of_classes(record.summary, len(confusion))
    side, left = _matrix_panel(confusion, names, sheet, heading, beside, say)
    if narrow:
        return
    if "samples" in plots:
        _sample_panel(plots, names, sheet, left, side, say)
    else:
        _recall_panel(confusion, sheet, left, side, say)


def size(record: RunRecord, theme: Theme) -> tuple[float, float]:
    """Inches of the picture: the theme's size, and more where cells, or what is beside them, need it."""
    classes, scale = len(record.plots["confusion"]), min(1.0, theme.scale)
    more = max(0.0, CELL * classes - 3.0) if classes <= NUMBERED else 1.0
    across = max(theme.width, LEAST[0] * scale) + scale * (more + (0.2 if "samples" in record.plots else 0.9))
    return across, max(theme.height, LEAST[1] * scale) + scale * (more - 0.4)


def _matrix_panel(
    confusion: npt.NDArray[np.int64],
    names: Sequence[str],
    sheet: Sheet,
    heading: str,
    beside: float,
    say: Mapping[str, str],
) -> tuple[float, float]:
    """The matrix at the left; its side and where free space begins, in inches. Rows are true classes.

    Colour is the share of a true class's samples, so that rare classes show as well as common ones.
    """
    theme, classes = sheet.theme, len(confusion)
    axes = sheet.figure.add_axes((0.0, 0.0, 1.0, 1.0))
    ticks = class_ticks(classes)
    labels = [shortened(names[tick], LONGEST_LABEL, theme.tick, theme.font) for tick in ticks]
    gap = (max(width(label, theme.tick, theme.font) for label in labels) + 1.9 * theme.label + 4) * POINT
    above, below = (1.5 * theme.label + 6) * POINT, (1.25 * theme.tick + 1.5 * theme.label + 4) * POINT
    side = min(sheet.top - EDGE - above - below, sheet.width - 2 * EDGE - gap - beside)
    bottom = sheet.top - above - side
    sheet.box(axes, EDGE + gap, bottom, side, side)
    rows = np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    colours = LinearSegmentedColormap.from_list("share", [theme.background, theme.model])
    axes.pcolormesh(
        np.arange(classes + 1) - 0.5,
        np.arange(classes + 1) - 0.5,
        confusion / rows,
        cmap=colours,
        vmin=0,
        vmax=1,
        edgecolors=theme.grid if classes <= NUMBERED else "face",
        linewidth=0.5,
    )
    axes.set(xlim=(-0.5, classes - 0.5), ylim=(classes - 0.5, -0.5))
    axes.grid(False)
    axes.spines[:].set_visible(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_ticklabels(labels)
    _thin_labels(axes, labels, sheet, side)
    axes.tick_params(pad=2.5)
    axes.set_xlabel(say["plot.predicted_class"])
    axes.set_ylabel(say["plot.true_class"])
    axes.yaxis.set_label_coords((POINT * theme.label - gap) / side, 0.5)
    sheet.figure.text(EDGE / sheet.width, (sheet.top - 1.2 * theme.label * POINT) / sheet.height, heading)
    if classes <= NUMBERED:
        _write_counts(axes, confusion, confusion / rows, sheet, side / classes / POINT)
    return side, EDGE + gap + side


def _thin_labels(axes: Axes, labels: Sequence[str], sheet: Sheet, side: float) -> None:
    """Shortens the names below the matrix to their cells."""
    theme, cell = sheet.theme, side / len(labels) / POINT - 3
    axes.xaxis.set_ticklabels([shortened(label, cell, theme.tick, theme.font) for label in labels])


def _write_counts(
    axes: Axes, confusion: npt.NDArray[np.int64], shares: npt.NDArray[np.float64], sheet: Sheet, cell: float
) -> None:
    """Counts in the largest common size that fits the cells; empty cells stay empty."""
    theme = sheet.theme
    widest = max(width(compact(int(count)), 1.0, theme.font) for count in confusion.ravel())
    size = min(0.84 * cell / widest, 0.5 * cell, theme.label)
    for row, column in zip(*np.nonzero(confusion), strict=True):
        axes.text(
            column,
            row,
            compact(int(confusion[row, column])),
            size=size,
            ha="center",
            va="center_baseline",
            color=theme.background if shares[row, column] > 0.55 else theme.ink,
        )


def _sample_panel(
    plots: Mapping[str, Any],
    names: Sequence[str],
    sheet: Sheet,
    left: float,
    side: float,
    say: Mapping[str, str],
) -> None:
    """Up to 16 samples in rows of four on one pair of axes in inches, true and predicted class above each."""
    theme, samples = sheet.theme, plots["samples"]
    columns = min(4, len(samples))
    rows = -(-len(samples) // columns)
    caption, heading = (1.3 * theme.tick + 2) * POINT, (1.5 * theme.label + 6) * POINT
    start, top = left + 0.3 * theme.scale, sheet.top - heading
    step = min((sheet.width - EDGE - start) / columns, (side + caption) / rows - caption)
    sheet.figure.text(
        start / sheet.width, (sheet.top - 1.2 * theme.label * POINT) / sheet.height, say["plot.samples"]
    )
    pairs = zip(plots["sample_true"].tolist(), plots["sample_predicted"].tolist(), strict=True)
    captions = [(_caption(names[t], names[p]), theme.model if t == p else theme.validation) for t, p in pairs]
    draw_images(sheet, samples, captions, columns, (start, top), step, theme.tick)


def _caption(true: str, predicted: str) -> str:
    """`true → predicted`, as far as there is room; one name where both are the same and long."""
    if len(true) + len(predicted) <= 6:
        return f"{true} → {predicted}"
    return true[:9] if true == predicted else f"{true[:4]} → {predicted[:4]}"


def draw_images(
    sheet: Sheet,
    samples: npt.NDArray[Any],
    captions: Sequence[tuple[str, str]],
    columns: int,
    corner: tuple[float, float],
    step: float,
    size: float,
) -> None:
    """Pictures in rows from `corner` on, each `step` inches wide with its gap, text and colour below it."""
    theme = sheet.theme
    axes = sheet.figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    widest = max((width(caption, 1.0, theme.font) for caption, _ in captions), default=0.0)
    size = min(size, 0.92 * step / POINT / widest) if widest else size
    low, high = float(np.nanmin(samples)), float(np.nanmax(samples))
    side, below = 0.94 * step, (1.3 * size + 2) * POINT
    for index, (image, (caption, colour)) in enumerate(zip(samples, captions, strict=True)):
        row, column = divmod(index, columns)
        x, y = corner[0] + column * step, corner[1] - row * (step + below) - side
        box = (x, x + side, y, y + side)
        axes.imshow(
            image, cmap="gray_r", vmin=low, vmax=high, aspect="auto", interpolation="nearest", extent=box
        )
        axes.add_patch(Rectangle((x, y), side, side, fill=False, ec=theme.frame, lw=theme.hair))
        axes.text(x + side / 2, y - 3 * POINT, caption, size=size, color=colour, ha="center", va="top")
    axes.set(xlim=(0, sheet.width), ylim=(0, sheet.height))


def _recall_panel(
    confusion: npt.NDArray[np.int64], sheet: Sheet, left: float, side: float, say: Mapping[str, str]
) -> None:
    """One bar for each class, level with its row of the matrix."""
    theme, classes = sheet.theme, len(confusion)
    axes = sheet.figure.add_axes((0.0, 0.0, 1.0, 1.0))
    start, top = left + 0.3, sheet.top - (1.5 * theme.label + 6) * POINT
    sheet.box(axes, start, top - side, sheet.width - EDGE - 0.1 - start, side)
    recall = np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)
    axes.barh(np.arange(classes), recall, height=0.72, color=theme.model, zorder=2)
    axes.set(xlim=(0, 1), ylim=(classes - 0.5, -0.5), yticks=[], xlabel=say["plot.recall"])
    axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.xaxis.set_ticklabels(["0", "0.25", "0.5", "0.75", "1"])


def class_ticks(classes: int) -> list[int]:
    """Classes that get a number on an axis: all of them, or every second, fifth, tenth, ..."""
    step = next(
        step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, classes) if classes / step <= NUMBERED
    )
    return list(range(0, classes, step))
