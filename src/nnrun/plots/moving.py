"""Classes in the plane as they change from frame to frame, with the line where the answer changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection

from nnrun.plots.moments import Frame, caption
from nnrun.plots.regions import RegionStage
from nnrun.plots.sheet import Sheet
from nnrun.runs.reading import RunRecord


class MovingRegions(RegionStage):
    """Regions, borders and points of one run; the same lines as in its picture `fit`.

    Args:
        record: of the run.
        sheet: to be filled.
        language: of the words on it.
    """

    def __init__(self, record: RunRecord, sheet: Sheet, language: str) -> None:
        super().__init__(record, sheet, language)
        plots, side = record.plots, record.plots["snapshot_regions"].shape[1]
        sides = (plots["region_across"], plots["region_along"])
        self._across, self._along = (np.linspace(values[0], values[-1], side) for values in sides)
        style: dict[str, Any] = {"colors": [sheet.theme.ink], "linewidths": sheet.theme.hair, "zorder": 1.5}
        self._border = LineCollection([], **style)
        self._image.axes.add_collection(self._border, autolim=False)

    @property
    def artists(self) -> list[Artist]:
        """Those that `show` changes, and what stands before them."""
        image, *others = super().artists
        return [image, self._border, *others]

    def show(self, frame: Frame) -> None:
        """Puts one moment on the stage."""
        super().show(frame)
        self._caption.set_text(caption(frame, self._say))
        self._border.set_segments(self._borders(np.asarray(frame.prediction, dtype=np.float64)))

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
