"""Classes in the plane: the regions that a network gives to each, by probability, and the points in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from nnrun.plots import captions, limits, naming
from nnrun.plots.hues import ON_DARK, ON_LIGHT, is_dark
from nnrun.plots.numerals import short
from nnrun.plots.sheet import Entry, Sheet
from nnrun.plots.theme import Theme
from nnrun.runs.reading import RunRecord
from nnrun.words import words

TINT = 0.5
"""Share of a class's hue in a region that is certainly its own; the rest is background."""

EXTRA_HEIGHT = 0.7
"""Inches beyond the theme's height, so that the plane is nearly square."""

Plots = Mapping[str, Any]
Floats = npt.NDArray[np.float64]


def draw(record: RunRecord, sheet: Sheet, language: str) -> None:
    """Fills `sheet` with the regions at the end of the training; a line stands where the answer changes."""
    say, plots = words(language), record.plots
    confusion = plots["confusion"]
    share = short(float(np.trace(confusion) / max(confusion.sum(), 1)))
    split = say[f"plot.split.{plots['confusion_split']}"]
    captions.heading(record, sheet, language, say["plot.confusion"].format(split=split, accuracy=share))
    classes = plots["region_probability"].shape[2]
    hues = hues_of(classes, sheet.theme)
    sheet.legend(legend(record, hues, sheet.theme, say))
    axes = panel(record, sheet)
    draw_regions(axes, plots, hues, sheet.theme)
    sheet.place([[axes]], [1.0])


def draw_regions(axes: Axes, plots: Plots, hues: Sequence[str], theme: Theme, share: float = 1.0) -> None:
    """Tints, borders and points of a `share` of their usual size, within the limits that `axes` have."""
    probability = plots["region_probability"].astype(np.float64)
    image(axes, plots, painted(probability, hues, theme))
    _borders(axes, plots, probability, theme)
    points(axes, plots, hues, theme, share)


def draw_data(record: RunRecord, sheet: Sheet, language: str) -> None:
    """The points alone, below a header that is there already."""
    hues = hues_of(len(record.plots["confusion"]), sheet.theme)
    sheet.legend(legend(record, hues, sheet.theme, words(language)))
    axes = panel(record, sheet)
    points(axes, record.plots, hues, sheet.theme)
    sheet.place([[axes]], [1.0])


def hues_of(classes: int, theme: Theme, taken: int = 0) -> list[str]:
    """A colour for each class; where they suffice, none of the first `taken`, which mean something else."""
    hues = [theme.model, theme.validation, *(ON_DARK if is_dark(theme) else ON_LIGHT)]
    if classes <= len(hues):
        first = min(taken, len(hues) - classes)
        return hues[first : first + classes]
    return [to_hex(matplotlib.colormaps["turbo"](share)) for share in np.linspace(0.05, 0.95, classes)]


def painted(probability: Floats, hues: Sequence[str], theme: Theme) -> Floats:
    """Colours (along, across, 3) of probabilities (along, across, class): the classes' tints, mixed."""
    background, own = np.array(to_rgb(theme.background)), np.array([to_rgb(hue) for hue in hues])
    tints = (1 - TINT) * background + TINT * own
    known = np.isfinite(probability).all(axis=2, keepdims=True)
    with np.errstate(invalid="ignore"):
        mixed = probability / probability.sum(axis=2, keepdims=True) @ tints
    return np.where(known, mixed, background).clip(0, 1)


def panel(record: RunRecord, sheet: Sheet) -> Axes:
    """Axes around the plane of a run."""
    plots, summary = record.plots, record.summary
    axes = sheet.panel(naming.of_input(summary, 0, "x1"), naming.of_input(summary, 1, "x2"))
    across, along = plots["region_across"], plots["region_along"]
    sheet.scale_x(axes, limits.padded(float(across[0]), float(across[-1]), 0.0), 9)
    sheet.scale_y(axes, limits.padded(float(along[0]), float(along[-1]), 0.0), 7)
    return axes


def image(axes: Axes, plots: Plots, colours: Floats) -> Any:
    """Colours (along, across, 3) over the plane, within the limits that `axes` have."""
    across, along = plots["region_across"], plots["region_along"]
    # Colours stand at the points of the lattice, so the picture reaches half a step beyond it.
    wide, high = ((axis[-1] - axis[0]) / (2 * (size - 1)) for axis, size in _sides(plots, colours))
    extent = (across[0] - wide, across[-1] + wide, along[0] - high, along[-1] + high)
    x, y = axes.get_xlim(), axes.get_ylim()
    drawn = axes.imshow(
        colours, extent=extent, origin="lower", aspect="auto", interpolation="bilinear", zorder=0.5
    )
    axes.set(xlim=x, ylim=y)
    axes.grid(False)
    return drawn


def _sides(plots: Plots, colours: Floats) -> list[tuple[Any, int]]:
    return [(plots["region_across"], colours.shape[1]), (plots["region_along"], colours.shape[0])]


def _borders(axes: Axes, plots: Plots, probability: Floats, theme: Theme) -> None:
    """Lines where one class becomes more probable than all others."""
    classes = probability.shape[2]
    for own in range(1 if classes == 2 else 0, classes):
        others = np.delete(probability, own, axis=2).max(axis=2)
        lead = probability[:, :, own] - others
        if np.isfinite(lead).all() and lead.min() < 0 < lead.max():
            axes.contour(
                plots["region_across"],
                plots["region_along"],
                lead,
                levels=[0.0],
                colors=[theme.ink],
                linewidths=theme.hair,
                zorder=1.5,
            )


def points(axes: Axes, plots: Plots, hues: Sequence[str], theme: Theme, share: float = 1.0) -> list[Artist]:
    """Training points, and rings for validation, of a `share` of their usual size."""
    crowd = min(1.0, (400 / max(len(plots["train_class"]), 1)) ** 0.25)
    size = share * max(2.0, 1.15 * theme.dot * crowd)
    drawn: list[Artist] = []
    for own, hue in enumerate(hues):
        for split in ("train", "val"):
            if f"{split}_class" not in plots:
                continue
            rows = plots[f"{split}_x"][plots[f"{split}_class"] == own]
            style = dot(hue, theme, size) if split == "train" else _ring(hue, theme, size)
            drawn += axes.plot(rows[:, 0], rows[:, 1], zorder=2.0 + 0.1 * (split == "val"), **style)
    return drawn


def dot(hue: str, theme: Theme, size: float) -> dict[str, Any]:
    """How a training point of a class is marked."""
    return {"ls": "", "marker": "o", "ms": size, "color": hue, "mec": theme.background, "mew": 0.5}


def _ring(hue: str, theme: Theme, size: float) -> dict[str, Any]:
    return {"ls": "", "marker": "o", "ms": size, "mfc": theme.background, "mec": hue, "mew": 1.3}


def legend(record: RunRecord, hues: Sequence[str], theme: Theme, say: Mapping[str, str]) -> list[Entry]:
    """A mark for each class, and for validation data."""
    names = naming.of_classes(record.summary, len(hues))
    entries = [Entry(dot(hue, theme, theme.dot * 1.3), name) for name, hue in zip(names, hues, strict=True)]
    if "val_class" in record.plots:
        entries.append(Entry(_ring(theme.muted, theme, theme.dot * 1.2), say["plot.validation_data"]))
    return entries
