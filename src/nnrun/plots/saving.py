"""Pictures as files: whole or not at all, and the same bytes for the same picture."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from nnrun.errors import BadInput
from nnrun.plots.png import png
from nnrun.plots.style import styled
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
        else:
            figure.savefig(file, format=file_format, **OPTIONS[file_format])


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
