"""Drawing pictures of users' own, in this process: their code knows nothing of others."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from nnrun.own_pictures import file_name, pictures
from nnrun.plots.process import Failure
from nnrun.plots.saving import save
from nnrun.plots.style import styled
from nnrun.plots.theme import LIGHT, Theme
from nnrun.runs.reading import RunRecord, read_run

LONGEST_MESSAGE = 200
"""Characters of somebody's message that are shown."""


def draw_own(
    record: RunRecord,
    name: str,
    theme: Theme = LIGHT,
    width: float | None = None,
    height: float | None = None,
) -> Figure:
    """A registered picture of one run, in nnrun's style.

    Args:
        record: what its directory holds.
        name: registered, or such as `./parts.py:gains`.
        theme: how it looks.
        width, height: inches; None: the theme's.
    """
    with styled(theme):
        figure = Figure((width or theme.width, height or theme.height), layout="constrained")
        pictures.build(name, record, figure)
        figure.canvas.draw()
    return figure


def leave_own(directory: Path, names: Sequence[str], file_format: str) -> list[tuple[Failure, str]]:
    """Draws these pictures into a run's directory, as `NAME.FORMAT`.

    Returns:
        Those that failed, each with its traceback.
    """
    failed = []
    for name in names:
        kind = file_name(name)
        try:
            save(draw_own(read_run(directory), name), directory / f"{kind}.{file_format}", file_format)
        except Exception as error:
            lines = f"{type(error).__name__}: {error}".splitlines()
            failed.append((Failure(kind, lines[0][:LONGEST_MESSAGE], directory), traceback.format_exc()))
    return failed
