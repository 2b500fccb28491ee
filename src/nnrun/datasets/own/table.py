"""A table as samples: numbers as they are, categories as one column each, targets as numbers or classes."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.characters import visible
from nnrun.datasets.own.asked import Reading
from nnrun.datasets.own.columns import Column, Floats, Numbers, Texts
from nnrun.datasets.own.complaints import shortened
from nnrun.datasets.own.lines import opened
from nnrun.datasets.own.reading import LEAST_ROWS, Read, read
from nnrun.datasets.source import TableColumn
from nnrun.errors import BadInput

NOTHING = " there is nothing to learn"

KEPT = 4
"""Tables that stay in memory, so that the runs of a sweep share one."""


@dataclass(frozen=True)
class Table:
    """Samples, and what their columns are called.

    Attributes:
        x: inputs (sample, feature); NaN where a cell is missing that is to be filled in. Not to be changed.
        y: targets (sample, out), or classes (sample,). Not to be changed.
        features: names of the inputs, such as `area` or `colour=red`.
        numeric: which of them are numbers.
        columns: those of the file that the features come from.
        targets: names of the outputs, or of the one column that holds the class.
        classes: their names; empty for regression.
        rows: in the file; more than samples where some were left out.
        constant: features that are the same in all samples.
        unrepeated: columns of texts that are another one in every row.
        counting: columns that number the rows.
        largest: the largest number, and where it stands.
        sha256: of the file.
    """

    x: Floats
    y: npt.NDArray[Any]
    features: tuple[str, ...]
    numeric: tuple[bool, ...]
    columns: tuple[TableColumn, ...]
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    rows: int
    constant: tuple[str, ...]
    unrepeated: tuple[str, ...]
    counting: tuple[str, ...]
    largest: tuple[float, str]
    sha256: str


def table_of(reading: Reading) -> Table:
    """The table that a file holds now.

    Raises:
        BadInput: with every problem found.
        EnvironmentFault: it may not be read.
    """
    descriptor = opened(reading.path)
    try:
        state = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    place = str(Path(reading.path).expanduser().absolute())
    return _kept(reading, place, state.st_size, state.st_mtime_ns, state.st_ino)


@functools.lru_cache(KEPT)
def _kept(reading: Reading, _place: str, _size: int, _changed: int, _inode: int) -> Table:
    found, where = read(reading), visible(reading.path)
    kept = _kept_rows(found, reading)
    count = found.rows if kept is None else int(kept.sum())
    if count < LEAST_ROWS:
        raise BadInput(
            f"{where}: has {count} rows without missing cells, of {found.rows}; training needs at least"
            f" {LEAST_ROWS}: leave columns out with dataset.features=..."
        )
    y, classes = _targets(found.targets, reading, kept, where)
    columns = tuple(_described(column) for column in found.features)
    names = tuple(name for column in columns for name in _named(column))
    numeric = tuple(not column.categories for column in columns for _ in range(column.width))
    largest = _largest([*found.features, *(() if classes else found.targets)], where)
    x = _inputs(found.features, kept, count, len(names))
    constant = _constant(x, names)
    unrepeated = tuple(
        column.name for column in found.features if isinstance(column, Texts) and column.is_names
    )
    counting = tuple(
        column.name for column in found.features if isinstance(column, Numbers) and column.is_row_numbers
    )
    x.flags.writeable = y.flags.writeable = False
    return Table(
        x=x,
        y=y,
        features=names,
        numeric=numeric,
        columns=columns,
        targets=tuple(column.name for column in found.targets),
        classes=classes,
        rows=found.rows,
        constant=constant,
        unrepeated=unrepeated,
        counting=counting,
        largest=largest,
        sha256=found.sha256,
    )


def _kept_rows(found: Read, reading: Reading) -> npt.NDArray[np.bool_] | None:
    """Which rows (row,) are used; None: all."""
    holed = [column.missing for column in (*found.features, *found.targets) if column.missing]
    if reading.missing != "drop" or not holed:
        return None
    kept = np.ones(found.rows, dtype=bool)
    for places in holed:
        kept[np.frombuffer(places, dtype=np.int64)] = False
    return kept


def _described(column: Column) -> TableColumn:
    return TableColumn(column.name, column.categories()[0] if isinstance(column, Texts) else ())


def _named(column: TableColumn) -> tuple[str, ...]:
    """What the inputs of a column are called."""
    return tuple(f"{column.name}={category}" for category in column.categories) or (column.name,)


def _inputs(columns: Sequence[Column], kept: npt.NDArray[np.bool_] | None, count: int, width: int) -> Floats:
    x = np.zeros((count, width))
    place = 0
    for column in columns:
        if isinstance(column, Numbers):
            x[:, place] = column.values() if kept is None else column.values()[kept]
            place += 1
            continue
        assert isinstance(column, Texts)
        categories, codes = column.categories()
        codes = codes if kept is None else codes[kept]
        for code in range(len(categories)):
            x[:, place + code] = codes == code
        x[codes < 0, place : place + len(categories)] = np.nan
        place += max(len(categories), 1)
    return x


def _targets(
    columns: Sequence[Column], reading: Reading, kept: npt.NDArray[np.bool_] | None, where: str
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """Targets, and the names of the classes where they are such."""
    texts = [column for column in columns if isinstance(column, Texts)]
    if texts and len(columns) > 1:
        raise BadInput(
            f"dataset.target={','.join(reading.target)}: '{shortened(texts[0].name)}' holds texts;"
            " classes are predicted one column at a time"
        )
    if texts:
        return _classes(texts[0], kept, where)
    numbers = [column for column in columns if isinstance(column, Numbers)]
    y = np.column_stack([column.values() if kept is None else column.values()[kept] for column in numbers])
    problems = [
        f"{where}: the target '{shortened(column.name)}' is {values[0]:g} in every row:{NOTHING}"
        for column, values in zip(numbers, y.T, strict=True)
        if (values == values[0]).all()
    ]
    if problems:
        raise BadInput(problems)
    return np.ascontiguousarray(y), ()


def _classes(
    column: Texts, kept: npt.NDArray[np.bool_] | None, where: str
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    names, codes = column.categories()
    codes = codes if kept is None else codes[kept]
    present = np.unique(codes)
    if len(present) < 2:
        only = f"'{shortened(names[present[0]])}'" if len(present) else "missing"
        raise BadInput(f"{where}: the target '{shortened(column.name)}' is {only} in every row:{NOTHING}")
    return np.searchsorted(present, codes), tuple(names[place] for place in present)


def _constant(x: Floats, names: Sequence[str]) -> tuple[str, ...]:
    same = (x == x[0]).all(axis=0)
    for place in np.flatnonzero(np.isnan(x).any(axis=0)).tolist():
        known = x[~np.isnan(x[:, place]), place]
        same[place] = len(known) == 0 or (known == known[0]).all()
    return tuple(names[place] for place in np.flatnonzero(same).tolist())


def _largest(columns: Sequence[Column], where: str) -> tuple[float, str]:
    found = [(*column.largest, column.name) for column in columns if isinstance(column, Numbers)]
    size, row, name = max(found, default=(0.0, 0, ""))
    return size, f"{where}: row {row}, column '{shortened(name)}'"
