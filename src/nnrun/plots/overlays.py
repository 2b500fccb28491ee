"""Panels in which several runs lie on one another: losses, fits, errors of weights, paths of descent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from nnrun.plots import fit, limits, regions
from nnrun.plots.compared import Compared, Curve, Unit, quantile
from nnrun.plots.fitted import draw_classes, sample_style
from nnrun.plots.hues import Look
from nnrun.plots.lattice import Lattice
from nnrun.plots.limits import Interval, Values
from nnrun.plots.numerals import compact
from nnrun.plots.sheet import POINT
from nnrun.plots.surface import Surface, contour_levels, refined, surface
from nnrun.plots.text import width
from nnrun.plots.theme import Theme

THIN_LINES = 10
"""Runs of a unit that each have a line of their own behind the median."""

NUMBERED = 12
"""Classes up to which the fields of a confusion have their counts, where there is room."""

APART = 0.12
"""Of the distance between two names, at most, between the marks of two units."""


def scale_losses(
    sheet: Lattice, axes: Axes, units: Sequence[Unit], floor: float | None, crowded: bool
) -> None:
    """Logarithmic unless a loss is negative or none is positive; runs that were lost do not stretch it.

    Where it is `crowded`, medians alone count.
    """
    curves = [curve for unit in units for curve in unit.curves]
    if crowded:
        curves = [Curve(unit.epochs, unit.median, unit.lost) for unit in units]
    good = [curve.losses for curve in curves if not curve.lost]
    begun = [curve.losses[:1] for curve in curves if curve.lost]
    shown = [*good, *begun] if good else [curve.losses for curve in curves]
    extras = [] if floor is None else [floor]
    positive = limits.positive_spread(shown, extras, diverged=not good)
    if positive is not None and not any((limits.finite(curve) < 0).any() for curve in shown):
        sheet.scale_y(axes, positive, 6, log=True)
    else:
        sheet.scale_y(axes, limits.spread([], [*shown, extras]), 6)


def scale_epochs(sheet: Lattice, axes: Axes, units: Sequence[Unit], most: int) -> None:
    """From the first to the last epoch of any of them."""
    epochs = np.concatenate([unit.epochs for unit in units])
    first, last = float(epochs.min()), float(epochs.max())
    room = 0.015 * (last - first) or 0.5
    sheet.scale_x(axes, (first - room, last + room), most, whole=True)


def draw_losses(axes: Axes, units: Sequence[Unit], looks: Mapping[str, Look], crowded: bool) -> None:
    """A line for a run; for several their median, over thin lines, or over a band where they are many."""
    for order, unit in enumerate(units):
        look, zorder = looks[unit.name], 3 + 0.01 * order
        if len(unit.curves) > 1 and not crowded:
            _draw_around(axes, unit, look)
        line = limits.drawable(unit.median if len(unit.curves) > 1 else unit.table[0])
        axes.plot(unit.epochs, line, zorder=zorder, **look.line, **_dots(line, look))


def _draw_around(axes: Axes, unit: Unit, look: Look) -> None:
    if len(unit.curves) <= THIN_LINES:
        for curve in unit.curves:
            style: dict[str, Any] = {
                "color": look.colour,
                "lw": 0.45 * look.width,
                "alpha": 0.4,
                "zorder": 2.5,
            }
            axes.plot(curve.epochs, limits.drawable(curve.losses), **style)
        return
    top = axes.get_ylim()[1]
    low, high = quantile(unit.table, 0.1), quantile(unit.table, 0.9)
    band: dict[str, Any] = {"color": look.colour, "alpha": 0.16, "lw": 0, "zorder": 2.4}
    axes.fill_between(unit.epochs, low, np.where(np.isnan(high), top, high), **band)


def _dots(line: Values, look: Look) -> dict[str, Any]:
    """A mark where there is nothing to draw a line to."""
    return {"marker": "o", "ms": 1.9 * look.width} if np.isfinite(line).sum() < 2 else {}


def scale_fits(sheet: Lattice, axes: Axes, units: Sequence[Unit], most: int, labels: bool = True) -> None:
    """Around the data and the curves that stayed near it."""
    grids = np.concatenate([unit.arrays["grid"][:, 0] for unit in units])
    data = [unit.arrays["train_y"][:, 0] for unit in units]
    names = ("grid_prediction", "grid_truth")
    curves = [unit.arrays[name][:, 0] for unit in units for name in names if name in unit.arrays]
    sheet.scale_x(axes, (float(grids.min()), float(grids.max())), most, labels=labels)
    sheet.scale_y(axes, limits.spread(data, curves), 7)


def draw_data(axes: Axes, sheet: Lattice, arrays: Mapping[str, Any]) -> None:
    """The training points, and the truth where it is known."""
    theme = sheet.theme
    axes.plot(
        arrays["train_x"][:, 0],
        limits.drawable(arrays["train_y"][:, 0]),
        zorder=2.1,
        **fit.dots(theme, max(100, len(arrays["train_y"]))),
    )
    if "grid_truth" in arrays:
        truth = limits.drawable(arrays["grid_truth"][:, 0])
        axes.plot(arrays["grid"][:, 0], truth, zorder=3.5, **fit.truth_style(theme))


def draw_fits(axes: Axes, units: Sequence[Unit], looks: Mapping[str, Look]) -> None:
    """What the typical run of each has learned, over what its others have; the first output alone."""
    for order, unit in enumerate(units):
        for grid, prediction in unit.others:
            thin: dict[str, Any] = {
                "color": looks[unit.name].colour,
                "lw": 0.45 * looks[unit.name].width,
                "alpha": 0.4,
            }
            axes.plot(grid, limits.drawable(prediction), zorder=2.6, **thin)
        line = limits.drawable(unit.arrays["grid_prediction"][:, 0])
        axes.plot(unit.arrays["grid"][:, 0], line, zorder=3 + 0.01 * order, **looks[unit.name].line)


def draw_against(sheet: Lattice, axes: Axes, unit: Unit, look: Look, both: Interval) -> None:
    """Predicted against true values; on the thin diagonal they are equal."""
    true, predicted = unit.arrays["train_y"][:, 0], unit.arrays["train_prediction"][:, 0]
    axes.plot(both, both, color=sheet.theme.frame, lw=sheet.theme.thin, zorder=2)
    style = sample_style(sheet.theme, len(true)) | {"color": look.colour}
    axes.plot(true, limits.drawable(predicted), zorder=3, **style)


def draw_confusion(sheet: Lattice, axes: Axes, unit: Unit, room: float) -> None:
    """Each row as shares of its true class, with counts where a cell has the place; `room` is in inches."""
    confusion = unit.arrays["confusion"]
    names = list(unit.classes) or [str(place) for place in range(len(confusion))]
    draw_classes(sheet, axes, unit.arrays)
    sheet.names_x(axes, names, room)
    sheet.names_y(axes, names, room)
    axes.set_ylim(len(confusion) - 0.5, -0.5)
    cell, theme = room / len(confusion) / POINT, sheet.theme
    widest = max(width(compact(int(count)), theme.tick, theme.font) for count in confusion.ravel())
    if len(confusion) > NUMBERED or cell < 1.15 * widest:
        return
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    for row, column in zip(*np.nonzero(confusion), strict=True):
        colour = theme.background if shares[row, column] > 0.55 else theme.ink
        text = compact(int(confusion[row, column]))
        centred: dict[str, Any] = {"ha": "center", "va": "center_baseline"}
        axes.text(column, row, text, size=theme.tick, color=colour, **centred)


def scale_plane(sheet: Lattice, axes: Axes, unit: Unit) -> None:
    """Around the plane of a run."""
    across, along = unit.arrays["region_across"], unit.arrays["region_along"]
    sheet.scale_x(axes, limits.padded(float(across[0]), float(across[-1]), 0.0), 4)
    sheet.scale_y(axes, limits.padded(float(along[0]), float(along[-1]), 0.0), 5)


def draw_plane(sheet: Lattice, axes: Axes, unit: Unit, hues: Sequence[str]) -> None:
    """The regions that a run gives to each class, and the points that it was trained on."""
    scale_plane(sheet, axes, unit)
    own = hues[: unit.arrays["region_probability"].shape[2]]
    regions.draw_regions(axes, unit.arrays, own, sheet.theme)


def draw_errors(
    sheet: Lattice, axes: Axes, units: Sequence[Unit], looks: Mapping[str, Look], room: float
) -> None:
    """Learned minus true values, a mark for each unit beside the others; the dashed line is the truth.

    `room` is the panel's width in inches.
    """
    theme, names = sheet.theme, list(units[0].errors)
    values = [np.array([unit.errors.get(name, np.nan) for name in names]) for unit in units]
    largest = max((float(np.abs(limits.finite(v)).max(initial=0.0)) for v in _near(units, values)), default=0)
    reach = 1.15 * largest or 1.0
    sheet.names_x(axes, names, room)
    sheet.scale_y(axes, (-reach, reach), 6)
    axes.axhline(0.0, zorder=2, **fit.truth_style(theme))
    step = min(APART, 0.6 / len(units))
    for place, (unit, errors) in enumerate(zip(units, values, strict=True)):
        at = np.arange(len(names)) + step * (place - (len(units) - 1) / 2)
        axes.vlines(at, 0, limits.drawable(errors), color=looks[unit.name].colour, lw=theme.thin, zorder=3)
        axes.plot(
            at,
            limits.drawable(errors),
            ls="",
            marker="o",
            ms=1.4 * theme.dot,
            mew=0,
            color=looks[unit.name].colour,
            zorder=4,
        )


def _near(units: Sequence[Unit], values: Sequence[Values]) -> list[Values]:
    """Those of units that were not lost, if there are any."""
    return [v for unit, v in zip(units, values, strict=True) if not unit.lost] or list(values)


def common_surface(found: Compared) -> Surface | None:
    """The loss over two weights that all share, where they do: the widest one of a run that was not lost."""
    names = ("path", "landscape_x", "landscape_y", "landscape_loss")
    units = [unit for unit in found.units if all(name in unit.arrays for name in names)]
    if not units or len(units) < len(found.units) or not found.same_data or len(found.measures) != 1:
        return None
    surfaces = [surface(unit.arrays) for unit in units if not unit.lost] or [surface(units[0].arrays)]
    return max(surfaces, key=lambda each: np.prod([high - low for low, high in each.sides]))


def draw_paths(
    sheet: Lattice, axes: Axes, there: Surface, units: Sequence[Unit], looks: Mapping[str, Look]
) -> None:
    """Contours of the loss, and every path of descent from its start, a ring, to its end, a dot."""
    from matplotlib.colors import LinearSegmentedColormap

    theme, fine, levels = sheet.theme, refined(there), contour_levels(there.loss)
    ramp = LinearSegmentedColormap.from_list("loss", [theme.background, theme.height_low, theme.height_high])
    colours = [ramp(index / len(levels)) for index in range(len(levels) + 1)]
    axes.grid(False)
    axes.contourf(fine.x, fine.y, fine.loss, levels=levels, colors=colours, extend="both", zorder=1)
    axes.contour(
        fine.x, fine.y, fine.loss, levels=levels, colors=[theme.frame], linewidths=theme.hair, zorder=1.2
    )
    for order, unit in enumerate(units):
        look, path = looks[unit.name], limits.drawable(unit.arrays["path"])
        axes.plot(*path.T, zorder=3 + 0.01 * order, **look.line)
        styles = place_styles(theme, look.colour)
        axes.plot(*path[0], ls="", zorder=4, **styles["start"])
        smaller = {"ms": (0.3 + 0.7 * look.inked) * styles["end"]["ms"]}
        axes.plot(*path[-1], ls="", zorder=4.1 + 0.01 * order, **styles["end"] | smaller)
    if "landscape_solution" in units[0].arrays:
        solution = units[0].arrays["landscape_solution"]
        axes.plot(*solution, ls="", zorder=5, **place_styles(theme, theme.truth)["solution"])


def place_styles(theme: Theme, colour: str) -> dict[str, dict[str, Any]]:
    """How the start and the end of a path are marked, and where it should lead."""
    size = theme.dot
    return {
        "start": {
            "marker": "o",
            "ms": 1.8 * size,
            "mec": colour,
            "mfc": theme.background,
            "mew": 0.43 * size,
        },
        "end": {"marker": "o", "ms": 1.7 * size, "mec": theme.background, "mfc": colour, "mew": 0.2 * size},
        "solution": {"marker": "+", "ms": 3.1 * size, "mec": theme.truth, "mew": theme.thin},
    }
