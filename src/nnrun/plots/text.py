"""Text in pictures: literal, in glyphs that some installed font has, and short enough for its place."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font

FALLBACKS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Noto Sans CJK JP",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Arial Unicode MS",
)
"""Families to look into for what the theme's font lacks, best first; none need be installed."""

_REFERENCE_SIZE = 100.0


def drawable(text: str, family: str) -> tuple[str, list[str]]:
    """`text` with `?` for what no font has, and the families that draw it, `family` first."""
    missing = {character for character in text if ord(character) not in _glyphs(family)}
    families = [family]
    for fallback in FALLBACKS if missing else ():
        if not missing:
            break
        found = {character for character in missing if ord(character) in _glyphs(fallback)}
        if found:
            families.append(fallback)
            missing -= found
    return "".join("?" if character in missing else character for character in text), families


def width(text: str, size: float, family: str) -> float:
    """Width of `text` on one line in points; a glyph from another font counts as one em."""
    return sum(_advance(character, family) for character in text) * size


def shortened(text: str, room: float, size: float, family: str) -> str:
    """`text`, or as much of its beginning as fits into `room` points with an ellipsis after it."""
    if width(text, size, family) <= room:
        return text
    end = _fitting(text, room - width("…", size, family), size, family)
    return text[:end].rstrip() + "…"


def wrapped(text: str, room: float, size: float, family: str, lines: int) -> list[str]:
    """`text` in at most `lines` lines of at most `room` points, broken at spaces where there are any."""
    done: list[str] = []
    rest = text.strip()
    while len(done) < lines - 1 and width(rest, size, family) > room:
        end = max(_fitting(rest, room, size, family), 1)
        space = rest.rfind(" ", 0, end + 1)
        cut = space if space > end // 3 else end
        done.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*done, shortened(rest, room, size, family)]


def has_glyphs(family: str, text: str) -> bool:
    """Whether `family` is installed and has every character of `text`."""
    return all(ord(character) in _glyphs(family) for character in text)


def _fitting(text: str, room: float, size: float, family: str) -> int:
    used = 0.0
    for index, character in enumerate(text):
        used += _advance(character, family) * size
        if used > room:
            return index
    return len(text)


@functools.cache
def _font(family: str) -> Any:
    font = FT2Font(findfont(FontProperties(family=[family]), fallback_to_default=True))
    font.set_size(_REFERENCE_SIZE, 72)
    return font


# After a fork both processes would move one another's place in the file of an open font.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_font.cache_clear)


@functools.cache
def _advance(character: str, family: str) -> float:
    """Of one glyph, in em: FreeType counts 65536ths of a pixel, which at 72 dpi is a point."""
    if ord(character) not in _glyphs(family):
        return 1.0
    return float(_font(family).load_char(ord(character)).linearHoriAdvance) / 65536 / _REFERENCE_SIZE


@functools.cache
def _glyphs(family: str) -> Mapping[int, int]:
    if not any(font.name == family for font in fontManager.ttflist):
        return {}
    charmap: Mapping[int, int] = _font(family).get_charmap()
    return charmap
