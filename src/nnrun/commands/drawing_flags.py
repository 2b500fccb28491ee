"""The flags of subcommands that draw: where to, how large, in which theme and language."""

from __future__ import annotations

import argparse
import itertools
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnrun.characters import visible
from nnrun.commands.flags import add_language, spoken
from nnrun.errors import BadInput
from nnrun.plots.theme import THEMES, Theme

FORMATS = ("png", "svg", "pdf")
"""Of pictures that do not move."""

LEAST = {"width": 3.6, "height": 3.0}
"""Inches below which there is no room for letters of the light theme's size."""
MOST = 30.0
"""Inches; more takes gigabytes of memory."""


def add_drawing(options: argparse.ArgumentParser, formats: Sequence[str] = FORMATS) -> None:
    """The flags of a command that draws, `--language` among them; `Drawing.of` says what they mean.

    Args:
        options: of the command.
        formats: suffixes that `-o` may have.
    """
    options.add_argument("-o", "--output", metavar="FILE", help=f"the file to write: {', '.join(formats)}")
    options.add_argument("--theme", choices=tuple(THEMES), default="light", help="how it looks")
    for side in ("width", "height"):
        options.add_argument(
            f"--{side}", metavar="INCHES", help=f"the picture's {side}; default: the theme's"
        )
    add_language(options)


@dataclass(frozen=True)
class Drawing:
    """What the flags of `add_drawing` ask for.

    Attributes:
        path: the file that `-o` names, which may exist; None: none is named.
        theme: how it looks.
        width: inches; None: the theme's, or what the content needs.
        height: inches, likewise.
        language: of the words in it.
        file_format: by the suffix of `path`; None where there is no path.
    """

    path: Path | None
    theme: Theme
    width: float | None
    height: float | None
    language: str
    file_format: str | None

    @classmethod
    def of(cls, asked: argparse.Namespace, formats: Sequence[str] = FORMATS) -> Drawing:
        """What was asked for.

        Args:
            asked: the parsed flags.
            formats: suffixes that `-o` may have.

        Raises:
            BadInput: the file cannot be one of these formats or has no directory; a size is out of bounds.
        """
        path = None if asked.output is None else Path(asked.output)
        return cls(
            path,
            THEMES[asked.theme],
            _inches("width", asked),
            _inches("height", asked),
            spoken(asked.language),
            None if path is None else format_of(path, formats),
        )

    def place(self, name: str, suffix: str = "png") -> Path:
        """The file to write: the one that `-o` names, else the first free one in the working directory."""
        return self.path or first_free(Path(), name, suffix)


def format_of(path: Path, formats: Sequence[str]) -> str:
    """What a file's suffix says it is to hold.

    Raises:
        BadInput: it is none of `formats`, or there can be no such file.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in formats:
        wrong = f"no format '{visible(suffix)}'" if suffix else "its name says no format"
        raise BadInput(f"-o {path}: {wrong}; end it with {_listed([f'.{name}' for name in formats])}")
    if path.is_dir():
        raise BadInput(f"-o {path}: is a directory; name a file")
    if not path.parent.is_dir():
        raise BadInput(f"-o {path}: there is no directory {path.parent}; make it first")
    return suffix


def first_free(directory: Path, name: str, suffix: str) -> Path:
    """`NAME.SUFFIX`, or the first of `NAME-2.SUFFIX`, `NAME-3.SUFFIX`, ... that does not exist there."""
    names = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
    paths = (directory / f"{each}.{suffix}" for each in names)
    return next(path for path in paths if not os.path.lexists(path))


def _inches(side: str, asked: argparse.Namespace) -> float | None:
    typed = getattr(asked, side)
    if typed is None:
        return None
    least = round(LEAST[side] * THEMES[asked.theme].scale, 1)
    try:
        size = float(typed)
    except ValueError:
        size = math.nan
    if not least <= size <= MOST:
        raise BadInput(
            f"--{side} {visible(typed)}: must be a number of inches from {least:g} to {MOST:g}"
            f" (with --theme {asked.theme})"
        )
    return size


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
