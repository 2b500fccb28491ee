"""A line of bash up to the cursor, taken apart as bash would, with nothing in it expanded."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PIECE = re.compile(
    r"""(?P<blank>\s+)|'(?P<single>[^']*)'?|"(?P<double>(?:\\.|[^"\\])*)"?|\\(?P<escaped>.?)|(?P<plain>.)""",
    re.DOTALL,
)


@dataclass(frozen=True)
class Line:
    """The words of a line.

    Attributes:
        before: those that are complete, the program's name first.
        current: what is typed of the last one, without its quotes; empty behind a blank.
    """

    before: tuple[str, ...]
    current: str


def read_line(line: str) -> Line:
    """The words of `line`, quotes taken away; a quote that is still open counts as closed at the end."""
    words: list[str] = []
    current: str | None = None
    for piece in _PIECE.finditer(line):
        if piece["blank"] is not None:
            words += [current] if current is not None else []
            current = None
        else:
            current = (current or "") + _unquoted(piece)
    return Line(tuple(words), current or "")


def _unquoted(piece: re.Match[str]) -> str:
    if piece["double"] is not None:
        return re.sub(r'\\(["$`\\])', r"\1", piece["double"])
    return next(text for text in (piece["single"], piece["escaped"], piece["plain"]) if text is not None)


def kept_by_shell(current: str, replaced: str) -> int:
    """How many characters of `current` stay as they are when bash puts a candidate in its place.

    Args:
        current: the word that is typed, without quotes.
        replaced: what bash takes for the word; it begins behind the last `=` or `:`.
    """
    typed = read_line(replaced).current if replaced else ""
    return len(current) - len(typed) if current.endswith(typed) else 0
