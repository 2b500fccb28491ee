"""Pictures for people who call nnrun: how they are to look, and as bytes that a notebook shows."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnrun.api.complaints import named
from nnrun.commands.flags import spoken
from nnrun.errors import BadInput, NnrunError
from nnrun.plots.theme import THEMES
from nnrun.runs.entry import regular_bytes
from nnrun.words import LANGUAGES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_BYTES = 16 * 1024 * 1024
"""Of a picture in a run directory that is shown."""
MOST_INCHES = 30.0


@dataclass(frozen=True)
class Look:
    """How a picture is to look, as it was asked for.

    Attributes:
        theme: its name.
        width: inches; None: the theme's, or what the content needs.
        height: inches, likewise.
        language: of the words in it; `auto`: the locale's.

    Raises:
        BadInput: there is no such theme or language, or the size is out of bounds.
    """

    theme: str = "light"
    width: float | None = None
    height: float | None = None
    language: str = "auto"

    def __post_init__(self) -> None:
        named(self.theme, tuple(THEMES), "theme")
        named(self.language, ("auto", *LANGUAGES), "language")
        for side, inches in (("width", self.width), ("height", self.height)):
            if inches is not None and not _is_length(inches):
                raise BadInput(f"{side}={inches!r}: must be a number of inches from 3 to {MOST_INCHES:g}")

    @property
    def options(self) -> dict[str, Any]:
        """As all functions that draw take them."""
        return {
            "theme": THEMES[self.theme],
            "width": self.width,
            "height": self.height,
            "language": spoken(self.language),
        }


def _is_length(inches: object) -> bool:
    """Whether it is a number of inches that a picture can have."""
    return isinstance(inches, int | float | np.number) and 3 <= float(inches) <= MOST_INCHES


def first_picture(directory: Path, kind: str, draw: Callable[[str], Figure]) -> bytes | None:
    """A PNG: the one that was left in the directory, else drawn now; None where there is nothing to draw."""
    try:
        return regular_bytes(directory / f"{kind}.png", MOST_BYTES)
    except (OSError, ValueError):
        pass
    try:
        return png_of(draw(kind))
    except NnrunError:
        return None


def png_of(figure: Figure) -> bytes:
    """What a figure looks like."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
