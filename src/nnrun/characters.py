"""Text for people: numbers in few digits, aligned columns, invisible characters spelled out."""

from __future__ import annotations

import unicodedata
from typing import Any


def visible(text: str) -> str:
    r"""`text` on one line: control and format characters as `\x1b` or `\u202e`, stray bytes as `\xff`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_spelled, text))


def padded(text: str, width: int) -> str:
    """`text` with blanks behind it, up to `width` columns of a terminal; Chinese characters take two."""
    return text + " " * (width - cells(text))


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def number(value: float | None) -> str:
    """Three significant digits; `-` for what is not there."""
    if value is None:
        return "-"
    return f"{value:#.3g}".rstrip(".") if abs(value) < 1000 else f"{value:.3g}"


def values(array: Any) -> str:
    """A few numbers, four digits each; brackets around more than one."""
    flat = [f"{value:.4g}" for value in _flat(array)]
    return flat[0] if len(flat) == 1 else f"[{', '.join(flat)}]"


def _flat(array: Any) -> list[float]:
    if hasattr(array, "tolist"):
        array = array.tolist()
    return [number for item in array for number in _flat(item)] if isinstance(array, list) else [array]
