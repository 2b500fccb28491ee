"""Paints a page at once: strokes, dots and texts in pixels, by matplotlib's rasteriser and in its order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.backends import _backend_agg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from nnrun.plots import letters, pens
from nnrun.plots.letters import Lettered
from nnrun.plots.raster import TITLE_PAD, RasterFigure, RasterLegend, RasterLine, RasterPanel, RasterText

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

SIMPLIFIED = 128
"""Points from which matplotlib leaves out those of a line that no eye can tell."""

THRESHOLD = 1 / 9
"""Pixels that a simplified line may be off."""

HANDLE = (1.8, 0.7)
"""Width and height of a legend's line, in sizes of its text."""

TICK_PAD = 5.0
"""Points between an axis and its numbers."""


class _Path(NamedTuple):
    """What the rasteriser reads of a path."""

    vertices: Floats
    codes: None = None
    should_simplify: bool = False
    simplify_threshold: float = THRESHOLD


def painted(page: RasterFigure) -> npt.NDArray[np.uint8]:
    """Red, green, blue and opacity (row, column, 4) of a page; good until the next is painted."""
    return _Brush(page).pixels()


class _Brush:
    """Draws one page.

    Args:
        page: with everything in its place.
    """

    def __init__(self, page: RasterFigure) -> None:
        self.page, self.theme = page, page.theme
        self.dpi = page.theme.dpi
        self.width, self.height, self.agg = _canvas(page.width, page.height, self.dpi)
        self.point = self.dpi / 72
        self.family = (page.theme.font, *page.theme.fallbacks)

    def pixels(self) -> npt.NDArray[np.uint8]:
        dots: npt.NDArray[np.uint8] = np.asarray(self.agg)
        dots.view(np.uint32)[:] = _filling(self.theme.background)
        for panel in self.page.panels:
            _PanelBrush(self, panel).draw()
        for text in self.page.texts:
            self.write(text, (text.x * self.width + 0.0, text.y * self.height + 0.0))
        for legend in self.page.legends:
            self._legend(legend)
        return dots

    def write(self, text: RasterText, at: tuple[float, float]) -> None:
        """Text at pixels from the left lower corner."""
        style = text.style
        family = tuple(style.get("family", self.family))
        look = Lettered(style.get("size", self.theme.label), family, self.dpi)
        colour = style.get("color", self.theme.ink)
        self.letter(text.text, look, colour, at, style.get("ha", "left"), style.get("va", "baseline"))

    def letter(
        self,
        text: str,
        look: Lettered,
        colour: str,
        at: tuple[float, float],
        ha: str = "left",
        va: str = "baseline",
        angle: float = 0.0,
    ) -> None:
        if not text:
            return
        x, y = at
        if (ha, va) != ("left", "baseline"):
            right, up = letters.offset(text, look, ha, va, angle)
            x, y = right + x, up + y
        letters.draw(self.agg, pens.ink(colour), (x, y), text, look, angle)

    def _legend(self, legend: RasterLegend) -> None:
        """Columns of entries, all on the base lines of the first column's rows."""
        look = Lettered(self.theme.label, self.family, self.dpi)
        pad, between, rows = (size * self.theme.label * self.point for size in legend.spacing)
        wide, high = (size * self.theme.label * self.point for size in HANDLE)
        x = legend.corner[0] * self.width + 0.0
        top = legend.corner[1] * self.height + 0.0
        entries = list(zip(legend.artists, legend.names, strict=True))
        columns = [list(part) for part in _split(entries, legend.columns)]
        extents = [[letters.extent(name, look) for _, name in column] for column in columns]
        line_height = letters.plain_height(look)
        spans = [
            [(min(0.0, -e.descent), max(high, line_height, e.ascent)) for e in column] for column in extents
        ]
        first = top - max(column[0][1] for column in spans)
        for column, sizes, heights in zip(columns, extents, spans, strict=True):
            y = first
            for index, (style, name) in enumerate(column):
                if index:
                    y -= heights[index][1] - heights[index - 1][0] + rows
                scale = np.array([[self.point, 0.0, x], [0.0, self.point, y], [0.0, 0.0, 1.0]])
                self.stroke(_legend_line(style, self.theme.label), _identity, scale, None, every=[1])
                self.letter(name, look, self.theme.ink, (x + wide + pad, y))
            x += wide + pad + max(size.width for size in sizes) + between

    def stroke(
        self,
        line: RasterLine,
        bend: Callable[[Any, Any], Floats],
        affine: Matrix,
        clip: Floats | None,
        every: Sequence[int] | None = None,
    ) -> None:
        """A line and its dots."""
        style = pens.resolved(pens.key(line.style), self.theme)
        vertices = bend(line.x, line.y)
        if not len(vertices):
            return
        if style.pen is not None:
            style.pen._cliprect = clip
            long = len(vertices) >= SIMPLIFIED
            self.agg.draw_path(style.pen, _Path(vertices, None, long), affine, None)
        if style.dot is None:
            return
        every = line.style.get("markevery", every)
        vertices = vertices if every is None else vertices[list(every)]
        if len(vertices):
            style.dot._cliprect = clip
            size = 0.5 * (style.size * self.point)
            scale = np.array([[size, 0.0, 0.0], [0.0, size, 0.0], [0.0, 0.0, 1.0]])
            self.agg.draw_markers(style.dot, pens.circle(), scale, _Path(vertices), affine, style.face)


