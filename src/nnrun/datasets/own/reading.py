"""Reading a table from a CSV file: header, kinds of its columns, then block by block."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nnrun import capacity
from nnrun.datasets.own.asked import Reading
from nnrun.datasets.own.cells import numbers
from nnrun.datasets.own.columns import Column, Numbers, Texts, is_dates, is_text
from nnrun.datasets.own.complaints import Complaints
from nnrun.datasets.own.dialect import SIGNS, decimal_of, delimiter_of, named_sign
from nnrun.datasets.own.header import column_names, used_columns
from nnrun.datasets.own.lines import Lines
from nnrun.datasets.own.unfit import unfit
from nnrun.errors import BadInput

HEAD = 50
"""Lines by which the delimiter is found."""
FIRST_BLOCK, BLOCK = 1000, 4096
"""Rows; the first block decides which columns are texts."""
MOST_CATEGORIES, MOST_CLASSES = 100, 1000
LEAST_ROWS = 2
COPIES = 4
"""Arrays as large as the table that are there at once, at most."""
COLUMN = 800
"""Bytes that a column takes beside its rows."""


@dataclass(frozen=True)
class Read:
    """The used columns of a file, read.

    Attributes:
        features: in the order of the file, or as asked for.
        targets: likewise.
        rows: how many there were.
        sha256: of the file.
    """

    features: tuple[Column, ...]
    targets: tuple[Column, ...]
    rows: int
    sha256: str


def read(reading: Reading) -> Read:
    """Reads a table once, keeping the used columns alone.

    Raises:
        BadInput: with the first bad places and how many there are.
        EnvironmentFault: the file may not be read.
    """
    with Lines(reading.path) as lines:
        return _Reader(reading, lines).read()


class _Reader:
    def __init__(self, reading: Reading, lines: Lines) -> None:
        self._reading, self._lines = reading, lines
        self._complaints = Complaints(reading.path)
        self._dates: list[str] = []
        self._where = self._complaints.where

    def read(self) -> Read:
        stream = iter(self._lines)
        head = list(itertools.islice(stream, HEAD))
        delimiter, named = self._delimiter(head)
        rows = self._rows(itertools.chain(head[named:], stream), delimiter, named)
        first = next(rows, None)
        if first is None:
            raise BadInput(f"{self._where}: is empty: no rows")
        names = column_names(first[1], self._reading, self._where)
        if not self._reading.header:
            rows = itertools.chain([first], rows)
        features, targets = used_columns(names, self._reading, self._where)
        start = list(itertools.islice(rows, min(FIRST_BLOCK, self._reading.samples or FIRST_BLOCK)))
        if not start:
            raise BadInput(f"{self._where}: has a header and no rows")
        self._require_room(len(start), len(features) + len(targets))
        columns = self._columns(names, features, targets, start, delimiter)
        count = self._take(columns, start, len(names), 0)
        while block := list(itertools.islice(rows, self._left(count))):
            count += self._take(columns, block, len(names), count)
        self._complaints.settle(unfit(columns, features, self._dates), self._advice())
        if count < LEAST_ROWS:
            raise BadInput(f"{self._where}: has 1 row; training needs at least {LEAST_ROWS} rows")
        known = {column.name: column for column in columns}
        return Read(
            tuple(known[name] for name in features),
            tuple(known[name] for name in targets),
            count,
            self._lines.sha256(),
        )

    def _delimiter(self, head: Sequence[str]) -> tuple[str, int]:
        """What stands between cells, and how many of the first lines say so and are no rows."""
        sign = named_sign(head[0], self._where) if head else None
        if sign is None:
            return delimiter_of(head, self._reading.delimiter, self._where), 0
        return SIGNS.get(self._reading.delimiter, sign), 1

    def _rows(self, stream: Iterator[str], delimiter: str, before: int) -> Iterator[tuple[int, list[str]]]:
        """Rows that are not blank, each with the line on which it begins.

        Args:
            stream: lines.
            delimiter: between cells.
            before: lines that stand before these in the file.

        Raises:
            BadInput: the file is no table from some row on.
        """
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        while True:
            line = before + reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise BadInput(f"{self._where}: row {line}: {_explained(error)}") from error
            if row is None:
                return
            if row:
                yield line, row

    def _columns(
        self,
        names: list[str],
        features: Sequence[str],
        targets: Sequence[str],
        start: Sequence[tuple[int, list[str]]],
        delimiter: str,
    ) -> list[Column]:
        """The used columns, of the kinds that the first rows say."""
        asked, places = self._reading, {name: place for place, name in enumerate(names)}
        whole = [row for _, row in start if len(row) == len(names)]
        used = [places[name] for name in (*features, *targets)]
        decimal = decimal_of([[row[place] for place in used] for row in whole], asked.decimal, delimiter)
        columns: list[Column] = []
        for name in (*features, *targets):
            place, is_target = places[name], name in targets
            classes = is_target and asked.task == "classification"
            asked_texts = classes or name in asked.categorical
            cells = [row[place] for row in whole]
            is_plain = not asked_texts and numbers(cells, decimal) is not None
            dates = not asked_texts and not is_plain and is_dates(cells)
            text = asked_texts or (not is_plain and is_text(cells))
            refusal = self._refusal(is_target)
            if dates:
                self._dates.append(name)
            if dates or (text and not (is_target and asked.task == "regression")):
                columns.append(Texts(name, place, refusal, MOST_CLASSES if is_target else MOST_CATEGORIES))
            else:
                columns.append(Numbers(name, place, refusal, decimal))
        return columns

    def _refusal(self, is_target: bool) -> str | None:
        """Why a missing cell is refused; None where it is not."""
        if self._reading.missing == "refuse":
            return "is missing"
        if is_target and self._reading.missing == "mean":
            return "is missing; a target is not filled in: write dataset.missing=drop"
        return None

    def _take(
        self, columns: Sequence[Column], rows: Sequence[tuple[int, list[str]]], width: int, first: int
    ) -> int:
        """Reads a block; how many whole rows it had."""
        whole = rows
        if any(len(row) != width for _, row in rows):
            whole = [(line, row) for line, row in rows if len(row) == width]
            for line, row in rows:
                if len(row) != width:
                    cells = f"{len(row):,} cell{'' if len(row) == 1 else 's'}"
                    self._complaints.row(line, f"has {cells}, the first row {width:,}")
        if whole:
            lines = [line for line, _ in whole]
            block = list(zip(*(row for _, row in whole), strict=True))
            for column in columns:
                column.take(block[column.place], lines, first, self._complaints)
        return len(whole)

    def _left(self, count: int) -> int:
        """Rows of the next block."""
        most = self._reading.samples
        return BLOCK if most is None else max(0, min(BLOCK, most - count))

    def _require_room(self, count: int, columns: int) -> None:
        """Estimates from the first rows what the whole table takes.

        Raises:
            BadInput: it is more than there is.
        """
        rows = self._lines.size / max(self._lines.characters, 1) * count
        rows = min(rows, self._reading.samples or rows)
        size, free = columns * (rows * 8 * COPIES + COLUMN), capacity.free()
        if size > free:
            raise BadInput(
                f"{self._where}: about {rows:,.2g} rows of {columns:,} columns need about"
                f" {capacity.readable(size)}, {capacity.readable(free)} free; choose fewer columns with"
                " dataset.features, or the first rows with dataset.samples=N"
            )

    def _advice(self) -> list[str]:
        if not self._complaints.missing or self._reading.missing != "refuse":
            return []
        count = self._complaints.missing
        return [
            f"{count:,} cell{' is' if count == 1 else 's are'} missing; dataset.missing=drop leaves such rows"
            " out, dataset.missing=mean fills features with their mean"
        ]


def _explained(error: csv.Error) -> str:
    """What Python's csv module says, for people."""
    text = str(error)
    if "field limit" in text:
        return "a cell has more than 131,072 characters; is a quotation mark not closed?"
    if "unexpected end" in text:
        return "a quotation mark is opened and never closed"
    if "expected after" in text:
        return "a closing quotation mark stands inside a cell; double it"
    return text
