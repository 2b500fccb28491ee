"""The colours and strokes by which runs on one page are told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_hex, to_rgb

from nnrun.plots.axis import Axis
from nnrun.plots.compared import Unit
from nnrun.plots.limits import Values
from nnrun.plots.theme import Theme

ON_LIGHT = ("#009e73", "#cc79a7", "#e69f00", "#56b4e9")
ON_DARK = ("#2fc79a", "#e29cc4", "#f0e442", "#9db4ff")
"""After the theme's own two: Okabe and Ito's hues, or lighter ones."""

DASH = 2.4
"""Of a line that lies on others, widths of it that each of them is seen between two gaps."""

NEAR = 0.012
"""Share of the height within which two lines are one to the eye."""

ALIKE = 0.8
"""Share of two lines that is so near where the second is dashed."""


@dataclass(frozen=True)
class Look:
    """How the lines of a unit are drawn.

    Attributes:
        colour: of all that is its.
        width: points.
        below: how many lines it lies on, which are seen through its gaps.
        above: how many lie on it.
    """

    colour: str
    width: float
    below: int = 0
    above: int = 0

    @property
    def dashed(self) -> bool:
        """Whether it lets another line be seen below it."""
        return self.below > 0

    @property
    def inked(self) -> float:
        """Share of its way that it covers: the less, the more lines lie below it."""
        return (self.above + 1) / (self.above + self.below + 1)

    @property
    def line(self) -> dict[str, Any]:
        """As matplotlib takes it."""
        dashes = (0, (DASH * (self.above + 1), DASH * self.below))
        style = {"ls": dashes, "dash_capstyle": "butt"} if self.dashed else {"ls": "-"}
        return {"color": self.colour, "lw": self.width, **style}


def looks_of(units: Sequence[Unit], axis: Axis | None, theme: Theme) -> Mapping[str, Look]:
    """Name -> look: a hue each, or the place on a ramp where they are values of an axis."""
    names = [unit.name for unit in units]
    if axis is None:
        hues = (theme.model, theme.validation, *(ON_DARK if is_dark(theme) else ON_LIGHT))
        stacked = _stacked(units)
        return {
            name: Look(hues[place % len(hues)], theme.line, *between)
            for place, (name, between) in enumerate(zip(names, stacked, strict=True))
        }
    width = theme.line * (0.85 if len(names) <= 12 else 0.6)
    return {name: Look(colour, width) for name, colour in zip(names, _ramp(len(names), theme), strict=True)}


def is_dark(theme: Theme) -> bool:
    """Whether letters are lighter than what they stand on."""
    return sum(to_rgb(theme.background)) < 1.5


def _ramp(count: int, theme: Theme) -> list[str]:
    """As many colours from dark to light, none too near to the background."""
    first, last = (0.25, 1.0) if is_dark(theme) else (0.0, 0.88)
    shares = np.linspace(first, last, count) if count > 1 else [first]
    return [to_hex(matplotlib.colormaps["viridis"](share)) for share in shares]


def _stacked(units: Sequence[Unit]) -> list[tuple[int, int]]:
    """How many each lies on nearly everywhere, and how many lie on it."""
    lowest: list[int] = []
    for place, unit in enumerate(units):
        found = (lowest[other] for other in range(place) if _coincide(unit, units[other]))
        lowest.append(next(found, place))
    return [(lowest[:place].count(own), lowest[place + 1 :].count(own)) for place, own in enumerate(lowest)]


def _coincide(one: Unit, other: Unit) -> bool:
    if not one.curves or not other.curves or not np.array_equal(one.epochs, other.epochs):
        return False
    first, second = _logarithm(one.median), _logarithm(other.median)
    both = np.concatenate([first, second])
    both = both[np.isfinite(both)]
    height = float(both.max() - both.min()) if len(both) else 0.0
    near = (np.abs(first - second) <= NEAR * max(height, 1e-3)) | (np.isnan(first) & np.isnan(second))
    return float(near.mean()) >= ALIKE


def _logarithm(values: Values) -> Values:
    return np.log10(np.where(values > 0, values, np.nan))
