"""Which panels the picture of a sweep has, and how large a page they need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nnrun.plots.axis import Axis
from nnrun.plots.study import Study
from nnrun.plots.theme import Theme

COLUMNS = 3
"""Panels side by side."""

MOST_PANELS = 9
"""Values of a third key that each have a heat map."""

DENSE = 0.6
"""Share of a grid's places that must have runs for a heat map; fewer are points over each key."""

PANEL = (3.1, 2.45)
"""Inches of one of several panels."""


@dataclass(frozen=True)
class Panel:
    """One panel before it is drawn.

    Attributes:
        study: whose runs it shows.
        kind: `lottery`, `trend` or `heat`.
        lines: none, the key along the bottom, or that and the one along the side.
        fixed: the key and value that its runs share, where there is a panel for each value.
    """

    study: Study
    kind: str
    lines: tuple[Axis, ...] = ()
    fixed: tuple[str, str] | None = None

    @property
    def title(self) -> str | None:
        """What its runs share."""
        return "=".join(self.fixed) if self.fixed else self.study.title or None


def panels_of(study: Study, alone: bool) -> list[Panel]:
    """A line for one axis, a heat map for two, one for each value of a third, else one panel per axis."""
    lines = study.axes
    if not lines:
        return [Panel(study, "lottery")]
    if len(lines) == 1:
        return [Panel(study, "trend", lines)]
    dense = len(study.grouped(lines)) >= DENSE * math.prod(len(line.values) for line in lines)
    if len(lines) == 2 and dense:
        return [Panel(study, "heat", _bottom_first(lines))]
    if len(lines) == 3 and dense and alone:
        third = min(lines, key=lambda line: (line.numbers is not None, len(line.values), -lines.index(line)))
        if len(third.values) <= MOST_PANELS:
            rest = _bottom_first([line for line in lines if line is not third])
            return [Panel(study, "heat", rest, (third.key, value)) for value in third.values]
    return [Panel(study, "trend", (line,)) for line in lines]


def _bottom_first(lines: Sequence[Axis]) -> tuple[Axis, ...]:
    """Of two axes the one with numbers, or with more values, or the later one, goes along the bottom."""
    first, second = lines
    weights = [(line.numbers is not None, len(line.values)) for line in lines]
    return (first, second) if weights[0] > weights[1] else (second, first)


def columns_of(panels: Sequence[Panel]) -> int:
    """Four panels stand in a square."""
    return 2 if len(panels) == 4 else min(len(panels), COLUMNS)


def size_of(panels: Sequence[Panel], theme: Theme) -> tuple[float, float]:
    """Inches: the theme's for one panel, else what all of them need."""
    if len(panels) == 1:
        return theme.width, theme.height
    columns = columns_of(panels)
    rows = -(-len(panels) // columns)
    scale = min(1.0, theme.scale)
    return max(theme.width, scale * (columns * PANEL[0] + 0.4)), scale * (1.25 + rows * PANEL[1])
