"""The loss over two weights as a picture of it needs it: wide enough, fine enough, and cut into levels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnrun.plots.limits import Interval, Values, drawable

LEVELS = 14
"""Contours that a picture has room for."""

DECADES = 6.0
"""Below the highest loss; what is lower is one colour."""

FINER = 4
"""Steps into which one of the recorded grid is divided."""

FEW = 8
"""Epochs that one wants to see of a path before it leaves."""

REACH = 6.0
"""Times its distance from the minimum at the start that a path is followed, as a share of the panel."""

MARGIN = 1.25
"""Times the distance of the farthest point from the middle that a widened rectangle reaches."""

EXACT = 1e-5
"""Share of the highest loss by which a parabola may miss the recorded losses, which are float32."""


@dataclass(frozen=True)
class Surface:
    """A rectangle of weights and the losses on it.

    Attributes:
        x: values of the first weight (column,), evenly spaced.
        y: values of the second weight (row,), likewise.
        loss: (row, column).
    """

    x: Values
    y: Values
    loss: Values

    @property
    def sides(self) -> tuple[Interval, Interval]:
        """First and last value of either weight."""
        return (float(self.x[0]), float(self.x[-1])), (float(self.y[0]), float(self.y[-1]))

    def holds(self, points: Values) -> Any:
        """Whether each of `points` (..., 2) lies on it; those that are not finite do not."""
        low, high = np.array(self.sides).T
        return ((points >= low) & (points <= high)).all(axis=-1)


def surface(plots: Mapping[str, Any]) -> Surface:
    """The recorded losses; wider ones around the minimum, where a path leaves within `FEW` epochs.

    Only a parabola, which is known everywhere, can be widened.
    """
    there = Surface(
        *(np.asarray(plots[f"landscape_{name}"], dtype=np.float64) for name in ("x", "y", "loss"))
    )
    path = np.asarray(plots["path"], dtype=np.float64)
    goal = plots.get("landscape_solution")
    if goal is None or (epoch := last_inside(there, path)) is None:
        return there
    if epoch >= min(FEW, len(path) - 1):
        return there
    return _widened(there, path[: FEW + 1], np.asarray(goal, dtype=np.float64))


def last_inside(there: Surface, path: Values) -> int | None:
    """The last epoch at which a path (epoch, 2) lies on the surface."""
    inside = np.flatnonzero(there.holds(path))
    return int(inside[-1]) if len(inside) else None


def _widened(there: Surface, path: Values, goal: Values) -> Surface:
    """As many times larger around the minimum as the beginning of the path takes, sides in proportion."""
    half = np.array([side[1] - side[0] for side in there.sides]) / 2
    far = (np.abs(path - goal) / half).max(axis=1)
    far = far[far <= REACH * far[0]]
    half = half * max(MARGIN * float(far.max()), 0.5)
    x, y = (
        np.linspace(goal[i] - half[i], goal[i] + half[i], len(v)) for i, v in enumerate((there.x, there.y))
    )
    loss = _continued(there, x, y)
    return there if loss is None else Surface(x, y, loss)


def _continued(there: Surface, x: Values, y: Values) -> Values | None:
    """Losses on another rectangle, where those recorded are a parabola's; else None."""
    scale = float(np.abs(there.loss).max(initial=0.0))
    if not 0 < scale < math.inf:
        return None
    (left, right), (bottom, top) = there.sides

    def terms(x: Values, y: Values) -> Values:
        u, v = np.meshgrid((2 * x - left - right) / (right - left), (2 * y - bottom - top) / (top - bottom))
        return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=-1)

    known = terms(there.x, there.y)
    coefficients = np.linalg.lstsq(known.reshape(-1, 6), there.loss.ravel() / scale)[0]
    if not np.abs(known @ coefficients - there.loss / scale).max() <= EXACT:
        return None
    return np.asarray(np.maximum(terms(x, y) @ coefficients, 0.0) * scale)


def refined(there: Surface) -> Surface:
    """The same with `FINER` steps for each recorded one, for round contours.

    Between points run Catmull and Rom's cubics, which follow a parabola exactly; next to the border lines.
    """
    loss = drawable(there.loss)
    for axis in (0, 1):
        loss = _finer(np.moveaxis(loss, axis, 0))
        loss = np.moveaxis(loss, 0, axis)
    (left, right), (bottom, top) = there.sides
    return Surface(np.linspace(left, right, loss.shape[1]), np.linspace(bottom, top, loss.shape[0]), loss)


def _finer(rows: Values) -> Values:
    """`FINER` times as many rows, less what would lie beyond the last."""
    around = np.concatenate([2 * rows[:1] - rows[1:2], rows, 2 * rows[-1:] - rows[-2:-1]])
    a, b, c, d = (around[shift : len(rows) - 1 + shift] for shift in range(4))
    parts = []
    for t in np.arange(FINER) / FINER:
        parts.append(b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))))
    finer = np.stack(parts, axis=1).reshape(-1, rows.shape[1])
    return np.concatenate([finer, rows[-1:]])


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
