"""Where along a path dots and numbers have room, measured in points on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nnrun.plots.limits import Values
from nnrun.plots.sheet import POINT, Sheet

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

APART = 4.5
"""Points between dots."""

BETWEEN = 22.0
"""Points between numbered dots."""

STRIDE = 3.0
"""Points between the places along a path that a number keeps clear of."""

DISTANCES = (10.0, 13.0, 17.0)
"""Of a number from its dot, points."""

FARTHER = (*DISTANCES, 24.0, 34.0, 48.0)
"""The same of what is said of a way out, which is wider."""

HEAD = 9.0
"""Length of the arrow with which a path leaves, points."""

FEW = 10
"""Epochs that are all numbered."""

DIRECTIONS = [math.radians(angle) for angle in (45, 135, -45, -135, 0, 180, 90, -90)]


@dataclass(frozen=True)
class Label:
    """A number, the point that it belongs to, and where it stands from there in points."""

    text: str
    at: tuple[float, float]
    offset: tuple[float, float]


@dataclass(frozen=True)
class WayOut:
    """Where a path leaves the panel: the point on the border, a unit vector on the page, and what to say."""

    at: tuple[float, float]
    direction: tuple[float, float]
    text: str


class Page:
    """Coordinates of a panel in points from its lower left corner.

    Args:
        axes: the panel, in its place and with its limits.
        sheet: that it is on.
    """

    def __init__(self, axes: Axes, sheet: Sheet) -> None:
        box = axes.get_position()
        self._sheet = sheet
        self._size = np.array([box.width * sheet.width, box.height * sheet.height]) / POINT
        (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
        self._low, self._range = np.array([x0, y0]), np.array([x1 - x0, y1 - y0])

    def points(self, values: Values) -> Values:
        """Places (point, 2) on the page of values (point, 2)."""
        return np.asarray((values - self._low) / self._range * self._size)

    def apart(self, path: Values) -> list[int]:
        """Which epochs get a dot: those in sight and not too near to the dot before."""
        kept: list[int] = []
        places = self.points(path)
        inside = ((places >= 0) & (places <= self._size)).all(axis=1)
        for index in np.flatnonzero(inside):
            if not kept or math.dist(places[index], places[kept[-1]]) >= APART:
                kept.append(int(index))
        return kept

    def steps_within(self, path: Values, crossings: float) -> int:
        """How many steps a path makes until it has crossed the panel so many times."""
        across = float(np.hypot(*self._size))
        steps = np.hypot(*np.diff(self.points(path), axis=0).T)
        return int((np.cumsum(np.fmin(steps, across)) <= crossings * across).sum())

    def way_out(self, last: Values, beyond: Values, text: str) -> WayOut | None:
        """Where the step from `last`, in sight, to `beyond` leaves; None where that is nowhere."""
        place, step = self.points(last), self.points(beyond) - self.points(last)
        if not np.isfinite(step).all() or not step.any():
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(step > 0, (self._size - place) / step, -place / step)
        share = float(np.nanmin(shares))
        at = last + share * (beyond - last)
        direction = step / np.hypot(*step)
        return WayOut((float(at[0]), float(at[1])), (float(direction[0]), float(direction[1])), text)

    def labels(self, path: Values, taken: Sequence[Values], way_out: WayOut | None = None) -> list[Label]:
        """Numbers of epochs, each where it covers neither the path nor what is `taken` nor another number.

        A path with a `way_out` ends there.
        """
        places = self.points(path)
        busy = self._along(places)
        boxes = [(x - 7, y - 7, x + 7, y + 7) for x, y in self.points(np.array(taken).reshape(-1, 2))]
        if way_out is not None:
            x, y = places[-1] - 0.5 * HEAD * np.array(way_out.direction)
            boxes.append((x - 5, y - 5, x + 5, y + 5))
        found, numbered = [], [places[0]]
        for epoch in _candidates(len(path) - 1):
            place = places[epoch]
            if not np.isfinite(place).all() or any(math.dist(place, other) < BETWEEN for other in numbered):
                continue
            leaving = way_out is not None and epoch == len(path) - 1
            text = way_out.text if way_out is not None and leaving else str(epoch)
            box = self._free(place, text, FARTHER if leaving else DISTANCES, busy, boxes)
            if box is not None:
                boxes.append(box)
                numbered.append(place)
                middle = (box[0] + box[2]) / 2 - place[0], (box[1] + box[3]) / 2 - place[1]
                at = float(path[epoch, 0]), float(path[epoch, 1])
                found.append(Label(text, at, (float(middle[0]), float(middle[1]))))
        return found

    def _free(
        self, place: Values, text: str, distances: Sequence[float], busy: Values, boxes: Sequence[Box]
    ) -> Box | None:
        """Left, bottom, right and top of the first free place for `text`."""
        size = self._sheet.theme.tick
        half = np.array([self._sheet.text_width(text, size) / POINT / 2 + 2, 0.62 * size])
        for distance in distances:
            for angle in DIRECTIONS:
                side = distance * math.cos(angle) + math.copysign(half[0] - 5, math.cos(angle))
                middle = place + np.array([side, distance * math.sin(angle)])
                middle = middle.clip(half + 2, self._size - half - 2)
                low, high = middle - half, middle + half
                box = (*low.tolist(), *high.tolist())
                clear = not ((busy > low) & (busy < high)).all(axis=1).any()
                if clear and not any(_overlap(box, other) for other in boxes):
                    return box
        return None

    def _along(self, places: Values) -> Values:
        """Points every few points along the path, as far as it is in sight."""
        near = places[np.isfinite(places).all(axis=1)]
        near = np.clip(near, -10 * self._size, 10 * self._size)
        steps = np.diff(near, axis=0)
        counts = np.ceil(np.hypot(*steps.T) / STRIDE).astype(int).clip(1)
        begins = np.cumsum(counts) - counts
        shares = (np.arange(counts.sum()) - np.repeat(begins, counts)) / np.repeat(counts, counts)
        flat = np.repeat(near[:-1], counts, axis=0) + shares[:, None] * np.repeat(steps, counts, axis=0)
        flat = np.concatenate([flat, near[-1:]])
        return np.asarray(flat[((flat >= 0) & (flat <= self._size)).all(axis=1)])


def _candidates(last: int) -> list[int]:
    """All if they are few, else 1, 2, 5, 10, 20, ...; the last epoch comes first: it matters most."""
    if last <= FEW:
        return [*range(last, 0, -1)]
    decades = range(len(str(last)))
    round_numbers = [digit * 10**e for e in decades for digit in (1, 2, 5)]
    return [last, *(number for number in round_numbers if number < last)]


def _overlap(one: Box, other: Box) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart
