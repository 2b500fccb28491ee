"""From a recorded run and the name of a picture to the picture."""

from __future__ import annotations

from matplotlib.figure import Figure

from nnrun.errors import BadInput
from nnrun.plots import KINDS, classes, curves, fit
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
    theme: Theme = LIGHT,
    width: float | None = None,
    height: float | None = None,
) -> Figure:
    """The picture `kind` of one run.

    Args:
        record: what its directory holds.
        kind: one of `nnrun.plots.kinds()`.
        feature: which input is on the x-axis of `fit` where there are several.
        language: of the words in it.
        theme: how it looks.
        width: inches; None: the theme's, or what the content needs.
        height: inches, likewise.

    Raises:
        BadInput: no such picture, or no such feature.
    """
    if kind not in KINDS:
        raise BadInput(f"{kind}: no such picture; choose one of {', '.join(KINDS)}")
    natural = _size(record, kind, theme)
    with styled(theme):
        sheet = Sheet(theme, width or natural[0], height or natural[1])
        if kind == "curves":
            curves.draw(record, sheet, language)
        elif "confusion" in record.plots:
            classes.draw(record, sheet, language)
        else:
            fit.draw(record, sheet, language, feature)
        _make_ticks(sheet.figure)
    return sheet.figure


def _make_ticks(figure: Figure) -> None:
    """Now, in the theme's style, and not when somebody shows the figure in theirs."""
    for axes in figure.axes:
        axes.xaxis.get_major_ticks()
        axes.yaxis.get_major_ticks()


def _size(record: RunRecord, kind: str, theme: Theme) -> tuple[float, float]:
    if kind == "curves":
        return theme.width, theme.height + curves.extra_height(record)
    if "confusion" in record.plots:
        return classes.size(record, theme.width, theme.height)
    return theme.width, theme.height + fit.extra_height(record)
