"""Single characters of what was typed: full-width ones read as ASCII, bytes that are no UTF-8."""

from __future__ import annotations

import re

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_OTHERS = {0x3000: " ", 0x3001: ",", 0x3002: ".", 0x2212: "-"}
_ASCII = _FULL_WIDTH | {code: ord(character) for code, character in _OTHERS.items()}

_SURROGATE = re.compile("[\ud800-\udfff]")


def ascii_form(text: str) -> str:
    """`text` with full-width letters, digits and punctuation, `、`, `。` and the minus sign as ASCII."""
    return text if text.isascii() else text.translate(_ASCII)


def is_encodable(text: str) -> bool:
    """Whether the bytes behind `text` were UTF-8: Python maps bytes that are not to lone surrogates."""
    return _SURROGATE.search(text) is None
