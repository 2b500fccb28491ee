"""How strokes, dots and words of a raster page are drawn: matplotlib's settings, made once for each style."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.colors import to_rgba
from matplotlib.markers import MarkerStyle

from nnrun.plots.theme import Theme


class Style(NamedTuple):
    """Of a line: its pen, the pen of its dots, their size and colour."""

    pen: Any
    dot: Any
    size: float
    face: tuple[float, ...]


def key(style: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What of a line's style says how its pens are."""
    return tuple((name, value) for name, value in style.items() if name not in ("zorder", "markevery"))


@functools.lru_cache(256)
def resolved(style: tuple[tuple[str, Any], ...], theme: Theme) -> Style:
    """A line's style, as `key` gives it, with the defaults of `styled`."""
    long = {"lw": "linewidth", "ls": "linestyle", "ms": "markersize", "mew": "markeredgewidth"}
    long |= {"mfc": "markerfacecolor", "mec": "markeredgecolor"}
    given = {long.get(name, name): value for name, value in style}
    alpha = given.get("alpha")
    width, dashes = given.get("linewidth", theme.line), given.get("linestyle", "-")
    pen = None
    if dashes != "":
        pen = _pen(to_rgba(given["color"], alpha), width, None if dashes == "-" else dashes)
    if "marker" not in given:
        return Style(pen, None, 0.0, ())
    face = given.get("markerfacecolor", given["color"])
    edge = given.get("markeredgecolor", given["color"])
    dot = GraphicsContextBase()
    dot.set_linewidth(given.get("markeredgewidth", 1.0))
    dot.set_foreground(to_rgba(edge, alpha), isRGBA=True)
    dot.set_snap(False)
    marker = _marker()
    dot.set_joinstyle(marker.get_joinstyle())
    dot.set_capstyle(marker.get_capstyle())
    return Style(pen, dot, given["markersize"], to_rgba(face, alpha))


def _pen(colour: Any, width: float, dashes: Any) -> Any:
    pen = GraphicsContextBase()
    pen.set_linewidth(width)
    pen.set_foreground(colour, isRGBA=True)
    pen.set_joinstyle("round")
    pen.set_capstyle("round" if dashes is None else "butt")
    if dashes is not None:
        pen.set_dashes(dashes[0] * width, [length * width for length in dashes[1]])
    return pen


@functools.cache
def grid(theme: Theme) -> Any:
    """The pen of the lines behind everything."""
    return _pen(to_rgba(theme.grid), theme.hair, None)


@functools.cache
def edge(theme: Theme) -> Any:
    """The pen of a panel's frame."""
    pen = GraphicsContextBase()
    pen.set_linewidth(theme.hair)
    pen.set_foreground(to_rgba(theme.frame), isRGBA=True)
    pen.set_joinstyle("miter")
    pen.set_capstyle("projecting")
    return pen


@functools.cache
def ink(colour: str) -> Any:
    """The pen of words."""
    pen = GraphicsContextBase()
    pen.set_foreground(to_rgba(colour), isRGBA=True)
    return pen


@functools.cache
def _marker() -> MarkerStyle:
    return MarkerStyle("o")


@functools.cache
def circle() -> Any:
    """The outline of a dot, 2 wide."""
    return _marker().get_path()
