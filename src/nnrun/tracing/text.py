"""Numbers, matrices and tables as text, long ones shortened to their first rows and columns."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.characters import cells, padded

Numbers: TypeAlias = npt.NDArray[Any]

DIGITS = 5
NO_DIGITS: Mapping[str, int] = MappingProxyType({})
COLUMNS = 6
"""Most columns of a matrix that are shown."""

WIDTH = 100
"""Where explanations in words are wrapped."""

TIMES = "×"
MISSING = "-"
INDENT = "  "

SYMBOL = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z_][A-Za-z0-9_]*'*")
"""A name in a formula."""

_PIECES = re.compile(r"\s+|[\u2e80-\uffef][，。；：、）]*|[^\s\u2e80-\uffef]+[，。；：、）]*")
"""What a line of Chinese may be broken between: its characters, and words of other scripts."""


@dataclass(frozen=True)
class Line:
    """One line of a page; a heading may be set off."""

    text: str
    heading: bool = False


def indented(lines: Sequence[str], depth: int = 1) -> list[Line]:
    """Lines below a heading."""
    return [Line(f"{INDENT * depth}{line}") for line in lines]


def number(value: float, digits: int = DIGITS) -> str:
    """Significant digits, no more than are needed."""
    return f"{value + 0.0:.{digits}g}"


def operand(value: float, digits: int = DIGITS) -> str:
    """A number inside a formula: a negative one in parentheses."""
    text = number(value, digits)
    return f"({text})" if text.startswith("-") else text


def shape(array: Numbers) -> str:
    """Such as `(100, 1)` or `(5)`."""
    return f"({', '.join(map(str, array.shape))})"


def matrix(array: Numbers, rows: int, columns: int = COLUMNS) -> list[str]:
    """One line per row, columns aligned; what is left out shows as `...`."""
    table = np.atleast_2d(array)
    shown = [[number(value) for value in row[:columns]] for row in table[:rows].tolist()]
    if table.shape[1] > columns:
        shown = [[*row, "..."] for row in shown]
    lines = aligned(shown)
    return [*lines, "..."] if len(table) > rows else lines


def wrapped(text: str) -> list[str]:
    """Lines of at most `WIDTH` columns; Chinese breaks between characters, not before a comma."""
    if cells(text) == len(text):
        return textwrap.wrap(text, WIDTH)
    lines = [""]
    for piece in _PIECES.findall(text):
        if cells(lines[-1] + piece) > WIDTH:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return lines


def packed(texts: Sequence[str], separator: str) -> list[str]:
    """Texts in a row, none of them broken, on lines of at most `WIDTH` columns where that can be."""
    lines: list[str] = []
    for text in texts:
        if lines and cells(lines[-1] + separator + text) <= WIDTH:
            lines[-1] += separator + text
        else:
            lines[-1:] = [*(line + separator.rstrip() for line in lines[-1:]), text]
    return lines


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Cells right-aligned in columns."""
    if not table:
        return []
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            " " * (width - cells(cell)) + cell for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in table
    ]


def side_by_side(blocks: Sequence[Sequence[str]], gap: str = "    ") -> list[str]:
    """Blocks of lines beside each other."""
    height = max(map(len, blocks))
    widths = [max(map(cells, block)) for block in blocks]
    return [
        gap.join(
            padded(block[line] if line < len(block) else "", width)
            for block, width in zip(blocks, widths, strict=True)
        ).rstrip()
        for line in range(height)
    ]


def elements(columns: Mapping[str, Numbers], rows: int, digits: Mapping[str, int] = NO_DIGITS) -> list[str]:
    """Arrays of one shape element by element: index, then a column for each; the first `rows` elements.

    Args:
        columns: array by heading.
        rows: how many elements.
        digits: of columns that have others than usual.
    """
    arrays = list(columns.values())
    indices = itertools.islice(np.ndindex(arrays[0].shape), rows)
    body = [
        [
            f"[{','.join(map(str, index))}]" if index else "",
            *(_cell(float(array[index]), digits.get(name, DIGITS)) for name, array in columns.items()),
        ]
        for index in indices
    ]
    lines = aligned([["", *columns], *body])
    return [*lines, "..."] if arrays[0].size > rows else lines


def _cell(value: float, digits: int) -> str:
    return MISSING if np.isnan(value) else number(value, digits)


def row(values: Sequence[float], most: int = 3) -> str:
    """A few numbers in a formula: one alone, several in brackets."""
    if len(values) == 1:
        return operand(values[0])
    shown = [number(value) for value in values[:most]]
    return f"[{', '.join([*shown, *(['...'] if len(values) > most else [])])}]"


def filled(formula: str, numbers: Mapping[str, str]) -> str:
    """A formula with numbers in place of its symbols, which may have primes."""
    return SYMBOL.sub(lambda match: numbers.get(match[0], match[0]), formula)
