"""How runs, medians, lost runs and the best setting are drawn in the pictures of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from nnrun.plots import limits
from nnrun.plots.limits import Interval
from nnrun.plots.numerals import short
from nnrun.plots.sheet import Entry
from nnrun.plots.study import Point, Study
from nnrun.plots.theme import Theme

DECADE = 10.0
"""How many times its least value an objective spans before its axis is logarithmic."""

TOP = 0.955
"""Where markers of lost runs stand, as a share of the panel's height; no other point comes so near."""

REFERENCES = ("truth", "constant")


@dataclass(frozen=True)
class Scale:
    """The axis of an objective.

    Attributes:
        limits: with room for lost runs above.
        log: whether it is logarithmic.
        known: whether any run ended well; else its numbers mean nothing.
    """

    limits: Interval
    log: bool
    known: bool


def scale_of(study: Study, extras: Sequence[float] = ()) -> Scale:
    """The axis on which every run that ended well can be seen; lost ones do not stretch it.

    `extras` count where they are no further than a decade from the runs.
    """
    values = limits.finite([point.objective for point in study.points])
    if not len(values):
        return Scale((0.0, 1.0), log=False, known=False)
    low, high = float(values.min()), float(values.max())
    log = low > 0 and high >= DECADE * low
    near = [extra for extra in extras if _is_near(extra, low, high)]
    low, high = min([low, *near]), max([high, *near])
    room = 0.16 if any(point.lost for point in study.points) else 0.06
    if log:
        ratio = high / low
        return Scale((low / ratio**0.06, high * ratio**room), log=True, known=True)
    below, above = limits.padded(low, high, 0.06)
    return Scale((below, above + (room - 0.06) * (above - below)), log=False, known=True)


def references(study: Study, record: Mapping[str, Any]) -> dict[str, float]:
    """Losses that the objective compares with, of the truth and of a constant guess.

    None where the objective is not the training loss, or where the data or the loss differ between runs.
    """
    varied = any(key.startswith(("dataset", "loss", "experiment")) for key in study.swept)
    if study.objective != "train/loss" or varied:
        return {}
    known = record.get("reference") or {}
    return {name: float(known[name]) for name in REFERENCES if known.get(name) is not None}


def mark_lost(axes: Axes, theme: Theme, places: Mapping[float, Sequence[Point]]) -> None:
    """A triangle at the upper edge over each place with lost runs, and how many they are."""
    over = axes.get_xaxis_transform()
    for place, points in places.items():
        count = sum(point.lost for point in points)
        if count:
            axes.plot([place], [TOP], transform=over, zorder=5, **lost_style(theme))
        if count > 1:
            axes.annotate(
                str(count),
                (place, TOP),
                (4.5 * theme.mark, 0),
                over,
                textcoords="offset points",
                va="center",
                size=theme.tick,
                color=theme.alarm,
            )


def draw_references(axes: Axes, theme: Theme, known: Mapping[str, float]) -> None:
    """Horizontal lines, as far as the axis reaches."""
    low, high = axes.get_ylim()
    for name, value in known.items():
        if low <= value <= high:
            axes.axhline(value, zorder=1.8, **reference_style(theme, name))


def reference_entries(
    theme: Theme, known: Mapping[str, float], scale: Scale, say: Mapping[str, str]
) -> list[Entry]:
    """Legend entries of those that can be seen."""
    low, high = scale.limits
    return [
        Entry(
            Line2D([], [], **reference_style(theme, name)),
            say[f"plot.sweep.{name}"].format(value=short(value)),
        )
        for name, value in known.items()
        if low <= value <= high and scale.known
    ]


def reference_style(theme: Theme, name: str) -> dict[str, Any]:
    """The truth dashed as everywhere, a constant guess dotted."""
    if name == "truth":
        return {"color": theme.truth, "lw": theme.thin, "ls": (0, (4, 2.5))}
    return {"color": theme.muted, "lw": theme.thin, "ls": (0, (1, 2))}


def run_style(theme: Theme, runs: int) -> dict[str, Any]:
    """A point for each run; many are fainter."""
    alpha = 0.75 if runs <= 200 else max(0.15, 0.75 * (200 / runs) ** 0.5)
    return {
        "ls": "",
        "marker": "o",
        "ms": theme.dot + 0.4 * theme.mark,
        "mew": 0,
        "color": theme.data,
        "alpha": alpha,
    }


def median_style(theme: Theme, dots: bool) -> dict[str, Any]:
    """The line through the medians; `dots` mark where they are."""
    size = 6.0 * theme.mark
    return {"color": theme.model, "lw": theme.line, "marker": "o" if dots else "", "ms": size, "mew": 0}


def strip_style(theme: Theme) -> dict[str, Any]:
    """A run within a cell."""
    style = {"ls": "-", "lw": theme.hair, "marker": "o", "ms": 4.2 * theme.mark, "mew": 0}
    return {**style, "color": theme.ink, "alpha": 0.7}


def ending(statuses: Sequence[str]) -> str:
    """How runs were lost: `diverged`, `failed`, or `either`."""
    (first, *others) = set(statuses)
    return first if not others and first in ("diverged", "failed") else "either"


def lost_style(theme: Theme) -> dict[str, Any]:
    """A run that diverged or failed."""
    return {"ls": "", "marker": "^", "ms": 6.5 * theme.mark, "mew": 0, "color": theme.alarm}


def best_style(theme: Theme) -> dict[str, Any]:
    """A ring around the best setting."""
    size, edge = 12.0 * theme.mark, 1.5 * theme.mark
    return {"ls": "", "marker": "o", "ms": size, "mfc": "none", "mec": theme.ink, "mew": edge}


def _is_near(value: float, low: float, high: float) -> bool:
    if low > 0 and value > 0:
        return low / DECADE <= value <= high * DECADE
    return low - (high - low) <= value <= high + (high - low)
