"""Which pictures a run that has ended is without, although its settings ask for them."""

from __future__ import annotations

from pathlib import Path

from nnrun.own_pictures import file_name
from nnrun.plots import asked, kinds
from nnrun.runs.entry import known_summary
from nnrun.runs.reading import read_remains
from nnrun.spec import PlotSettings

UNDRAWN = frozenset({"failed", "interrupted", "running"})
"""How runs end of which no pictures are drawn; they can be, later."""


def undrawn(directory: Path, plots: PlotSettings) -> tuple[str, ...]:
    """The kinds of pictures, of nnrun's own, that are asked for, can be drawn and are not there.

    Args:
        directory: of the run.
        plots: what its settings ask for.
    """
    model = known_summary(directory).get("model")
    small = isinstance(model, dict) and model.get("parameters") == 2
    missing = [
        kind for kind in asked(plots, small) if not (directory / picture_file(kind, plots.format)).exists()
    ]
    if not {"landscape", "animation"}.isdisjoint(missing):
        # The others of a run that recorded nothing to draw them from.
        possible = kinds(read_remains(directory).record)
        missing = [kind for kind in missing if kind in possible]
    return tuple(missing)


def undrawn_own(directory: Path, plots: PlotSettings) -> tuple[str, ...]:
    """The user's own pictures of a run that are asked for and are not there."""
    names = plots.own if plots.save else ()
    return tuple(name for name in names if not (directory / picture_file(name, plots.format)).exists())


def picture_file(kind: str, file_format: str) -> str:
    """The file of a kind of picture, or of one of the user's own."""
    return "fit.gif" if kind == "animation" else f"{file_name(kind)}.{file_format}"
