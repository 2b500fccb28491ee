"""Classes in the plane as they change from frame to frame, with the line where the answer changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from nnrun.plots import captions, regions
from nnrun.plots.moments import Frame, caption
from nnrun.plots.sheet import Sheet
from nnrun.plots.theme import Theme
from nnrun.runs.reading import RunRecord
from nnrun.words import words


class MovingPlane:
    """Regions, borders and points on one pair of axes, as `fit` has them; the former two change.

    Args:
        axes: whose limits are set.
        plots: arrays of a portrait.
        hues: a colour for each class.
        theme: how it looks.
    """

    def __init__(self, axes: Axes, plots: Mapping[str, Any], hues: Sequence[str], theme: Theme) -> None:
        self._hues, self._theme = hues, theme
        side = plots["snapshot_regions"].shape[1]
        sides = (plots["region_across"], plots["region_along"])
        self._across, self._along = (np.linspace(values[0], values[-1], side) for values in sides)
        self._image = regions.image(axes, plots, self._colours(plots["snapshot_regions"][0]))
        style: dict[str, Any] = {"colors": [theme.ink], "linewidths": theme.hair, "zorder": 1.5}
        self._border = LineCollection([], **style)
        axes.add_collection(self._border, autolim=False)
        self._dots = regions.points(axes, plots, hues, theme)

    @property
    def artists(self) -> list[Artist]:
        """Those that `show` changes, and what stands before them."""
        return [self._image, self._border, *self._dots]

    def show(self, shares: npt.NDArray[np.uint8]) -> None:
        """Puts one moment on the axes: probabilities (along, across, class) in bytes."""
        self._image.set_data(self._colours(shares))
        self._border.set_segments(self._borders(np.asarray(shares, dtype=np.float64)))

    def _colours(self, shares: npt.NDArray[np.uint8]) -> regions.Floats:
        return regions.painted(shares.astype(np.float64) / 255, self._hues, self._theme)

    def _borders(self, shares: Any) -> list[Any]:
        """Lines (point, 2) where one class becomes more probable than all others."""
        classes = shares.shape[2]
        lines: list[Any] = []
        for own in range(1 if classes == 2 else 0, classes):
            lead = shares[:, :, own] - np.delete(shares, own, axis=2).max(axis=2)
            if lead.min() < 0 < lead.max():
                contours = self._image.axes.contour(self._across, self._along, lead, levels=[0.0])
                lines += contours.allsegs[0]
                contours.remove()
        return lines


class MovingRegions:
    """The page of one run whose plane moves.

    Args:
        record: of the run.
        sheet: to be filled.
        language: of the words on it.
    """

    def __init__(self, record: RunRecord, sheet: Sheet, language: str) -> None:
        self._say, self._theme = words(language), sheet.theme
        self.figure = sheet.figure
        self._hues = regions.hues_of(record.plots["snapshot_regions"].shape[3], sheet.theme)
        sheet.header(captions.title(record), [], about=captions.about(record))
        self._caption = sheet.caption()
        sheet.top -= 0.06
        sheet.legend(regions.legend(record, self._hues, sheet.theme, self._say))
        axes = regions.panel(record, sheet)
        self._plane = MovingPlane(axes, record.plots, self._hues, sheet.theme)
        sheet.place([[axes]], [1.0])

    @property
    def artists(self) -> list[Artist]:
        """Those that `show` changes, and what stands before them."""
        return [*self._plane.artists, self._caption]

    @property
    def inks(self) -> list[tuple[str, str]]:
        """Colours of letters and points, which take little of the page, and what they stand on."""
        ground = self._theme.background
        return [(ink, ground) for ink in (self._theme.ink, self._theme.muted, *self._hues[:20])]

    def show(self, frame: Frame) -> None:
        """Puts one moment on the stage."""
        self._plane.show(frame.prediction)
        self._caption.set_text(caption(frame, self._say))