class _PanelBrush:
    """Draws one panel: grid and numbers, lines by their order, frame, labels."""

    def __init__(self, brush: _Brush, panel: RasterPanel) -> None:
        self.brush, self.panel, self.theme = brush, panel, brush.theme
        left, bottom, width, height = panel.box
        x0, x1 = left * brush.width + 0.0, (left + width) * brush.width + 0.0
        y0, y1 = bottom * brush.height + 0.0, (bottom + height) * brush.height + 0.0
        self.x0, self.y0, self.x1, self.y1 = x0, y0, x1, y1
        self.clip = np.array([[x0, y0], [x1, y1]])
        across, up = (x1 - x0, x0), (y1 - y0, y0)
        low, high = panel.get_ylim()
        if panel.log:
            low, high = (float(value) for value in _log(np.array([low, high])))
        self.low, self.high = low, high
        x, y = _along(across, panel.get_xlim()), _along(up, (low, high))
        self.data, self.row, self.column = _matrix(x, y), _matrix(across, y), _matrix(x, up)
        self.tick = Lettered(self.theme.tick, brush.family, brush.dpi)
        self.label = Lettered(self.theme.label, brush.family, brush.dpi)

    def draw(self) -> None:
        self._x_ticks()
        self._y_ticks()
        lines = sorted(self.panel.lines, key=lambda line: float(line.style.get("zorder", 2.0)))
        for line in lines:
            if line.style.get("zorder", 2.0) <= 2.5:
                self._line(line)
        self._frame()
        for line in lines:
            if line.style.get("zorder", 2.0) > 2.5:
                self._line(line)
        for text in self.panel.texts:
            at = text.x * (self.x1 - self.x0) + self.x0, text.y * (self.y1 - self.y0) + self.y0
            self.brush.write(text, at)
        title = self.panel.get_title("left")
        at = self.x0, self.y1 + TITLE_PAD * self.brush.point
        self.brush.letter(title, self.label, self.theme.ink, at)

    def _x_ticks(self) -> None:
        axis, brush = self.panel.xaxis, self.brush
        texts = axis.texts or [""] * len(axis.places)
        base = self.y0 - TICK_PAD * brush.point
        for place, text in zip(axis.places, texts, strict=True):
            self._path(pens.grid(self.theme), [[place, 0.0], [place, 1.0]], self.column, self.clip)
            at = place * self.column[0, 0] + self.column[0, 2]
            brush.letter(text, self.tick, self.theme.muted, (at, base), "center", "top")
        at = self._inside(axis.label)
        brush.letter(self.panel.get_xlabel(), self.label, self.theme.ink, at, "center", "top")

    def _y_ticks(self) -> None:
        axis, brush = self.panel.yaxis, self.brush
        base = self.x0 - TICK_PAD * brush.point
        places = _log(np.array(axis.places)).tolist() if self.panel.log else axis.places
        for place, text in zip(places, axis.texts, strict=True):
            self._path(pens.grid(self.theme), [[0.0, place], [1.0, place]], self.row, self.clip)
            at = place * self.row[1, 1] + self.row[1, 2]
            brush.letter(text, self.tick, self.theme.muted, (base, at), "right", "center_baseline")
        at = self._inside(axis.label)
        brush.letter(self.panel.get_ylabel(), self.label, self.theme.ink, at, "center", "bottom", 90.0)

    def _inside(self, share: tuple[float, float]) -> tuple[float, float]:
        return share[0] * (self.x1 - self.x0) + self.x0, share[1] * (self.y1 - self.y0) + self.y0

    def _frame(self) -> None:
        pen = pens.edge(self.theme)
        self._path(pen, [[0.0, self.low], [0.0, self.high]], self.row, None)
        low, high = self.panel.get_xlim()
        self._path(pen, [[low, 0.0], [high, 0.0]], self.column, None)

    def _path(self, pen: Any, vertices: list[list[float]], affine: Matrix, clip: Floats | None) -> None:
        pen._cliprect = clip
        self.brush.agg.draw_path(pen, _Path(np.array(vertices)), affine, None)

    def _line(self, line: RasterLine) -> None:
        affine = self.row if line.across else self.column if line.up else self.data
        bend = _bent if self.panel.log and not line.up else _identity
        self.brush.stroke(line, bend, affine, self.clip)


