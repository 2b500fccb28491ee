"""From a recorded run and the name of a picture to the picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib.figure import Figure

from nnrun.errors import BadInput
from nnrun.plots import animation, classes, curves, data, fit, kinds, landscape
from nnrun.plots.lettering import lettering
from nnrun.plots.sheet import Sheet
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
        if kind == "curves":
            curves.draw(record, sheet, language)
        elif kind == "landscape":
            landscape.draw(record, sheet, language)
        elif kind == "data":
            data.draw(record, sheet, language, feature)
        elif kind == "animation":
            animation.draw(record, sheet, language)
        elif "confusion" in record.plots:
            classes.draw(record, sheet, language)
        else:
            fit.draw(record, sheet, language, feature)
        _make_ticks(sheet.figure)
    return sheet.figure


@contextmanager
def page(
    record: RunRecord,
    kind: str,
    language: str,
    font: str | None,
    theme: Theme,
    width: float | None,
    height: float | None,
) -> Iterator[tuple[Sheet, str]]:
    """An empty sheet of the right size and style, and the language that it can be written in."""
    natural = _size(record, kind, theme)
    chosen = lettering(theme, language, font)
    with styled(chosen.theme):
        yield Sheet(chosen.theme, width or natural[0], height or natural[1]), chosen.language


def _make_ticks(figure: Figure) -> None:
    """Now, in the theme's style, and not when somebody shows the figure in theirs."""
    for axes in figure.axes:
        axes.xaxis.get_major_ticks()
        axes.yaxis.get_major_ticks()


def _size(record: RunRecord, kind: str, theme: Theme) -> tuple[float, float]:
    if kind == "curves":
        return theme.width, theme.height + curves.extra_height(record)
    if kind != "fit":
        return theme.width, theme.height
    if "confusion" in record.plots:
        return classes.size(record, theme.width, theme.height)
    return theme.width, theme.height + fit.extra_height(record)
