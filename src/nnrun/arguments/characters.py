"""Single characters of what was typed: full-width ones read as ASCII, invisible ones made visible."""

from __future__ import annotations

import re

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_OTHERS = {0x3000: " ", 0x3001: ",", 0x3002: ".", 0x2212: "-"}
_ASCII = _FULL_WIDTH | {code: ord(character) for code, character in _OTHERS.items()}

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_DIRECTION = re.compile("[\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def ascii_form(text: str) -> str:
    """`text` with full-width letters, digits and punctuation, `、`, `。` and the minus sign as ASCII."""
    return text if text.isascii() else text.translate(_ASCII)


def is_encodable(text: str) -> bool:
    """Whether the bytes behind `text` were UTF-8: Python maps bytes that are not to lone surrogates."""
    return _SURROGATE.search(text) is None


def visible(text: str) -> str:
    r"""`text` for a message: control characters as `\x1b`, bidi marks as `\u202e`, bad bytes as `\xff`."""
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
    text = _DIRECTION.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return _SURROGATE.sub(lambda match: _stray(ord(match[0])), text)


def _stray(code: int) -> str:
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
