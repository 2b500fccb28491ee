"""What a picture of several runs side by side shows, gathered from wherever they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from nnrun.plots.axis import Axis
from nnrun.plots.limits import Values, drawable

Arrays = Mapping[str, Any]

_REGIONS = {"region_probability", "region_across", "region_along", "train_x", "train_class"}


@dataclass(frozen=True)
class Curve:
    """The loss of one run by epoch.

    Attributes:
        epochs: (epoch,), ascending.
        losses: (epoch,).
        lost: whether the run diverged or failed.
    """

    epochs: Values
    losses: Values
    lost: bool = False

    def at(self, epochs: Values) -> Values:
        """Losses at other epochs: NaN before the first, after the last as there, infinite if it was lost."""
        places = np.searchsorted(self.epochs, epochs, side="right") - 1
        values = np.where(places >= 0, self.losses[np.maximum(places, 0)], np.nan)
        return np.where(epochs > self.epochs[-1], np.inf, values) if self.lost else values


@dataclass(frozen=True)
class Unit:
    """A run, or several that go by one name and one colour.

    Attributes:
        name: in the legend.
        curves: of its runs, those that have any.
        status: of its typical run.
        outcome: median of what the runs are judged by; NaN where the middle one was lost.
        measure: what its loss is a loss of; losses of different measures get different panels.
        arrays: of plots.npz of its typical run; empty where there are none.
        errors: parameter -> learned minus true value of the typical run.
        weights: names of the weights, where there are two.
        others: grid (point,) and prediction (point,) of its other runs, where they are few.
        classes: their names, where it was trained on classes.
        inputs: names of the first inputs, as far as they have any.
        output: name of the first output; empty where it has none.
    """

    name: str
    curves: tuple[Curve, ...]
    status: str
    outcome: float
    measure: str
    arrays: Arrays = field(default_factory=dict)
    errors: Mapping[str, float] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    others: tuple[tuple[Values, Values], ...] = ()
    classes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    output: str = ""

    @property
    def lost(self) -> bool:
        """Whether its typical run diverged or failed."""
        return self.status in ("diverged", "failed")

    @property
    def kind(self) -> str:
        """What can be drawn: `curve` over one input, `against`, `regions`, `classes` or `nothing`."""
        if is_plane(self.arrays):
            return "regions"
        if "confusion" in self.arrays:
            return "classes"
        if {"grid", "grid_prediction", "train_x", "train_y"} <= set(self.arrays):
            return "curve"
        return "against" if {"train_y", "train_prediction"} <= set(self.arrays) else "nothing"

    @cached_property
    def epochs(self) -> Values:
        """Those at which any of its runs has a loss."""
        return np.unique(np.concatenate([curve.epochs for curve in self.curves] or [np.empty(0)]))

    @cached_property
    def table(self) -> Values:
        """Losses (run, epoch) at `epochs`; runs that were lost have infinite ones beyond their end."""
        return np.stack([curve.at(self.epochs) for curve in self.curves])

    @cached_property
    def median(self) -> Values:
        """Of the losses at `epochs`."""
        return quantile(self.table, 0.5)


@dataclass(frozen=True)
class Compared:
    """Everything that is drawn.

    Attributes:
        units: in order.
        keys: in which they differ, those by which they go.
        differing: in how many keys they differ altogether.
        runs: how many there are altogether.
        column: the loss that is drawn, such as `train/loss`.
        objective: what all are judged by; empty where these are several.
        axis: the key by whose values they are coloured; None where each has a colour of its own.
        floor: the truth's loss, where all have the same.
        dataset: that all share, as summary.json has it; empty where there are several.
        same_data: whether all that recorded points were trained on the same ones.
    """

    units: tuple[Unit, ...]
    keys: tuple[str, ...]
    differing: int
    runs: int
    column: str
    objective: str = ""
    axis: Axis | None = None
    floor: float | None = None
    dataset: Mapping[str, Any] = field(default_factory=dict)
    same_data: bool = True

    @property
    def measures(self) -> tuple[str, ...]:
        """What the losses are losses of, in the order in which they come."""
        return tuple(dict.fromkeys(unit.measure for unit in self.units if unit.curves))

    def of_kind(self, kind: str) -> list[Unit]:
        """The units whose fit can be drawn so."""
        return [unit for unit in self.units if unit.kind == kind]


def is_plane(arrays: Arrays) -> bool:
    """Whether there are regions of classes (along, across, class), and points (sample, 2) of the plane."""
    if not set(arrays) >= _REGIONS:
        return False
    sides = arrays["region_along"].shape + arrays["region_across"].shape
    shares, x = arrays["region_probability"].shape, arrays["train_x"].shape
    return len(shares) == 3 and bool(shares[:2] == sides and x == (*arrays["train_class"].shape, 2))


def quantile(table: Values, share: float) -> Values:
    """Of each column of (run, epoch), the value that `share` of the runs stay below; NaN where infinite.

    Between two runs it lies on the line from one to the other; what is missing (NaN) counts as infinite.
    """
    ordered = np.sort(np.where(np.isfinite(table), table, np.inf), axis=0)
    place = share * (len(ordered) - 1)
    low, high = int(np.floor(place)), int(np.ceil(place))
    weight = place - low
    with np.errstate(invalid="ignore"):
        between = ordered[low] if low == high else (1 - weight) * ordered[low] + weight * ordered[high]
    return drawable(between)


def some(units: Sequence[Unit], most: int) -> list[Unit]:
    """All of them, or as many, evenly taken."""
    if len(units) <= most:
        return list(units)
    return [units[place] for place in np.unique(np.linspace(0, len(units) - 1, most).round().astype(int))]


def axis_names(unit: Unit) -> tuple[str, str]:
    """What stands on the axes of its fit or its plane: names of the data where it has them."""
    named = dict(enumerate(unit.inputs))
    if unit.kind == "regions":
        return named.get(0, "x1"), named.get(1, "x2")
    return named.get(0, "x"), unit.output or "y"
