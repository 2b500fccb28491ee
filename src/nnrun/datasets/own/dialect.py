"""How a table is written: what stands between its cells, and its decimal sign, from its first rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from nnrun.characters import visible
from nnrun.datasets.own.asked import Delimiter
from nnrun.datasets.own.cells import Decimal, is_missing, is_number
from nnrun.errors import BadInput

_NAMED = re.compile(r'"?sep=(?P<sign>\\t|[^\w"])"?', re.IGNORECASE)
SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


def delimiter_of(head: Sequence[str], asked: Delimiter, where: str) -> str:
    """The sign between cells: the one that gives all first rows the same number of cells, two or more.

    Among several, the one that gives most cells; where none does, the one that gives the header most. A
    single column has a comma.

    Args:
        head: the first lines.
        asked: as configured.
        where: the file, for messages.

    Raises:
        BadInput: two signs would do equally well.
    """
    if asked != "auto":
        return SIGNS[asked]
    counts = {name: _cells(head, sign) for name, sign in SIGNS.items()}
    even = {name: found[0] for name, found in counts.items() if len(set(found)) == 1 and found[0] > 1}
    sizes = even or {name: found[0] for name, found in counts.items() if found and found[0] > 1}
    if not sizes:
        return ","
    best = [name for name, size in sizes.items() if size == max(sizes.values())]
    if len(best) > 1:
        raise BadInput(
            f"{where}: its cells may be apart by {best[0]} or by {best[1]}; write dataset.delimiter={best[0]}"
            f" or dataset.delimiter={best[1]}"
        )
    return SIGNS[best[0]]


def named_sign(line: str, where: str) -> str | None:
    """The sign that a first line such as `sep=;` names, as Excel has it; None: it is another line.

    Raises:
        BadInput: nnrun reads no such sign.
    """
    found = _NAMED.fullmatch(line.rstrip("\r\n"))
    if found is None:
        return None
    sign = found["sign"].replace("\\t", "\t")
    if sign not in SIGNS.values():
        raise BadInput(
            f"{where}: its first line names '{visible(sign)}' between cells; nnrun reads commas, semicolons,"
            " tabs and |"
        )
    return sign


def _cells(head: Sequence[str], sign: str) -> list[int]:
    """How many cells each of the first rows would have."""
    try:
        return [len(row) for row in csv.reader(head, delimiter=sign) if row]
    except csv.Error:
        return []


def decimal_of(rows: Sequence[Sequence[str]], asked: str, delimiter: str) -> Decimal:
    """The decimal sign: a comma where cells such as `1,5` outnumber those such as `1.5`, else a point.

    Args:
        rows: the first ones, without the header.
        asked: `auto`, `point` or `comma`.
        delimiter: between cells; where that is a comma, numbers have points.
    """
    if asked == "comma":
        return "comma"
    if asked == "point" or delimiter == ",":
        return "point"
    signs: Counter[str] = Counter()
    for row in rows:
        for cell in row:
            if not is_missing(cell):
                signs["comma"] += "," in cell and is_number(cell, "comma")
                signs["point"] += "." in cell and is_number(cell, "point")
    return "comma" if signs["comma"] > signs["point"] else "point"
