"""What is wrong with a file, cell by cell: the first few places told, the others counted."""

from __future__ import annotations

from collections.abc import Sequence

from nnrun.characters import visible
from nnrun.errors import BadInput

SHOWN = 5
"""Places that are named one by one."""
LONGEST = 40
"""Characters of a cell or a name that are shown."""


class Complaints:
    """Bad places of one file, in the order of its rows.

    Args:
        where: the file as the user typed it.
    """

    def __init__(self, where: str) -> None:
        self.where = visible(where)
        self._told: list[tuple[int, int, str]] = []
        self.count = 0
        self.missing = 0

    def cell(self, row: int, place: int, column: str, cell: str, wrong: str) -> None:
        """A cell is bad.

        Args:
            row: line of the file on which its row begins, the first being 1.
            place: of its column, counted from 0.
            column: its name.
            cell: its text.
            wrong: what is wrong, such as `is not a number`.
        """
        quoted = f"'{shortened(cell)}' " if cell else ""
        self._add(row, place, f"row {row}, column '{shortened(column)}': {quoted}{wrong}")

    def row(self, row: int, wrong: str) -> None:
        """A whole row is bad."""
        self._add(row, -1, f"row {row}: {wrong}")

    def _add(self, row: int, place: int, text: str) -> None:
        self.count += 1
        self._told.append((row, place, text))
        if len(self._told) > 100 * SHOWN:
            self._told = sorted(self._told)[:SHOWN]

    def settle(self, columns: Sequence[str] = (), advice: Sequence[str] = ()) -> None:
        """Raises what there is to say, if anything.

        Args:
            columns: what is wrong with whole columns.
            advice: on missing cells, which says how many there are.

        Raises:
            BadInput: with the first places, and how many there are.
        """
        if not self.count and not columns:
            return
        told = [f"{self.where}: {text}" for text in columns]
        places = [f"{self.where}: {text}" for _, _, text in sorted(self._told)[:SHOWN]]
        told += places
        if self.count > len(places) and not (advice and self.missing == self.count):
            told.append(f"{self.where}: {self.count:,} such places in all")
        raise BadInput([*told, *(f"{self.where}: {line}" for line in advice)])


def shortened(text: str) -> str:
    """`text` in one short line."""
    return visible(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")


def listed(names: Sequence[str], most: int = 8) -> str:
    """`a, b, c`, or the first ones and how many there are."""
    shown = ", ".join(shortened(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown}, ... ({len(names):,} in all)"
