"""Which runs of a sweep are shown side by side, and in which order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnrun.plots.axis import Axis, axis
from nnrun.plots.study import SEED, Point, Study

MOST = 25
SIDE = 6
"""Columns that a page has room for."""


@dataclass(frozen=True)
class Selection:
    """Runs to show.

    Attributes:
        studies: all of the sweep.
        runs: with their studies, in order.
        lines: the keys in which they differ.
        columns: how many stand side by side where rows and columns mean something.
        kind: `every` run, the `typical` one of every setting, or a `sample` by the objective.
    """

    studies: tuple[Study, ...]
    runs: tuple[tuple[Study, Point], ...]
    lines: tuple[Axis, ...]
    columns: int | None
    kind: Literal["every", "typical", "sample"]


def select(studies: Sequence[Study]) -> Selection:
    """Every run if they are few, else the typical run of every setting, else some, evenly by their rank."""
    every = [(study, point) for study in studies for point in study.points]
    typical = [
        (study, study.typical(points)) for study in studies for points in study.grouped(study.axes).values()
    ]
    lines = _lines(every)
    if len(every) <= MOST:
        return _arranged(studies, every, lines, "every")
    if len(typical) <= MOST and len(typical) > 1:
        kept = tuple(line for line in lines if line.key != SEED)
        return _arranged(studies, typical, kept, "typical")
    pool = typical if len(typical) > 1 else every
    ordered = sorted(pool, key=lambda run: (studies.index(run[0]), run[0].score(run[1]), run[1].job))
    places = np.unique(np.round(np.linspace(0, len(ordered) - 1, MOST)).astype(int))
    chosen = tuple(ordered[place] for place in places)
    kept = tuple(line for line in lines if line.key != SEED or len(typical) == 1)
    return Selection(tuple(studies), chosen, kept, None, "sample")


def _lines(runs: Sequence[tuple[Study, Point]]) -> tuple[Axis, ...]:
    """The swept keys that have several values, the seed included."""
    swept = runs[0][0].swept if runs else ()
    lines = (axis(key, [point.values[key] for _, point in runs]) for key in swept)
    return tuple(line for line in lines if len(line.values) > 1)


def _arranged(
    studies: Sequence[Study],
    runs: Sequence[tuple[Study, Point]],
    lines: tuple[Axis, ...],
    kind: Literal["every", "typical"],
) -> Selection:
    """In order of the axes; where their values are all crossed, the last ones make the columns."""

    def place(run: tuple[Study, Point]) -> tuple[int, ...]:
        return tuple(line.index(run[1].values[line.key]) for line in lines)

    ordered = tuple(sorted(runs, key=lambda run: (*place(run), run[1].job)))
    full = len(ordered) == len(set(map(place, ordered))) == math.prod(len(line.values) for line in lines)
    columns = _columns(lines) if full else None
    return Selection(tuple(studies), ordered, lines, columns, kind)


def _columns(lines: Sequence[Axis]) -> int | None:
    """The values of the last axes together, as many as fit side by side; None for a single axis.

    A tall page gets several such rows side by side, where the values of the axis before them come out even.
    """
    sizes = [len(line.values) for line in lines]
    start = next((start for start in range(1, len(sizes)) if math.prod(sizes[start:]) <= SIDE), None)
    if start is None:
        return None
    found = math.prod(sizes[start:])
    abreast = [count for count in range(SIDE // found, 1, -1) if sizes[start - 1] % count == 0]
    return found * abreast[0] if math.prod(sizes[:start]) > SIDE and abreast else found
