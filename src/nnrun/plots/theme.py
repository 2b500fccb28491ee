"""How pictures look: colours, sizes and line widths, in one place and without matplotlib."""

from __future__ import annotations

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


LIGHT = Theme()
