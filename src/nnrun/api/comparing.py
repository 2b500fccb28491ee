"""`nnrun.compare`: saved runs side by side, as a table, a sentence and a picture."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, final

from nnrun.api.cards import card, picture, table
from nnrun.api.complaints import pandas
from nnrun.api.pictures import Look, png_of
from nnrun.api.runs import Run
from nnrun.api.sweeps import Sweep
from nnrun.commands.comparing import sentences
from nnrun.commands.tabulating import Table, rendered
from nnrun.comparison.choosing import chosen
from nnrun.comparison.comparison import LETTERS, compared
from nnrun.comparison.recorded import Recorded, recorded
from nnrun.comparison.tables import by_run, by_setting, side_by_side
from nnrun.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from nnrun.runs.entry import Entry

Named: TypeAlias = Run | Sweep | str | os.PathLike[str]
"""A run or a sweep, or what means one on the command line."""


@final
class Comparison:
    """What differs between runs, and how they did. Made by `nnrun.compare`.

    Args:
        runs: at least one.
        skipped: runs that cannot be compared, each with the reason.
    """

    def __init__(self, runs: Iterable[Recorded], skipped: tuple[str, ...]) -> None:
        self._found, self._skipped = compared(list(runs)), skipped

    @property
    def sentences(self) -> tuple[str, ...]:
        """What can be said, as `nnrun compare` says it below its table, and what was left out."""
        return (*sentences(self._found), *self._skipped)

    def frame(self) -> pd.DataFrame:
        """A row for each run: keys in which they differ, status, objective and all metrics.

        Raises:
            EnvironmentFault: pandas is not installed.
        """
        frame: pd.DataFrame = pandas("frame()").DataFrame(by_run(self._found))
        return frame

    def figure(
        self,
        *,
        theme: str = "light",
        width: float | None = None,
        height: float | None = None,
        language: str = "auto",
    ) -> Figure:
        """The fits and the learning curves of all of them in one picture.

        Args:
            theme: as for `nnrun compare --theme`.
            width: inches; None: the theme's, or what the content needs.
            height: inches, likewise.
            language: of the words in it.

        Raises:
            BadInput: no such look.
        """
        from nnrun.comparison.pictured import pictured
        from nnrun.plots.silence import silence

        with silence():
            from nnrun.plots.comparison import draw_comparison
        return draw_comparison(pictured(self._found), **Look(theme, width, height, language).options)

    def __str__(self) -> str:
        return rendered(self._table(), "text") + "\n".join(["", *self._members(), *self.sentences])

    def __repr__(self) -> str:
        return f"<comparison of {len(self._found.runs)} runs>"

    def _repr_html_(self) -> str:
        lines = (*self._members(), *"\n".join(self.sentences).splitlines())
        shown = card("", lines, picture(png_of(self.figure()), "learning curves and fits of these runs"))
        rows = self._table()
        # A row for each of many settings has others like it; one of few settings is a number of its own.
        return (table(rows, len(rows.rows)) if self._found.few else table(rows)) + shown

    def _table(self) -> Table:
        """A column for each of few, a row for each of many."""
        head, rows = side_by_side(self._found, False) if self._found.few else by_setting(self._found)
        return Table(head, tuple(rows))

    def _members(self) -> Iterator[str]:
        """Which runs the columns are."""
        if self._found.few:
            for letter, unit in zip(LETTERS, self._found.units, strict=False):
                more = f" and {len(unit.distinct) - 1} more" if len(unit.distinct) > 1 else ""
                yield f"{letter}  {unit.runs[0].name}{more}"


def compare(*runs: Named | Iterable[Named], where: str | None = None) -> Comparison:
    """Sets saved runs side by side, as `nnrun compare` does; runs that differ only in their seed are one.

    Args:
        runs: runs, sweeps, directories, words such as `latest`, or sequences of these; none: the two newest.
        where: which of them to keep, such as `"optim.lr>0.1"`.

    Raises:
        BadInput: there is no such run, or none that can be compared.
    """
    words = [str(place) for each in runs for place in _places(each)]
    if runs and not words:
        raise BadInput("there are no runs to compare: the sequence is empty")
    usable, skipped = [], []
    for entry in chosen(words, where):
        run = recorded(entry)
        problem = _problem(entry)
        if problem:
            skipped.append(f"{run.name}: {problem}")
        else:
            usable.append(run)
    if not usable:
        raise BadInput("; ".join(skipped) or "there is no such run")
    return Comparison(usable, tuple(skipped))


def _places(named: Named | Iterable[Named]) -> Iterator[str | Path]:
    if isinstance(named, Run | Sweep):
        yield named.directory
    elif isinstance(named, str | os.PathLike):
        yield os.fspath(named)
    elif isinstance(named, Iterable):
        for each in named:
            yield from _places(each)
    else:
        raise BadInput(
            f"{named!r}: is neither a run nor a sweep, nor a word that means one, such as 'latest'"
        )


def _problem(entry: Entry) -> str:
    """Why a run cannot be compared; empty where it can."""
    return entry.problem or ("" if entry.config else "its configuration is not recorded")
