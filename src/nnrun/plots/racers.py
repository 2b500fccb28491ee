"""What moves in one panel of a race: a run's fit over its one input, or its regions in the plane."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from nnrun.plots import limits
from nnrun.plots.compared import Unit
from nnrun.plots.moving import MovingPlane
from nnrun.plots.theme import Theme

RECORDED = ("snapshot_epochs", "snapshot_losses")
CURVES = {"snapshot_grid", "snapshot_predictions"}
REGIONS = {"snapshot_regions"}


def races(unit: Unit) -> bool:
    """Whether its typical run has recorded moments of what it learned."""
    needed = {"curve": CURVES, "regions": REGIONS}.get(unit.kind)
    return needed is not None and needed.union(RECORDED) <= set(unit.arrays)


class Racer(ABC):
    """One unit that moves.

    Args:
        unit: for which `races` holds.
    """

    def __init__(self, unit: Unit) -> None:
        self.epochs, self._losses = (unit.arrays[name] for name in RECORDED)

    def show(self, epoch: int) -> float:
        """Shows the last moment that is not after `epoch`; returns its loss on the training data."""
        place = max(int(np.searchsorted(self.epochs, epoch, side="right")) - 1, 0)
        self._move(place)
        return float(self._losses[place])

    @property
    @abstractmethod
    def artists(self) -> list[Artist]:
        """Those that `show` changes, and what stands before them."""

    @abstractmethod
    def _move(self, place: int) -> None:
        """Shows the moment of that number."""


@final
class RacingCurve(Racer):
    """The fit of the first output, in the run's own colour."""

    def __init__(self, unit: Unit, axes: Axes, colour: str) -> None:
        super().__init__(unit)
        grid = unit.arrays["snapshot_grid"][:, 0]
        self._curves: Any = unit.arrays["snapshot_predictions"][:, :, 0]
        (self._line,) = axes.plot(grid, np.full(len(grid), np.nan), zorder=3, color=colour)

    @property
    def artists(self) -> list[Artist]:
        """The line."""
        return [self._line]

    def _move(self, place: int) -> None:
        self._line.set_ydata(limits.drawable(self._curves[place]))


@final
class RacingPlane(Racer):
    """The regions of all classes."""

    def __init__(self, unit: Unit, axes: Axes, hues: Sequence[str], theme: Theme) -> None:
        super().__init__(unit)
        self._regions: Any = unit.arrays["snapshot_regions"]
        self._plane = MovingPlane(axes, unit.arrays, hues[: self._regions.shape[3]], theme)

    @property
    def artists(self) -> list[Artist]:
        """The plane."""
        return self._plane.artists

    def _move(self, place: int) -> None:
        self._plane.show(self._regions[place])
