"""The place of a mistake in an expression: the text around it on one line, a caret below."""

from __future__ import annotations

from nnrun.characters import cells
from nnrun.errors import ExpressionError

WIDTH = 72
"""Columns: what 80 leave beside the program's name."""

_CUT = "..."


def marked(error: ExpressionError) -> list[str]:
    """The expression, cut around the place where it is too long, and the message below the place."""
    text, position = error.text, error.position
    if cells(text) <= WIDTH:
        return error.marked().split("\n")
    # The message stands right of the caret and needs its room there.
    column = max(WIDTH // 8, min(WIDTH // 3, WIDTH - len(_CUT) - 2 - cells(error.message)))
    first = max(0, position - column)
    lead = _CUT if first else ""
    shown = lead
    for character in text[first:]:
        if cells(shown + character) > WIDTH - len(_CUT):
            shown += _CUT
            break
        shown += character
    indent = cells(lead + text[first:position])
    return [shown, f"{' ' * indent}^ {error.message}"]


def shortened(text: str) -> str:
    """The beginning and the end of a long expression."""
    half = WIDTH // 4
    return text if len(text) <= WIDTH // 2 else f"{text[:half]}{_CUT}{text[-half:]}"
