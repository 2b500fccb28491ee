"""What to say about a sign that the language does not have: how that which is meant is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from nnrun.expressions.functions import FUNCTIONS

_INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "=": "'=' does not compare; write '=='",
        "&": "write 'and' instead of '&'",
        "|": "write 'or' instead of '|'",
        "!": "write 'not' instead of '!'",
        "[": "write '(' instead of '['",
        "{": "write '(' instead of '{'",
        "²": "write '^2' instead of '²'",
        "³": "write '^3' instead of '³'",
        "√": "write 'sqrt(...)' instead of '√'",
        "@": "write 'sum(a*b)' instead of 'a @ b'",
        "'": "this quote is not closed",
        '"': "this quote is not closed",
    }
)

_POWERS: Mapping[str, str] = MappingProxyType({"²": "2", "³": "3"})
_WORD_BEFORE = re.compile(r"([\w.]+)\s*$")
_WORD_AFTER = re.compile(r"\s*([\w.]+)")
_BARS = re.compile(r"\|([^|]+)\|")
_COMPARES = re.compile(r"[<>=]")


def unknown_sign(text: str, position: int) -> str:
    """The message about the character at `position` of `text`, in ASCII where there is such."""
    sign = text[position]
    before, after = _WORD_BEFORE.search(text[:position]), _WORD_AFTER.match(text[position + 1 :])
    follows_value = before is not None or text[:position].rstrip().endswith(")")
    bars = _BARS.match(text, position) if sign == "|" else None
    if bars and not (follows_value and _COMPARES.search(text)):
        return f"write abs({bars[1].strip()}) instead of {bars[0]}"
    if sign in _POWERS and before:
        power, base = _POWERS[sign], before[1]
        is_function = base in FUNCTIONS
        return f"write {base}{'(x)' if is_function else ''}^{power} instead of {base}{sign}"
    if sign == "√" and after:
        return f"write sqrt({after[1]}) instead of √{after[1]}"
    if sign == "@" and before and after:
        return f"write sum({before[1]}*{after[1]}) instead of {before[1]} @ {after[1]}"
    if sign == "." and follows_value and after:
        return f"write {after[1]}(...) around it: there are no methods"
    if sign == "!" and follows_value:
        return "there is no factorial"
    if sign == "[" and follows_value:
        return "single elements cannot be picked: '[' has no meaning here"
    return _INSTEAD.get(sign, f"unexpected {sign!r}")
