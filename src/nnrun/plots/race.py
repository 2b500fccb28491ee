"""Several runs learning side by side, as a GIF: one panel each, one frame for each recorded moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from nnrun.errors import BadInput
from nnrun.plots import fit, overlays, regions
from nnrun.plots.compared import Compared, Unit, axis_names
from nnrun.plots.gif import palette_of, write_frames
from nnrun.plots.hues import Look, looks_of
from nnrun.plots.lattice import Lattice, lattice
from nnrun.plots.legible import lettered
from nnrun.plots.numerals import short
from nnrun.plots.racers import Racer, RacingCurve, RacingPlane, races
from nnrun.plots.saving import replacing
from nnrun.plots.text import shortened
from nnrun.plots.theme import LIGHT, Theme
from nnrun.words import words

MOST = 6
"""Panels side by side."""

PANEL = 0.55
"""Of the theme's width, that a panel takes; never less than all of it together."""

TALL = 0.8
"""Of the theme's height, that the page takes."""

SHADES, FREQUENT = 6, 24
"""Colours of the GIF: from each hue to the background, and those that the last frame has most of."""

LOSS = 7.5
"""Sizes of its text that the loss above a panel takes."""

PACE, FIRST, LAST = 0.12, 0.8, 2.5
"""Seconds for which a frame stays, and the first and the last one."""


def race(
    found: Compared,
    path: Path,
    *,
    language: str = "en",
    font: str | None = None,
    theme: Theme = LIGHT,
    width: float | None = None,
    height: float | None = None,
) -> None:
    """Writes the GIF, which repeats for ever.

    Args:
        found: whose typical runs are shown.
        path: of the file.
        language: of the words in it.
        font: family of the letters.
        theme: how it looks.
        width: inches; None: what the panels need.
        height: inches; None: likewise.

    Raises:
        BadInput: they are too many, or none has recorded moments of its fit.
        OSError: the file cannot be written; what was there before is still there.
    """
    found, theme = lettered(found, theme)
    moving = [unit for unit in found.units if races(unit)]
    if not moving:
        raise BadInput(
            "--animate: only fits over one input, and classes in the plane, are recorded while training;"
            " there is none here"
        )
    if len(moving) > MOST:
        raise BadInput(f"--animate: {len(moving)} do not fit side by side; name {MOST} at most")
    size = max(theme.width, PANEL * theme.width * len(moving)), TALL * theme.height
    with lattice(theme, (width or size[0], height or size[1]), language, font) as (sheet, chosen):
        stage = _Stage(sheet, found, moving, chosen)
    epochs = sorted({int(epoch) for racer in stage.racers for epoch in racer.epochs})
    pictures = list(stage.pictures(epochs))
    seconds = [max(PACE, FIRST), *[PACE] * (len(pictures) - 2), LAST][: len(pictures)]
    inks = [theme.ink, *(look.colour for look in stage.looks)]
    if any(unit.kind == "regions" for unit in moving):
        colours = palette_of(pictures, [(ink, theme.background) for ink in (*inks, *stage.hues[:20])])
    else:
        colours = _palette(pictures, theme, inks)
    with replacing(path) as file:
        write_frames(pictures, colours, seconds, file)


def _palette(pictures: Sequence[Any], theme: Theme, inks: Sequence[str]) -> Any:
    """Colours (colour, 3): the runs' own with what smoothing makes of them, and the most frequent ones."""
    ground = np.array(to_rgb(theme.background))
    ends = [np.array(to_rgb(ink)) for ink in inks]
    shades = [ground + share * (end - ground) for end in ends for share in np.linspace(1, 0, SHADES)]
    colours, counts = np.unique(pictures[-1].reshape(-1, 3), axis=0, return_counts=True)
    frequent = colours[np.argsort(-counts, kind="stable")[:FREQUENT]]
    return np.concatenate([np.round(255 * np.array(shades)), frequent]).astype(np.int32)


class _Stage:
    """What stays from frame to frame, and what moves in each panel, with the loss above it.

    Attributes:
        racers: in the order of the panels.
        looks: of their runs.
        hues: a colour for each class; none where there are no planes.
    """

    def __init__(self, sheet: Lattice, found: Compared, units: Sequence[Unit], language: str) -> None:
        self._sheet, self._units, self._say = sheet, units, words(language)
        self._looks: Mapping[str, Look] = looks_of(found.units, found.axis, sheet.theme)
        classes = [unit.arrays["region_probability"].shape[2] for unit in units if unit.kind == "regions"]
        self.hues = regions.hues_of(max(classes), sheet.theme, len(found.units)) if classes else []
        self._caption = sheet.caption()
        sheet.top -= 0.05
        panels = [self._panel(unit, place) for place, unit in enumerate(units)]
        self._told = [axes.texts[0] for axes in panels]
        sheet.place([panels], [1.0])
        self.looks = [self._looks[unit.name] for unit in units]
        self.racers = [self._racer(unit, axes) for unit, axes in zip(units, panels, strict=True)]

    def pictures(self, epochs: Sequence[int]) -> Iterator[Any]:
        """Every frame as an array (row, column, 3) of bytes."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas = FigureCanvasAgg(self._sheet.figure)
        changing: list[Artist] = [self._caption, *self._told]
        changing += [artist for racer in self.racers for artist in racer.artists]
        for artist in changing:
            artist.set_animated(True)
        canvas.draw()  # type: ignore[no-untyped-call]
        background = canvas.copy_from_bbox(self._sheet.figure.bbox)  # type: ignore[no-untyped-call]
        for epoch in epochs:
            canvas.restore_region(background)  # type: ignore[no-untyped-call]
            self._show(epoch)
            for artist in changing:
                self._sheet.figure.draw_artist(artist)
            yield np.array(canvas.buffer_rgba())[:, :, :3]  # type: ignore[no-untyped-call]

    def _show(self, epoch: int) -> None:
        self._caption.set_text(self._say["plot.compare.frame"].format(epoch=epoch))
        for racer, told in zip(self.racers, self._told, strict=True):
            told.set_text(f"{self._say['plot.loss']} {short(racer.show(epoch))}")

    def _racer(self, unit: Unit, axes: Axes) -> Racer:
        if unit.kind == "regions":
            return RacingPlane(unit, axes, self.hues, self._sheet.theme)
        return RacingCurve(unit, axes, self._looks[unit.name].colour)

    def _panel(self, unit: Unit, place: int) -> Axes:
        sheet, theme = self._sheet, self._sheet.theme
        room = 0.85 * 72 * sheet.width / len(self._units) - LOSS * theme.label
        name = shortened(unit.name, room, theme.label, theme.font)
        x, y = axis_names(unit)
        first = place == 0 or axis_names(self._units[place - 1])[1] != y
        axes = sheet.panel(x, y if first else None, name)
        axes.set_title(name, y=1.0, pad=4.0, color=self._looks[unit.name].colour)
        if unit.kind == "regions":
            overlays.scale_plane(sheet, axes, unit)
        else:
            overlays.scale_fits(sheet, axes, [unit], fit.ticks(len(self._units)))
            overlays.draw_data(axes, sheet, unit.arrays)
        above: dict[str, Any] = {
            "xycoords": "axes fraction",
            "textcoords": "offset points",
            "ha": "right",
            "va": "baseline",
        }
        axes.annotate("", (1.0, 1.0), xytext=(0.0, 4.0), size=theme.label, annotation_clip=False, **above)
        return axes
