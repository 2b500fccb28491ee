"""Text for people, with what cannot be seen or would move the cursor spelled out."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    r"""`text` on one line: control and format characters as `\x1b` or `\u202e`, stray bytes as `\xff`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_spelled, text))


def padded(text: str, width: int) -> str:
    """`text` with blanks behind it, up to `width` columns of a terminal; Chinese characters take two."""
    taken = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * (width - taken)


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
