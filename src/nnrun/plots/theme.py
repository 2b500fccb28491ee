"""How pictures look: colours, sizes and line widths, in one place and without matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """One look. Hues are Okabe and Ito's, which colour-blind readers can tell apart.

    Everywhere, `model` is what was trained and its training loss, `validation` what it did not train on,
    `truth` what no network can beat, and `data` the training points. A landscape rises from `background`
    through `height_low` to `height_high`.

    Attributes:
        width: of the picture, inches.
        height: of the picture, inches.
        dpi: dots per inch of PNG.
        font: family that has to be there; matplotlib ships DejaVu Sans.
        fallbacks: families, which have to be there too, for what `font` lacks.
        title: size of the title, points; `note` of the lines under it, `label` of axes and legends,
            `tick` of tick labels.
        line: width of curves, points; `thin` of reference lines, `hair` of grid and frame.
        dot: diameter of data points, points.
        mark: size of other marks, in units of the light theme's.
    """

    background: str = "#ffffff"
    ink: str = "#222222"
    muted: str = "#5f6368"
    grid: str = "#e4e6e9"
    frame: str = "#a9adb3"
    data: str = "#6b7077"
    model: str = "#0072b2"
    validation: str = "#d55e00"
    truth: str = "#222222"
    alarm: str = "#b3261e"
    height_low: str = "#e6edf4"
    height_high: str = "#93a9c0"
    width: float = 6.4
    height: float = 4.8
    dpi: float = 125.0
    font: str = "DejaVu Sans"
    fallbacks: tuple[str, ...] = ()
    title: float = 11.5
    note: float = 9.5
    label: float = 10.0
    tick: float = 9.0
    line: float = 2.2
    thin: float = 1.4
    hair: float = 0.8
    dot: float = 4.2
    mark: float = 1.0

    @property
    def scale(self) -> float:
        """How large letters are, in units of the light theme's."""
        return self.label / 10.0


LIGHT = Theme()

SLIDE = Theme(
    width=10.0,
    height=5.625,
    dpi=192.0,
    title=19.0,
    note=15.0,
    label=16.5,
    tick=15.0,
    line=4.0,
    thin=2.4,
    hair=1.2,
    dot=7.5,
    mark=1.75,
)
"""To be read from the last row: 1920 by 1080 dots."""

PAPER = Theme(
    width=3.4,
    height=2.7,
    dpi=300.0,
    title=8.0,
    note=6.5,
    label=7.0,
    tick=6.5,
    line=1.2,
    thin=0.8,
    hair=0.5,
    dot=2.3,
    mark=0.55,
)
"""For one of two columns, in letters that are as large as a caption's."""

DARK = Theme(
    background="#15181c",
    ink="#eceff1",
    muted="#aab1b8",
    grid="#2a2f35",
    frame="#6b737b",
    data="#98a1aa",
    model="#56b4e9",
    validation="#f0a030",
    truth="#f4f4f4",
    alarm="#ff7a6e",
    height_low="#1e2a36",
    height_high="#4f6a86",
)
"""Hues lighter than on white, so that they stand out as much."""

THEMES: Mapping[str, Theme] = {"light": LIGHT, "slide": SLIDE, "paper": PAPER, "dark": DARK}
"""What `--theme` chooses from."""
