"""Text of an expression -> its tokens, with full-width and typographic characters read as their ASCII kin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from nnrun.errors import ExpressionError
from nnrun.expressions.signs import unknown_sign

Kind = Literal["number", "name", "text", "operator", "end"]

_KEYWORDS = frozenset({"and", "or", "not"})

_PATTERN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[^\W\d²³][^\W²³]*(?:\.[^\W\d²³][^\W²³]*)*)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<operator>\*\*|//|==|!=|<=|>=|[-+*/%^<>(),≤≥≠])""",
    re.VERBOSE,
)

# One character becomes one character, so that positions stay those of the source.
_FOLDED: Mapping[int, int] = MappingProxyType(
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {
        ord("\N{IDEOGRAPHIC SPACE}"): ord(" "),
        ord("\N{MINUS SIGN}"): ord("-"),
        ord("\N{EN DASH}"): ord("-"),
        ord("\N{MULTIPLICATION SIGN}"): ord("*"),
        ord("\N{MIDDLE DOT}"): ord("*"),
        ord("\N{DOT OPERATOR}"): ord("*"),
        ord("\N{DIVISION SIGN}"): ord("/"),
        ord("\N{LEFT SINGLE QUOTATION MARK}"): ord("'"),
        ord("\N{RIGHT SINGLE QUOTATION MARK}"): ord("'"),
        ord("\N{LEFT DOUBLE QUOTATION MARK}"): ord('"'),
        ord("\N{RIGHT DOUBLE QUOTATION MARK}"): ord('"'),
    }
)

_SPELLINGS: Mapping[str, str] = MappingProxyType({"**": "^", "≤": "<=", "≥": ">=", "≠": "!=", "π": "pi"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source: kind, text in canonical spelling (the inside of a quoted one), place."""

    kind: Kind
    text: str
    position: int

    def is_operator(self, *texts: str) -> bool:
        """Whether it is one of these operators, brackets or keywords."""
        return self.kind == "operator" and self.text in texts


def fold(text: str) -> str:
    """The text with full-width and typographic characters as ASCII, of the same length."""
    return text.translate(_FOLDED)


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of `text`, the last one of kind `end`.

    Raises:
        ExpressionError: a character, number or quote that the language does not have.
    """
    folded = fold(text)
    position = 0
    while position < len(text):
        match = _PATTERN.match(folded, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError(unknown_sign(folded, position), text, position)
        if match.lastgroup != "space":
            yield _token(match, text)
        position = match.end()
    yield Token("end", "", len(text))


def _token(match: re.Match[str], text: str) -> Token:
    found, position = match.group(), match.start()
    if match.lastgroup == "text":
        return Token("text", text[position + 1 : match.end() - 1], position)
    if match.lastgroup == "number":
        return _number(match, text)
    found = _SPELLINGS.get(found, found)
    if match.lastgroup == "operator" or found in _KEYWORDS:
        return Token("operator", found, position)
    return Token("name", found, position)


def _number(match: re.Match[str], text: str) -> Token:
    found, position = match.group(), match.start()
    follower = match.string[match.end() : match.end() + 1]
    if follower == "." or follower.isdecimal():
        raise ExpressionError(f"'{found}{follower}' is not a number", text, position)
    if float(found) == float("inf"):
        raise ExpressionError(f"'{found}' is too large for a number", text, position)
    return Token("number", found, position)
