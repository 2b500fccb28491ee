"""From a recorded run and the name of a picture to the picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from matplotlib.figure import Figure

from nnrun.errors import BadInput
from nnrun.plots import animation, classes, curves, data, fit, kinds, landscape, naming, regions
from nnrun.plots.lettering import lettering, with_names
from nnrun.plots.raster import RasterFigure
from nnrun.plots.sheet import Medium, Sheet, on_figure
from nnrun.plots.style import styled
from nnrun.plots.theme import LIGHT, Theme
from nnrun.runs.reading import RunRecord


def draw(
    record: RunRecord,
    kind: str,
    *,
    feature: int = 0,
    language: str = "en",
    font: str | None = None,
    theme: Theme = LIGHT,
    width: float | None = None,
    height: float | None = None,
) -> Figure:
    """The picture `kind` of one run; of an animation its last frame.

    Args:
        record: what its directory holds.
        kind: one of `nnrun.plots.kinds(record)`.
        feature: which input is on the x-axis of `fit` and `data` where there are several.
        language: of the words in it; English where no font can write it.
        font: family of the letters; None: the theme's.
        theme: how it looks.
        width: inches; None: the theme's, or what the content needs.
        height: inches, likewise.

    Raises:
        BadInput: no such picture, or no such feature.
    """
    if kind not in kinds(record):
        raise BadInput(f"{kind}: this run has no such picture; choose one of {', '.join(kinds(record))}")
    with page(record, kind, language, font, theme, width, height) as (sheet, language):
        _fill(record, kind, sheet, language, feature)
        _make_ticks(sheet.figure)
    return sheet.figure


def sketch(
    record: RunRecord, kind: str, *, feature: int = 0, language: str = "en", font: str | None = None
) -> RasterFigure | None:
    """What `draw` draws, for drawing it at once as dots; None of the pictures that need a `Figure`.

    Raises:
        BadInput: no such feature.
    """
    if kind not in ("fit", "curves") or (kind == "fit" and "confusion" in record.plots):
        return None
    with page(record, kind, language, font, LIGHT, None, None, RasterFigure) as (sheet, language):
        _fill(record, kind, sheet, language, feature)
    return cast(RasterFigure, sheet.figure)


def _fill(record: RunRecord, kind: str, sheet: Sheet, language: str, feature: int) -> None:
    if kind == "curves":
        curves.draw(record, sheet, language)
    elif kind == "landscape":
        landscape.draw(record, sheet, language)
    elif kind == "data":
        data.draw(record, sheet, language, feature)
    elif kind == "animation":
        animation.draw(record, sheet, language)
    elif "region_probability" in record.plots:
        regions.draw(record, sheet, language)
    elif "confusion" in record.plots:
        classes.draw(record, sheet, language)
    else:
        fit.draw(record, sheet, language, feature)


@contextmanager
def page(
    record: RunRecord,
    kind: str,
    language: str,
    font: str | None,
    theme: Theme,
    width: float | None,
    height: float | None,
    medium: Medium = on_figure,
) -> Iterator[tuple[Sheet, str]]:
    """An empty sheet of the right size and style, and the language that it can be written in."""
    natural = _size(record, kind, theme)
    chosen = lettering(theme, language, font)
    theme = with_names(chosen.theme, naming.of_all(record.summary))
    with styled(theme):
        yield Sheet(theme, width or natural[0], height or natural[1], medium), chosen.language


def _make_ticks(figure: Figure) -> None:
    """Now, in the theme's style, and not when somebody shows the figure in theirs."""
    for axes in figure.axes:
        axes.xaxis.get_major_ticks()
        axes.yaxis.get_major_ticks()


def _size(record: RunRecord, kind: str, theme: Theme) -> tuple[float, float]:
    if kind == "curves":
        return theme.width, theme.height + curves.extra_height(record)
    if kind != "landscape" and "region_probability" in record.plots:
        return theme.width, theme.height + theme.scale * regions.EXTRA_HEIGHT
    if kind != "fit":
        return theme.width, theme.height
    if "confusion" in record.plots:
        return classes.size(record, theme)
    return theme.width, theme.height + fit.extra_height(record)
