"""Samples to predict: from words, a CSV text, or the run's own source, with every bad cell named."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.characters import visible
from nnrun.datasets import Source
from nnrun.datasets.own.cells import Decimal, is_missing, is_number, number
from nnrun.datasets.own.dialect import SIGNS, decimal_of, named_sign
from nnrun.errors import BadInput
from nnrun.prediction.columns import Columns, listed
from nnrun.registry import suggestion

Floats = npt.NDArray[np.float64]

SHOWN = 5
"""Bad cells that are named one by one."""
LONGEST_CELL = 40
"""Characters of a bad cell that are shown."""

_LIKE_A_NUMBER = re.compile(r"[^,;\t|]*|\s*[+-]?\d*,\d*([eE][+-]?\d+)?\s*", re.ASCII)
"""A cell that holds no sign which may stand between cells, but for a decimal comma."""
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Samples:
    """What to predict.

    Attributes:
        x: inputs (sample, feature).
        y: targets: (sample, out), or (sample,) classes; None where no sample's are known.
        known: which samples' targets are known (sample,); the other ones' `y` means nothing.
        names: columns that the result repeats, the inputs first.
        cells: their texts, one row per sample.
    """

    x: Floats
    y: npt.NDArray[Any] | None
    known: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    cells: list[list[str]]


@dataclass
class _Complaints:
    """Bad cells, of which the first ones are told."""

    told: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, place: str, column: str, cell: str, wrong: str) -> None:
        self.count += 1
        if len(self.told) < SHOWN:
            shown = visible(cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}...")
            quoted = f"'{shown}' " if cell else ""
            self.told.append(f"{place}, column '{visible(column)}': {quoted}{wrong}")

    def settle(self, where: str) -> None:
        if self.count > len(self.told):
            self.told.append(f"{where}: {self.count} bad cells in all")
        if self.told:
            raise BadInput(self.told)


def from_words(words: Sequence[str], columns: Columns, dtype: str) -> Samples:
    """Samples as typed: one per word, its features apart by commas.

    Raises:
        BadInput: a word has another number of features, or one is no number.
    """
    rows = [[cell.strip() for cell in word.split(",")] for word in words]
    wanted = len(columns.inputs)
    for word, row in zip(words, rows, strict=True):
        if len(row) != wanted:
            have = "1 value" if len(row) == 1 else f"{len(row)} values"
            need = "one value" if wanted == 1 else f"{wanted} values apart by commas"
            hint = "; decimals have a point, as in 1.5" if len(row) > wanted else ""
            raise BadInput(
                f"--x {visible(word)}: has {have}; a sample of this run has {need}"
                f" ({listed(columns.inputs)}){hint}"
            )
    if not rows:
        raise BadInput("--x: wants samples, such as --x 0.5 1.0")
    places = [f"--x sample {number}" for number in range(1, len(rows) + 1)]
    return _checked(columns.inputs, rows, places, columns, dtype, "--x", "point")


def from_source(source: Source, count: int, columns: Columns) -> Samples:
    """Fresh samples of the run's own source, other ones than those of its training and its test.

    Raises:
        BadInput: the source is a fixed table.
    """
    fresh = source.new(count, "new")
    if fresh is None:
        raise BadInput(
            f"--new {count}: dataset {source.name} is a fixed table; give samples with --x or --csv"
        )
    x, y = fresh
    targets = y.reshape(len(y), -1)
    cells = [
        [repr(value) for value in (*row, *own)] for row, own in zip(x.tolist(), targets.tolist(), strict=True)
    ]
    return Samples(x, y, np.ones(len(x), dtype=bool), (*columns.inputs, *columns.targets), cells)


def from_csv(text: str, where: str, columns: Columns, dtype: str) -> Samples:
    """Samples of a table with a header; one of numbers alone has the inputs, and perhaps the targets.

    Cells are apart by a comma, or by the sign that gives the columns of the run; beside another sign than a
    comma, numbers may have decimal commas. Where the run's own table had no header, this one has none either.

    Args:
        text: of the file.
        where: what it is called in messages.
        columns: of the run's data.
        dtype: of the run.

    Raises:
        BadInput: columns are missing or named twice, rows are too short or too long, cells are no numbers.
    """
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    named = named_sign(lines[0], where) if lines else None
    before = 0 if named is None else 1
    sign = named or _sign(lines, columns)
    rows = _rows(lines[before:], sign, where, before)
    if not rows:
        raise BadInput(f"{where}: is empty; it wants a header {','.join(columns.inputs[:6])} and rows")
    placed = _placed(rows[0][1], columns)
    names, body = (rows[0][1], rows[1:]) if placed is None else (placed, rows)
    names = [name.strip() for name in names]
    _require_columns(names, where, columns)
    if not body:
        raise BadInput(f"{where}: has a header and no rows")
    problems = [
        f"{where}: row {number} has {len(row)} cells, the header {len(names)}"
        for number, row in body
        if len(row) != len(names)
    ]
    if problems:
        more = [f"{where}: {len(problems)} such rows in all"] if len(problems) > SHOWN else []
        raise BadInput([*problems[:SHOWN], *more])
    cells = [[cell.strip() for cell in row] for _, row in body]
    places = [f"{where}: row {number}" for number, _ in body]
    wanted = (*_numeric(columns), *(() if columns.classes else columns.targets))
    numeric = [names.index(name) for name in wanted if name in names]
    decimal = decimal_of([[row[place] for place in numeric] for row in cells], "auto", sign)
    return _checked(names, cells, places, columns, dtype, where, decimal)


def _rows(lines: Sequence[str], sign: str, where: str, before: int) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, each with its number, `before` lines standing above.

    Raises:
        BadInput: this is no table.
    """
    try:
        reader = csv.reader(lines, delimiter=sign, strict=True)
        return [(before + reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadInput(f"{where}: is no CSV table: {error}") from error


def _sign(lines: Sequence[str], columns: Columns) -> str:
    """What stands between cells: the first sign by which the first row has the columns of this run."""
    first = next((line for line in lines if line.strip()), "")
    for sign in SIGNS.values():
        try:
            cells = next(csv.reader([first], delimiter=sign), [])
        except csv.Error:
            continue
        placed = _placed(cells, columns)
        names = [cell.strip() for cell in cells] if placed is None else placed
        if len(names) != len(cells) or not set(columns.inputs) <= set(names):
            continue
        numeric = [] if placed is None else [cells[names.index(name)] for name in _numeric(columns)]
        if all(_LIKE_A_NUMBER.fullmatch(cell) for cell in numeric):
            return sign
    return SIGNS["comma"]


def _numeric(columns: Columns) -> list[str]:
    """Names of the inputs that are numbers."""
    return [name for name, texts in zip(columns.inputs, columns.categories, strict=True) if not texts]


def _placed(first: Sequence[str], columns: Columns) -> list[str] | None:
    """Names of the columns of a table that has no header; None where its first row is one.

    Where names are places, a header is what `predict` itself has written, with its predictions.
    """
    inputs, both = list(columns.inputs), [*columns.inputs, *columns.targets]
    if columns.is_headless:
        if any(columns.is_prediction(cell.strip()) for cell in first):
            return None
        counted = [str(place) for place in range(1, len(first) + 1)]
        if len(first) == len(inputs) or not set(inputs) <= set(counted):
            return both if len(first) == len(both) else inputs
        return counted
    numeric = all(is_number(cell, "point") or is_number(cell, "comma") for cell in first)
    if not numeric or set(inputs) <= {cell.strip() for cell in first}:
        return None
    return both if len(first) == len(both) else inputs


def _require_columns(names: Sequence[str], where: str, columns: Columns) -> None:
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    missing = [name for name in columns.inputs if name not in names]
    problems = [f"{where}: has two columns '{visible(name)}'" for name in repeated]
    if missing:
        near = suggestion(missing[0], [name for name in names if name not in columns.inputs]).rstrip(";")
        hint = near.replace("did you mean", "is it") if len(missing) == 1 else ""
        shown = listed([visible(name) for name in names])
        problems.append(f"{where}: has no column {listed(missing)}{hint} (its columns: {shown})")
    if problems:
        raise BadInput(problems)


def _checked(
    names: Sequence[str],
    rows: list[list[str]],
    places: Sequence[str],
    columns: Columns,
    dtype: str,
    where: str,
    decimal: Decimal,
) -> Samples:
    """The samples, every cell of theirs a number; a target that is not known yet may be left blank."""
    complaints, largest = _Complaints(), float(np.finfo("float64" if columns.is_scaled else dtype).max)
    targets = columns.targets if all(name in names for name in columns.targets) else ()
    order = {name: names.index(name) for name in (*columns.inputs, *targets)}
    x, y = np.zeros((len(rows), columns.width)), np.zeros((len(rows), len(targets)))
    known = np.full(len(rows), bool(targets))
    slots, classes = tuple(columns.slots), columns.classes
    for row, (place, cells) in enumerate(zip(places, rows, strict=True)):
        for name, inputs, categories in slots:
            cell = cells[order[name]]
            if columns.fills and is_missing(cell):
                x[row, inputs] = np.nan
            elif wrong := _wrong(cell, categories, largest, decimal, "is new to this run, which knows"):
                complaints.add(place, name, cell, wrong)
            elif categories:
                x[row, inputs.start + categories.index(cell)] = 1
            else:
                x[row, inputs] = number(cell, decimal)
        for index, name in enumerate(targets):
            cell = cells[order[name]]
            if is_missing(cell) and cell not in classes:
                known[row] = False
            elif wrong := _wrong(cell, classes, largest, decimal, "is no class; classes:"):
                complaints.add(place, name, cell, wrong)
            else:
                y[row, index] = classes.index(cell) if classes else number(cell, decimal)
    complaints.settle(where)
    wanted = y[:, 0].astype(np.int64) if classes and targets else y
    others = [name for name in names if name not in columns.inputs and not columns.is_prediction(name)]
    kept = (*columns.inputs, *others)
    places_of = [names.index(name) for name in kept]
    kept_cells = [[cells[place] for place in places_of] for cells in rows]
    return Samples(x, wanted if known.any() else None, known, kept, kept_cells)


def _wrong(cell: str, choices: Sequence[str], largest: float, decimal: Decimal, strange: str) -> str | None:
    """What is wrong with a cell, which holds one of the `choices` or else a number; None where nothing is."""
    if not cell:
        return "is empty"
    if choices:
        return None if cell in choices else f"{strange} {listed(choices)}"
    if not is_number(cell, decimal):
        if decimal == "point" and _GROUPED.fullmatch(cell):
            return f"is not a number; write {cell.replace(',', '')}"
        return "is not a finite number" if cell.lower().strip("+-") in _NOT_FINITE else "is not a number"
    return None if abs(number(cell, decimal)) <= largest else "is too large"


_NOT_FINITE = frozenset({"nan", "inf", "infinity"})
