"""What one run of a sweep has learned, as a small panel: its fit, its predictions, regions or confusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from nnrun.plots import limits, regions
from nnrun.plots.compared import is_plane
from nnrun.plots.fit import truth_style
from nnrun.plots.lattice import Lattice
from nnrun.plots.limits import Interval
from nnrun.plots.study import Point, Study
from nnrun.plots.theme import Theme
from nnrun.runs.reading import read_arrays
from nnrun.runs.writing import PLOTS

Arrays = Mapping[str, Any]

SHOWN = (
    *("train_x", "train_y", "train_prediction"),
    *("grid", "grid_prediction", "grid_truth"),
    *("confusion", "train_class", "region_across", "region_along", "region_probability"),
)
"""Arrays of plots.npz that are drawn."""

SMALL = 0.55
"""Of their size on a page of their own, that the points of a plane have."""


@dataclass(frozen=True)
class Fitted:
    """One run that is shown.

    Attributes:
        study: that it belongs to.
        point: what it came to.
        arrays: what it recorded; empty where it left nothing.
    """

    study: Study
    point: Point
    arrays: Arrays

    @property
    def kind(self) -> str:
        """What can be drawn: `curve` over one input, `against`, `regions`, `classes` or `nothing`."""
        if is_plane(self.arrays):
            return "regions"
        if "confusion" in self.arrays:
            return "classes"
        if "grid_prediction" in self.arrays:
            return "curve"
        return "against" if "train_prediction" in self.arrays else "nothing"


def draw_fit(axes: Axes, fitted: Fitted, theme: Theme) -> None:
    """Data, model and truth over one input; else predicted against true values. The first output alone."""
    arrays = fitted.arrays
    true, predicted = arrays["train_y"][:, 0], limits.drawable(arrays["train_prediction"][:, 0])
    if fitted.kind == "against":
        ends = axes.get_xlim()
        axes.plot(ends, ends, color=theme.frame, lw=theme.thin, zorder=2)
        axes.plot(true, predicted, zorder=3, **(sample_style(theme, len(true)) | {"color": theme.model}))
        return
    axes.plot(arrays["train_x"][:, 0], true, zorder=2, **sample_style(theme, len(true)))
    grid = arrays["grid"][:, 0]
    line = limits.drawable(arrays["grid_prediction"][:, 0])
    axes.plot(grid, line, color=theme.model, lw=0.85 * theme.line, zorder=3)
    if "grid_truth" in arrays:
        style = truth_style(theme) | {"lw": 0.8 * theme.thin}
        axes.plot(grid, limits.drawable(arrays["grid_truth"][:, 0]), zorder=3.1, **style)


def draw_classes(sheet: Lattice, axes: Axes, arrays: Arrays) -> None:
    """The confusion matrix, each row as shares of its true class."""
    theme, confusion = sheet.theme, np.asarray(arrays["confusion"])
    classes = len(confusion)
    sheet.scale_x(axes, (-0.5, classes - 0.5), 4, whole=True)
    sheet.scale_y(axes, (classes - 0.5, -0.5), 4, whole=True)
    edges = np.arange(classes + 1) - 0.5
    colours = LinearSegmentedColormap.from_list("share", [theme.background, theme.model])
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    axes.pcolormesh(edges, edges, shares, cmap=colours, vmin=0, vmax=1, edgecolors="face", linewidth=0.3)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(True)


def draw_plane(sheet: Lattice, axes: Axes, arrays: Arrays) -> None:
    """The regions of all classes, and the points in them."""
    theme = sheet.theme
    across, along = arrays["region_across"], arrays["region_along"]
    sheet.scale_x(axes, limits.padded(float(across[0]), float(across[-1]), 0.0), 4)
    sheet.scale_y(axes, limits.padded(float(along[0]), float(along[-1]), 0.0), 5)
    hues = regions.hues_of(arrays["region_probability"].shape[2], theme)
    regions.draw_regions(axes, arrays, hues, theme, SMALL)


def sample_style(theme: Theme, points: int = 50) -> dict[str, Any]:
    """Training samples; many are smaller and fainter."""
    crowd = min(1.0, (50 / max(points, 1)) ** 0.5)
    return {
        "ls": "",
        "marker": "o",
        "ms": max(1.6, 2.8 * crowd**0.5) * theme.mark,
        "mew": 0,
        "color": theme.data,
        "alpha": max(0.35, 0.8 * crowd),
    }


def limits_of(shown: Sequence[Fitted]) -> tuple[Interval, Interval]:
    """Around the data and around those of the curves that stayed near it."""
    drawn = [fitted for fitted in shown if fitted.kind in ("curve", "against")]
    if not drawn:
        return (0.0, 1.0), (0.0, 1.0)
    data = [fitted.arrays["train_y"][:, 0] for fitted in drawn]
    if drawn[0].kind == "against":
        predictions = [fitted.arrays["train_prediction"][:, 0] for fitted in drawn]
        return limits.spread(data), limits.spread(data, predictions)
    grids = np.concatenate([fitted.arrays["grid"][:, 0] for fitted in drawn])
    lines = ("grid_prediction", "grid_truth")
    curves = [f.arrays[name][:, 0] for f in drawn for name in lines if name in f.arrays]
    return (float(grids.min()), float(grids.max())), limits.spread(data, curves)


def same_data(shown: Sequence[Fitted]) -> bool:
    """Whether all runs that recorded something were trained on the same points."""
    drawn = [fitted.arrays for fitted in shown if fitted.kind in ("curve", "against")]
    return bool(drawn) and all(
        np.array_equal(arrays["train_y"], drawn[0]["train_y"])
        and np.array_equal(arrays["train_x"], drawn[0]["train_x"])
        for arrays in drawn
    )


def arrays_of(directory: Path) -> Arrays:
    """Of plots.npz; empty where it is missing or damaged: the other runs can be shown."""
    try:
        found = read_arrays(directory / PLOTS)
    except (OSError, ValueError):
        return {}
    return {name: found[name] for name in SHOWN if name in found}
