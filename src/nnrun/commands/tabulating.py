"""Tables as a person, a program, a spreadsheet, a page or a paper wants them."""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import numbers
import re
import shutil
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nnrun.characters import cells, number, visible
from nnrun.commands import latex

GAP = "  "
"""Between columns of text."""

NARROWEST = 8
"""Columns of a terminal that a cut column of text keeps."""

_ENCODER = json.JSONEncoder(allow_nan=False)
_OWN = frozenset((str, bool, int, float, type(None), list, tuple, dict))
"""Types of cells that stay as they are."""

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""With which a cell begins that a spreadsheet would compute."""


@dataclass(frozen=True)
class Table:
    """Names of columns, and rows of as many cells: number, truth value, text, None, or a list of such."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def add_formats(options: argparse.ArgumentParser) -> None:
    """The flags `--json`, `--csv`, `--md` and `--latex`, of which one may be given; see `format_of`."""
    group = options.add_mutually_exclusive_group()
    for name, meaning in (
        ("json", "print JSON"),
        ("csv", "print CSV, for a spreadsheet"),
        ("md", "print a table in Markdown"),
        ("latex", "print a table in LaTeX, of the package booktabs"),
    ):
        group.add_argument(
            f"--{name}", dest="format", action="store_const", const=name, default="text", help=meaning
        )


def format_of(asked: argparse.Namespace) -> str:
    """`text`, `json`, `csv`, `md` or `latex`."""
    return str(asked.format)


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is; None where it is none."""
    return max(20, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def rendered(table: Table, format: str, width: int | None = None, whole: Collection[str] = ()) -> str:
    """The table as text that ends with a line break.

    Args:
        table: what to show.
        format: as `format_of` gives it.
        width: columns of a terminal that text is cut to; None: nothing is cut.
        whole: columns of texts that are cut only where there is no room for anything else.
    """
    table = Table(table.columns, tuple(tuple(_plain(cell) for cell in row) for row in table.rows))
    match format:
        case "json":
            return as_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
        case "csv":
            return _csv(table)
        case "md":
            return _markdown(table)
        case "latex":
            return _latex(table)
    return _text(table, width, whole)


def as_json(content: object) -> str:
    """JSON in ASCII, which any terminal and locale can carry; null for numbers that are not finite.

    Each element of an array stands on a line of its own.
    """
    if isinstance(content, list) and content:
        return "[\n  " + ",\n  ".join(map(_line, content)) + "\n]\n"
    return json.dumps(_finite(content), indent=2, allow_nan=False) + "\n"


def _line(element: object) -> str:
    """One element of an array; most hold nothing that has to be looked for."""
    try:
        return _ENCODER.encode(element)
    except (TypeError, ValueError):
        return _ENCODER.encode(_finite(element))


def shown(cell: object) -> str:
    """A cell as people read it: three digits of a float, `-` for nothing, lists as in JSON, on one line."""
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return number(cell)
    if isinstance(cell, list | tuple):
        return f"[{', '.join(map(shown, cell))}]"
    return visible(str(cell))


def _plain(cell: object) -> object:
    """NumPy's scalars as Python's."""
    if type(cell) in _OWN:
        return cell
    item = getattr(cell, "item", None)
    return item() if callable(item) else str(cell)


def _finite(content: object) -> object:
    kind = type(content)
    if kind is str or kind is int or content is None:
        return content
    if isinstance(content, float) and not math.isfinite(content):
        return None
    if isinstance(content, dict):
        return {str(key): _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return _plain(content)


def _is_number(cell: object) -> bool:
    return isinstance(cell, numbers.Real) and not isinstance(cell, bool)


def _numeric(table: Table) -> list[bool]:
    """Which columns hold numbers, and nothing else but gaps."""
    columns = [[row[index] for row in table.rows if row[index] is not None] for index in _indices(table)]
    return [bool(column) and all(map(_is_number, column)) for column in columns]


def _indices(table: Table) -> range:
    return range(len(table.columns))


def _text(table: Table, width: int | None, whole: Collection[str]) -> str:
    lines = [
        [visible(name) for name in table.columns],
        *([shown(cell) for cell in row] for row in table.rows),
    ]
    numeric = _numeric(table)
    fixed = [right or name in whole for right, name in zip(numeric, table.columns, strict=True)]
    widths = _widths(lines, fixed, width)
    aligned = (
        GAP.join(_aligned(*cell) for cell in zip(line, widths, numeric, strict=True)).rstrip()
        for line in lines
    )
    return "".join(f"{line if width is None else cut(line, width)}\n" for line in aligned)


def _widths(lines: Sequence[Sequence[str]], fixed: Sequence[bool], width: int | None) -> list[int]:
    """Columns that each takes: as many as it needs, or fewer for the widest texts where that is too much."""
    widths = [max(map(_cells, column)) for column in zip(*lines, strict=True)]
    if width is None:
        return widths
    texts = [index for index, is_fixed in enumerate(fixed) if not is_fixed]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while excess > 0 and texts:
        widest = max(texts, key=lambda index: widths[index])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _aligned(text: str, width: int, right: bool) -> str:
    text = cut(text, width)
    blanks = " " * (width - _cells(text))
    return blanks + text if right else text + blanks


def _cells(text: str) -> int:
    """`cells`, at once where no character takes two."""
    return len(text) if text.isascii() else cells(text)


def cut(text: str, width: int) -> str:
    """`text` within `width` columns of a terminal, a sign of omission at its end where it was longer."""
    if _cells(text) <= width:
        return text
    sign = "…" if encodable("…") else "~"
    kept, room = "", width - 1
    for character in text:
        room -= cells(character)
        if room < 0:
            break
        kept += character
    return kept + sign


def encodable(text: str) -> bool:
    """Whether stdout's encoding has these characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _csv(table: Table) -> str:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow([_csv_text(name) for name in table.columns])
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return content.getvalue()


def _csv_cell(cell: object) -> str:
    if cell is None:
        return ""
    if _is_number(cell):
        return repr(cell)
    if isinstance(cell, list | tuple | dict):
        return _csv_text(json.dumps(_finite(cell), ensure_ascii=False))
    return _csv_text(str(cell).lower() if isinstance(cell, bool) else str(cell))


def _csv_text(text: str) -> str:
    """A text that no spreadsheet computes and no terminal obeys."""
    harmless = "".join(character if character in "\t\n" else visible(character) for character in text)
    return f"'{harmless}" if harmless.startswith(_FORMULA) else harmless


def _markdown(table: Table) -> str:
    numeric = _numeric(table)
    lines = [[_markdown_text(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(3, *map(_cells, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * (width - 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True)]
    aligned = [
        [_aligned(*cell) for cell in zip(line, widths, numeric, strict=True)]
        for line in (lines[0], rule, *lines[1:])
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in aligned)


def _markdown_text(cell: object) -> str:
    escaped = re.sub(r"[\\`*<|&~$]", r"\\\g<0>", shown(cell)).replace("](", r"]\(")
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", escaped)


def _latex(table: Table) -> str:
    alignment = "".join("r" if is_number else "l" for is_number in _numeric(table))
    return latex.tabular(alignment, [list(map(_latex_cell, row)) for row in (table.columns, *table.rows)])


def _latex_cell(cell: object) -> str:
    if cell is None:
        return "--"
    return latex.number(shown(cell)) if _is_number(cell) else latex.escaped(shown(cell))
