"""The columns of a table as they are read, block by block: numbers, or texts that become categories."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

from nnrun.datasets.own.cells import (
    Decimal,
    complaint,
    is_date,
    is_like_a_number,
    is_missing,
    is_number,
    number,
    numbers,
)
from nnrun.datasets.own.complaints import Complaints

Floats = npt.NDArray[np.float64]

_CALLED_AS_ROWS = re.compile(r"(?i:(.*[_ -])?(id|index)|unnamed: 0)|.*[a-z]I[dD]")
"""`id`, `customer_id`, `PassengerId`, and what pandas calls an index that it has read back."""


class Column(ABC):
    """One used column.

    Args:
        name: of it.
        place: in the file, counted from 0.
        fills: what is to be done about a missing cell: a reason to refuse it, or None to take note of it.

    Attributes:
        missing: places of rows without a value, counted from 0 among the rows read.
    """

    def __init__(self, name: str, place: int, fills: str | None) -> None:
        self.name, self.place, self._refusal = name, place, fills
        self.missing: array[int] = array("q")

    @abstractmethod
    def take(self, cells: Sequence[str], rows: Sequence[int], first: int, complaints: Complaints) -> None:
        """Reads a block of cells, on these lines of the file, from the table's row `first` on."""

    def _note(self, row: int, cell: str, line: int, complaints: Complaints) -> None:
        """A cell is missing."""
        self.missing.append(row)
        if self._refusal is not None:
            complaints.missing += 1
            complaints.cell(line, self.place, self.name, cell, self._refusal)


@final
class Numbers(Column):
    """A column of numbers; a missing one is NaN.

    Args:
        decimal: sign of its numbers.
    """

    def __init__(self, name: str, place: int, fills: str | None, decimal: Decimal) -> None:
        super().__init__(name, place, fills)
        self._decimal = decimal
        self._values: array[float] = array("d")
        self._largest = (0.0, 0)

    def take(self, cells: Sequence[str], rows: Sequence[int], first: int, complaints: Complaints) -> None:
        """All at once where all are numbers; else one by one."""
        found = numbers(cells, self._decimal)
        sizes = None if found is None else np.abs(np.frombuffer(found))
        if found is None or sizes is None:
            found = array("d", self._one_by_one(cells, rows, first, complaints))
            sizes = np.nan_to_num(np.abs(np.frombuffer(found)))
        self._values.extend(found)
        top = int(sizes.argmax())
        if sizes[top] > self._largest[0]:
            self._largest = (float(sizes[top]), rows[top])

    def _one_by_one(
        self, cells: Sequence[str], rows: Sequence[int], first: int, complaints: Complaints
    ) -> list[float]:
        found = []
        for index, (cell, row) in enumerate(zip(cells, rows, strict=True)):
            value = float("nan")
            if is_missing(cell):
                self._note(first + index, cell.strip(), row, complaints)
            elif wrong := complaint(cell, self._decimal):
                complaints.cell(row, self.place, self.name, cell.strip(), wrong)
            else:
                value = number(cell, self._decimal)
            found.append(value)
        return found

    @property
    def largest(self) -> tuple[float, int]:
        """The largest size of a number, and its line in the file."""
        return self._largest

    def values(self) -> Floats:
        """What was read (row,)."""
        return np.frombuffer(self._values)

    @property
    def is_row_numbers(self) -> bool:
        """Whether it is called as numbers of the rows are, and counts them."""
        if len(self._values) < 3 or not _CALLED_AS_ROWS.fullmatch(self.name):
            return False
        values = self.values()
        return bool(values[0] == np.round(values[0]) and (np.diff(values) == 1).all())


@final
class Texts(Column):
    """A column of texts, few of which are different.

    Args:
        most: different ones that it may have.
    """

    def __init__(self, name: str, place: int, fills: str | None, most: int) -> None:
        super().__init__(name, place, fills)
        self.most = most
        self._codes: array[int] = array("i")
        self._known: dict[str, int] = {}

    def take(self, cells: Sequence[str], rows: Sequence[int], first: int, complaints: Complaints) -> None:
        """Numbers each text by its first appearance; -1 where it is missing. One too many is the last one."""
        if self.is_crowded:
            return
        for index, (cell, row) in enumerate(zip(cells, rows, strict=True)):
            text = cell.strip()
            if is_missing(text):
                self._note(first + index, text, row, complaints)
                self._codes.append(-1)
                continue
            self._codes.append(self._known.setdefault(text, len(self._known)))

    @property
    def is_crowded(self) -> bool:
        """Whether it has more different texts than it may; the rest of them is not kept."""
        return len(self._known) > self.most

    @property
    def is_names(self) -> bool:
        """Whether no text of several repeats, as in names or numbers of the rows."""
        known = len(self._codes) - len(self.missing)
        return known == len(self._known) > 2

    def categories(self) -> tuple[tuple[str, ...], npt.NDArray[Any]]:
        """The different texts in order, numbers by size, and the place among them of each row's (row,)."""
        numeric = all(is_number(text, "point") for text in self._known)
        ordered = sorted(self._known, key=(lambda text: (float(text), text)) if numeric else None)
        places = np.empty(len(self._known) + 1, dtype=np.int64)
        places[-1] = -1
        for place, text in enumerate(ordered):
            places[self._known[text]] = place
        return tuple(ordered), places[np.frombuffer(self._codes, dtype=np.int32)]


def is_dates(cells: Sequence[str]) -> bool:
    """Whether most of these cells are dates."""
    known = [cell for cell in cells if not is_missing(cell)]
    return 2 * sum(map(is_date, known)) > len(known)


def is_text(cells: Sequence[str]) -> bool:
    """Whether more of these cells are texts than numbers, in whatever form."""
    known = [cell for cell in cells if not is_missing(cell)]
    meant = sum(is_like_a_number(cell) for cell in known)
    return len(known) > 2 * meant