@functools.lru_cache(8)
def _canvas(width: float, height: float, dpi: float) -> tuple[float, float, Any]:
    """Pixels of a page of so many inches, as a `Figure` counts them, and a rasteriser that is used again."""
    wide, high = (float(length) for length in Figure(figsize=(width, height), dpi=dpi).bbox.size)
    rasteriser: Any = _backend_agg
    return wide, high, rasteriser.RendererAgg(int(wide + 1e-8), int(high + 1e-8), dpi)


@functools.cache
def _filling(colour: str) -> Any:
    """The four bytes of a pixel."""
    return np.array([round(255 * part) for part in to_rgba(colour)], np.uint8).view(np.uint32)[0]


def _along(room: tuple[float, float], limits: tuple[float, float]) -> tuple[float, float]:
    """Scale and shift from values within `limits` to pixels."""
    scale = 1.0 / (limits[1] - limits[0])
    return room[0] * scale, room[0] * (-limits[0] * scale) + room[1]


def _matrix(x: tuple[float, float], y: tuple[float, float]) -> Matrix:
    return np.array([[x[0], 0.0, x[1]], [0.0, y[0], y[1]], [0.0, 0.0, 1.0]])


def _identity(x: Any, y: Any) -> Floats:
    return np.column_stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])


def _bent(x: Any, y: Any) -> Floats:
    return np.column_stack([np.asarray(x, dtype=np.float64), _log(np.asarray(y, dtype=np.float64))])


def _log(values: Floats) -> Floats:
    """What is not positive lies far below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm: Floats = np.log10(values)
    logarithm[values <= 0] = -1000
    return logarithm


def _split(entries: list[Any], columns: int) -> list[list[Any]]:
    """As even as can be, the first ones longer."""
    size, more = divmod(len(entries), columns)
    ends = np.cumsum([size + (column < more) for column in range(columns)]).tolist()
    return [entries[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]


def _legend_line(style: Mapping[str, Any], size: float) -> RasterLine:
    wide, high = HANDLE[0] * size, HANDLE[1] * size
    return RasterLine([0.0, wide / 2, wide], [high / 2] * 3, dict(style))
