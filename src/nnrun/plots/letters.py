"""Text on a raster picture: laid out by matplotlib once, then drawn from bitmaps that are kept."""

from __future__ import annotations

import functools
import math
import os
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import RendererAgg, get_hinting_flag
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import RenderMode

from nnrun.plots.theme import LIGHT

Bitmap = npt.NDArray[np.uint8]

KEPT = 8192
"""Texts, layouts and glyphs that are kept of each sort."""

SIGNS = "−×·²⁰¹³⁴⁵⁶⁷⁸⁹⁻…"
"""What numbers and lists are made of beside ASCII."""

_PLAIN = re.compile(f"[ -~{SIGNS}]*")
_WORDS = re.compile(r" |[^ ]+")
_PARTS = re.compile(f"[ 0-9{SIGNS}]|[^ 0-9{SIGNS}]+")
"""DejaVu Sans neither joins blanks, digits and signs with their neighbours nor moves them closer."""

_UNIT = 64
"""FreeType counts 64ths of a pixel."""


@dataclass(frozen=True)
class Lettered:
    """How text looks; `family` are names, best first."""

    size: float
    family: tuple[str, ...]
    dpi: float


class Extent(NamedTuple):
    """Of one line of text, pixels: width, ascent and descent, the font's own included."""

    width: float
    ascent: float
    descent: float


class Stamp(NamedTuple):
    """A bitmap and where its left lower corner lies from where the text begins, in whole pixels."""

    bitmap: Bitmap
    right: int
    down: int


class _Glyph(NamedTuple):
    font: Any
    number: int
    x: float
    y: float


@functools.lru_cache(KEPT)
def offset(text: str, look: Lettered, ha: str, va: str, angle: float = 0.0) -> tuple[float, float]:
    """From the point at which `text` is aligned to where it begins, pixels, y upwards."""
    _, parts, _ = _laid_out(text, look, ha, va, angle)
    _, _, (x, y) = parts[0]
    return float(x), float(y)


@functools.lru_cache(KEPT)
def extent(text: str, look: Lettered) -> Extent:
    """The room that `text` takes."""
    box, parts, _ = _laid_out(text, look, "left", "baseline", 0.0)
    _, (_, _, descent), _ = parts[-1]
    return Extent(float(box.width), float(box.height) - float(descent), float(descent))


def _laid_out(text: str, look: Lettered, ha: str, va: str, angle: float) -> Any:
    figure, renderer = _scratch(look.dpi)
    written = figure.text(
        0, 0, text, size=look.size, family=list(look.family), ha=ha, va=va, rotation=angle, parse_math=False
    )
    if angle:
        written.set_rotation_mode("anchor")
    layout: Any = written._get_layout(renderer)  # type: ignore[attr-defined]
    written.remove()
    return layout


@functools.cache
def plain_height(look: Lettered) -> float:
    """Of `lp` above the base line, pixels: legends make room for that much at least."""
    _, renderer = _scratch(look.dpi)
    _, height, descent = renderer.get_text_width_height_descent("lp", _properties(look), ismath=False)
    return float(height - descent)


@functools.cache
def _scratch(dpi: float) -> tuple[Figure, Any]:
    renderer: Any = RendererAgg
    return Figure(figsize=(1, 1), dpi=dpi), renderer(1, 1, dpi)


def _hinting() -> Any:
    return get_hinting_flag()  # type: ignore[no-untyped-call]


