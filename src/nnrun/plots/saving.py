"""Pictures as files: whole or not at all, and the same bytes for the same picture."""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, get_args

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.text import Text

from nnrun.errors import BadInput
from nnrun.plots.png import png
from nnrun.plots.style import styled
from nnrun.plots.text import has_glyphs
from nnrun.plots.theme import LIGHT, Theme

Format = Literal["png", "svg", "pdf"]

OPTIONS: dict[str, dict[str, Any]] = {
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
}
"""No dates and no versions in the file."""


def save(figure: Figure, path: Path, file_format: str, theme: Theme = LIGHT) -> None:
    """Writes `figure` to `path`, through a temporary file beside it that then takes its place.

    Raises:
        BadInput: `file_format` is not one of png, svg, pdf.
        OSError: the file cannot be written; what was there before is still there.
    """
    if file_format not in get_args(Format):
        raise BadInput(f"{file_format}: no such format; choose one of {', '.join(get_args(Format))}")
    with replacing(path) as file, styled(theme):
        if file_format == "png":
            file.write(png(dots(figure), figure.dpi))
            return
        with matplotlib.rc_context({"pdf.fonttype": 3 if writes_with_outlines(figure) else 42}):
            figure.savefig(file, format=file_format, **OPTIONS[file_format])


def writes_with_outlines(figure: Figure) -> bool:
    """Whether a character of `figure` comes from a font with PostScript outlines, as many Chinese ones have.

    As TrueType (`pdf.fonttype` 42), these make files that Ghostscript and many printers refuse.
    """
    return any(
        _has_postscript_outlines(_family_of(character, written.get_fontfamily()))
        for written in figure.findobj(Text)
        if isinstance(written, Text)
        for character in set(written.get_text())
        if not character.isascii()
    )


def _family_of(character: str, families: Sequence[str]) -> str:
    """The first of `families` that has a character; the first one where none has."""
    return next((family for family in families if has_glyphs(family, character)), families[0])


@functools.cache
def _has_postscript_outlines(family: str) -> bool:
    """Whether a font's file, or the first font of a collection, says so at its beginning."""
    with Path(str(findfont(FontProperties(family=[family])))).open("rb") as file:
        head = file.read(16)
        if head[:4] == b"ttcf":
            file.seek(int.from_bytes(head[12:16], "big"))
            head = file.read(4)
    return head[:4] == b"OTTO"


def dots(figure: Figure) -> npt.NDArray[np.uint8]:
    """What `figure` looks like (row, column, 4): red, green, blue and opacity."""
    content = io.BytesIO()
    figure.savefig(content, format="rgba")
    width, height = figure.canvas.get_width_height()
    return np.frombuffer(content.getbuffer(), np.uint8).reshape(height, width, 4)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` once it is written; if that fails, nothing changes."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
