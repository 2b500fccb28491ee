"""Pictures as files beside the record of a run or a sweep, drawn in the quickest way to the same dots."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from nnrun.errors import Refused
from nnrun.plots.drawing import draw, sketch
from nnrun.plots.fits import draw_fits
from nnrun.plots.gif import animate
from nnrun.plots.png import png
from nnrun.plots.rehearsal import rehearse
from nnrun.plots.saving import replacing, save
from nnrun.plots.style import styled
from nnrun.plots.sweep import draw_sweep
from nnrun.plots.theme import LIGHT
from nnrun.runs.reading import RunRecord

SHEETS = ("sweep", "fits")
"""The pictures of a sweep as a whole."""


def leave(
    record: RunRecord, kind: str, file_format: str, feature: int, pace: float, words: dict[str, Any]
) -> None:
    """Puts one picture of a run into its directory, as `KIND.FORMAT`; an animation as `fit.gif`.

    Args:
        record: of the run.
        kind: of picture.
        file_format: png, svg or pdf.
        feature: which input is on the x-axis, where there are several.
        pace: seconds of an animation's frames.
        words: `language` and `font` of its letters.

    Raises:
        BadInput: no such picture, feature or format.
        OSError: the file cannot be written.
    """
    directory: Path = record.directory
    if kind == "animation":
        animate(record, directory / "fit.gif", pace=pace, **words)
        return
    path = directory / f"{kind}.{file_format}"
    page = None
    if file_format == "png" and rehearse():
        page = sketch(record, kind, feature=feature, **words)
    if page is None:
        save(draw(record, kind, feature=feature, **words), path, file_format)
        return
    # Where `rehearse` is false, it cannot even be imported.
    from nnrun.plots.brush import painted

    with styled(LIGHT):
        content = png(painted(page), page.theme.dpi)
    with replacing(path) as file:
        file.write(content)


def leave_sheet(directory: Path, kind: str, file_format: str, words: dict[str, Any]) -> None:
    """Puts a picture of a whole sweep into its directory, as `KIND.FORMAT`, if there is anything to show.

    Args:
        directory: of the sweep.
        kind: one of `SHEETS`.
        file_format: png, svg or pdf.
        words: `language` and `font` of its letters.

    Raises:
        OSError: the file cannot be written.
    """
    with suppress(Refused):
        figure = draw_sweep(directory, **words) if kind == "sweep" else draw_fits(directory, **words)
        if figure is not None:
            save(figure, directory / f"{kind}.{file_format}", file_format)