def draw(agg: Any, gc: Any, at: tuple[float, float], text: str, look: Lettered, angle: float = 0.0) -> None:
    """Draws `text` from `at` on, pixels from the left lower corner of the page."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    height = np.asarray(agg).shape[0]
    for word, begin in _words(text, look):
        x, y = round(_UNIT * (at[0] + begin * cos)), round(_UNIT * (at[1] + begin * sin))
        right, up = x >> 6, y >> 6
        for bitmap, along, down in stamps(word, look, angle, x & 63, y & 63):
            agg.draw_text_image(bitmap, right + along, height - up + down, 0, gc)


@functools.lru_cache(KEPT)
def stamps(word: str, look: Lettered, angle: float, x: int, y: int) -> tuple[Stamp, ...]:
    """The bitmaps of a word that begins `x` and `y` 64ths of a pixel off the grid.

    Glyphs share a bitmap as long as no two of them touch one pixel: only then it is drawn as they would be.
    """
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    placed = []
    for font, number, dx, dy in glyphs(word, look):
        right, up = (x + round(_UNIT * (dx * cos - dy * sin)), y + round(_UNIT * (dx * sin + dy * cos)))
        bitmap, left, top = _rendered(font, number, look, angle, right & 63, up & 63)
        if bitmap.size:
            placed.append(Stamp(bitmap, left + (right >> 6), bitmap.shape[0] - top - (up >> 6)))
    return tuple(_merged(placed))


def _merged(stamps: list[Stamp]) -> list[Stamp]:
    if len(stamps) < 2:
        return stamps
    left, top = min(s.right for s in stamps), min(s.down - s.bitmap.shape[0] for s in stamps)
    size = max(s.down for s in stamps) - top, max(s.right + s.bitmap.shape[1] for s in stamps) - left
    wholes = [np.zeros(size, np.uint8)]
    for bitmap, x, down in stamps:
        rows, columns = bitmap.shape
        place = slice(down - rows - top, down - top), slice(x - left, x - left + columns)
        if np.minimum(wholes[-1][place], bitmap).any():
            wholes.append(np.zeros(size, np.uint8))
        wholes[-1][place] += bitmap
    return [Stamp(whole, left, top + size[0]) for whole in wholes]


def glyphs(text: str, look: Lettered) -> list[_Glyph]:
    """What `text` consists of, and where, in pixels from its beginning.

    Parts are laid out one by one, so that a new number costs nothing; see `_parts`.
    """
    found: list[_Glyph] = []
    begin = 0.0
    for part in _parts(text, look, _PARTS):
        items, advance = _shaped(part, look)
        found += [item._replace(x=item.x + begin) for item in items]
        begin += advance
    return found


def _words(text: str, look: Lettered) -> list[tuple[str, float]]:
    """The words of `text`, and where they begin, in pixels from its beginning."""
    found = []
    begin = 0.0
    for word in _parts(text, look, _WORDS):
        if word != " ":
            found.append((word, begin))
        begin += _reach(word, look)
    return found


def _parts(text: str, look: Lettered, pattern: re.Pattern[str]) -> list[str]:
    """`text` in pieces, where the font is known to set them apart as it sets them together."""
    return pattern.findall(text) if _PLAIN.fullmatch(text) and look.family == (LIGHT.font,) else [text]


@functools.lru_cache(KEPT)
def _reach(word: str, look: Lettered) -> float:
    return sum(_shaped(part, look)[1] for part in _parts(word, look, _PARTS))


@functools.lru_cache(KEPT)
def _shaped(text: str, look: Lettered) -> tuple[tuple[_Glyph, ...], float]:
    """The glyphs of `text`, and how far it reaches: 0 where nothing follows it, and it may run either way."""
    font = _sized(look)
    if not _PLAIN.fullmatch(text):
        return tuple(_Glyph(i.ft_object, i.glyph_index, i.x, i.y) for i in _layout(font, text)), 0.0
    items = [_Glyph(i.ft_object, i.glyph_index, i.x, i.y) for i in _layout(font, text + "|")]
    return tuple(items[:-1]), items[-1].x


def _layout(font: Any, text: str) -> Any:
    return font._layout(text, flags=_hinting(), features=None, language=None)


def _sized(look: Lettered) -> Any:
    _, renderer = _scratch(look.dpi)
    return renderer._prepare_font(_properties(look))


@functools.lru_cache(KEPT)
def _properties(look: Lettered) -> FontProperties:
    return FontProperties(family=list(look.family), size=look.size)


@functools.lru_cache(4 * KEPT)
def _rendered(
    font: Any, number: int, look: Lettered, angle: float, x: int, y: int
) -> tuple[Bitmap, int, int]:
    """A glyph's bitmap, and its left and its top from the grid's origin in pixels, y upwards."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    font.set_size(look.size, look.dpi)
    turn = (0x10000 * np.array([[cos, -sin], [sin, cos]])).round().astype(int)
    font._set_transform(turn, [x, y])
    glyph = font._render_glyph(number, _hinting(), RenderMode.NORMAL)
    return np.array(glyph.buffer, np.uint8), int(glyph.left), int(glyph.top)


def _let_go_of_fonts() -> None:
    """After a fork both processes would move one another's place in the file of a font that is open."""
    _shaped.cache_clear()
    _rendered.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_of_fonts)
