"""What nnrun must know of Hydra's override grammar: where a value splits, and whether Hydra can read it."""

from __future__ import annotations

import re

from nnrun.arguments.quoting import QUOTED

SWEEPS = frozenset({"choice", "range", "interval", "glob", "shuffle", "sort", "tag"})
"""Functions of Hydra's that stand for several values."""

_FUNCTIONS = SWEEPS | {"int", "float", "str", "bool"}
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_CALL = re.compile(r"[ \t]*([A-Za-z_][\w-]*)[ \t]*\(", re.ASCII)
_QUOTED_ELEMENT = re.compile(rf"(?:{QUOTED.pattern})(?=\s*(?:[,)\]}}]|\Z))", re.DOTALL)
_PRIMITIVE = re.compile(r"(?:\$\{[^}]+\}|\\[\\()\[\]{}:=, \t]|[A-Za-z0-9_/\-\\+.$%*@?|:]|[ \t])+")
_DICTIONARY_KEY = re.compile(r"(?:\\[\\()\[\]{}:=, \t]|[A-Za-z0-9_/\-\\+.$%*@?|]|[ \t])+")
_ARGUMENT_NAME = re.compile(r"[ \t]*[A-Za-z_][\w-]*[ \t]*=", re.ASCII)


def split(text: str) -> list[str]:
    """The elements of `text`: separated by commas outside quotes and outside brackets that have a partner."""
    quoted_spans = _quoted_spans(text)
    depth_changes = _bracket_pairs(text, quoted_spans)
    elements, start, depth, position = [], 0, 0, 0
    while position < len(text):
        if position in quoted_spans:
            position = quoted_spans[position]
            continue
        depth += depth_changes.get(position, 0)
        if text[position] == "," and depth == 0:
            elements.append(text[start:position].strip())
            start = position + 1
        position += 1
    return [*elements, text[start:].strip()]


def _quoted_spans(text: str) -> dict[int, int]:
    spans: dict[int, int] = {}
    end, before = 0, ","
    for position, character in enumerate(text):
        if position < end:
            continue
        if character in "'\"" and before in ",([{:=" and (match := _QUOTED_ELEMENT.match(text, position)):
            spans[position] = end = match.end()
        if not character.isspace():
            before = character
    return spans


def _bracket_pairs(text: str, skipped: dict[int, int]) -> dict[int, int]:
    """Positions of brackets that have a partner: 1 where one opens, -1 where it closes."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    end = 0
    for position, character in enumerate(text):
        end = skipped.get(position, end)
        if position < end:
            continue
        if character in "([{":
            opened.append(position)
        elif character in ")]}":
            kinds = [text[place] for place in opened]
            if _CLOSERS[character] in kinds:
                while text[(place := opened.pop())] != _CLOSERS[character]:
                    pass
                pairs[place], pairs[position] = 1, -1
    return pairs


def call(text: str) -> tuple[str, str] | None:
    """Name and arguments of `text`, if the whole of it calls one of Hydra's sweep functions."""
    match = _CALL.match(text)
    if match is None or match[1] not in SWEEPS or not text.rstrip().endswith(")"):
        return None
    return match[1], text.rstrip()[match.end() : -1]


def values_meant(text: str) -> int | None:
    """How many values `text` stands for in a sweep; None: several, not counted."""
    elements = split(text)
    if len(elements) > 1:
        return None if any(values_meant(element) != 1 for element in elements) else len(elements)
    called = call(text)
    if called is None:
        return 1
    return len(split(called[1])) if called[0] == "choice" else None


def is_readable(value: str) -> bool:
    """Whether Hydra's grammar has `value`, no blanks around it (a function may still refuse)."""
    if not value.strip(" \t"):
        return True
    end = _elements(value, 0)
    return end is not None and not value[end:].strip(" \t")


def _elements(text: str, position: int, named: bool = False) -> int | None:
    """End of one or more elements separated by commas, or None."""
    while True:
        name = _ARGUMENT_NAME.match(text, position) if named else None
        end = _element(text, name.end() if name else position)
        if end is None or text[end : end + 1] != ",":
            return end
        position = end + 1


def _element(text: str, position: int) -> int | None:
    position = _past_blanks(text, position)
    first = text[position : position + 1]
    if first in ("'", '"'):
        match = QUOTED.match(text, position)
        return _past_blanks(text, match.end()) if match else None
    if first == "[":
        return _container(text, position + 1, "]")
    if first == "{":
        return _dictionary(text, position + 1)
    called = _CALL.match(text, position)
    if called:
        return _container(text, called.end(), ")", named=True) if called[1] in _FUNCTIONS else None
    primitive = _PRIMITIVE.match(text, position)
    return primitive.end() if primitive and primitive[0].strip(" \t") else None


def _container(text: str, position: int, closer: str, named: bool = False) -> int | None:
    position = _past_blanks(text, position)
    end = position if text[position : position + 1] == closer else _elements(text, position, named)
    return None if end is None or text[end : end + 1] != closer else _past_blanks(text, end + 1)


def _dictionary(text: str, position: int) -> int | None:
    position = _past_blanks(text, position)
    if text[position : position + 1] == "}":
        return _past_blanks(text, position + 1)
    while True:
        key = _DICTIONARY_KEY.match(text, position)
        if not key or not key[0].strip(" \t") or text[key.end() : key.end() + 1] != ":":
            return None
        end = _element(text, key.end() + 1)
        if end is None or text[end : end + 1] not in (",", "}"):
            return None
        if text[end] == "}":
            return _past_blanks(text, end + 1)
        position = _past_blanks(text, end + 1)


def _past_blanks(text: str, position: int) -> int:
    while text[position : position + 1] in (" ", "\t"):
        position += 1
    return position
