"""The report of runs as a frame in a notebook: the same page, opened at its Explore tab."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import final

from nnrun.errors import Refused


@final
class Explorer:
    """A frame that holds a whole page, so that it works in any notebook and in what is exported from it.

    Args:
        directories: of runs and sweeps.
        height: of the frame, in pixels.

    Raises:
        Refused: there is no run to show.
        EnvironmentFault: the plotting library is not installed.
    """

    def __init__(self, directories: Sequence[Path], height: int) -> None:
        from nnrun.report import gather, page, payload

        gathered = gather(directories)
        if not gathered.members:
            raise Refused("; ".join(gathered.notes[:3]) or f"{directories[0]}: there is no run to show")
        self._height, self._runs = int(height), len(gathered.members)
        self._page = page(payload(gathered)[0] | {"tab": "explore"}).decode("utf-8")

    def __repr__(self) -> str:
        return f"<explorer of {self._runs} runs; a notebook shows it>"

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self._page)}" title="nnrun: explore {self._runs} runs"'
            f' style="width: 100%; height: {self._height}px; border: 0"></iframe>'
        )
