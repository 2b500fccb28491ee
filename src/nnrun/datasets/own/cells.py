"""What a cell of a table is: a number, missing, or text, under either decimal sign."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from typing import Literal

import numpy as np

Decimal = Literal["point", "comma"]

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "?"})
"""What stands for a missing cell, in lower case."""

_NUMBER = {
    "point": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII),
    "comma": re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?", re.ASCII),
}
_LIKE_A_NUMBER = re.compile(r"[+-]?[.,]?\d[\d.,_' \u00a0\u202f]*([eE][+-]?\d+)?|[+-]?(inf|infinity)", re.I)
_SIGNS = "$£¥€₹%"
"""What stands beside a number and is none of it: currencies, per cent."""
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ].*)?", re.ASCII)
_GROUPED = {
    "point": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII),
    "comma": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", re.ASCII),
}
_OTHER: dict[str, Decimal] = {"point": "comma", "comma": "point"}


def is_missing(cell: str) -> bool:
    """Whether nothing is known in a cell."""
    return cell.strip().lower() in MISSING


def is_number(cell: str, decimal: Decimal) -> bool:
    """Whether a cell holds an ordinary number and nothing else."""
    return _NUMBER[decimal].fullmatch(cell.strip()) is not None


def is_like_a_number(cell: str) -> bool:
    """Whether a number is meant, though perhaps in a form that is not read."""
    return _LIKE_A_NUMBER.fullmatch(_bare(cell)) is not None


def _bare(cell: str) -> str:
    """A cell without the sign of a currency, or of per cent, before or after its number."""
    text = cell.strip()
    sign = text[:1] if text[:1] in "+-" else ""
    return sign + text[len(sign) :].strip(_SIGNS).strip()


def is_date(cell: str) -> bool:
    """Whether a cell holds a day, such as `2024-01-31` or `31.1.2024`, perhaps with a time."""
    return _DATE.fullmatch(cell.strip()) is not None


def number(cell: str, decimal: Decimal) -> float:
    """The number in a cell that `is_number`; infinite where it is too large."""
    text = cell.strip()
    return float(text.replace(",", ".") if decimal == "comma" else text)


def numbers(cells: Sequence[str], decimal: Decimal) -> array[float] | None:
    """All numbers of a column at once; None where some cell is none, or not finite."""
    text = "".join(cells)
    # Python's own reading also takes `1_000` and digits of other scripts.
    if "_" in text or not text.isascii():
        return None
    if decimal == "comma":
        if "." in text:
            return None
        cells = [cell.replace(",", ".") for cell in cells]
    try:
        found = array("d", map(float, cells))
    except ValueError:
        return None
    return found if np.isfinite(np.frombuffer(found)).all() else None


def complaint(cell: str, decimal: Decimal) -> str | None:
    """What is wrong with a cell that should hold a number; None where nothing is."""
    text = cell.strip()
    if is_missing(text):
        return "is missing"
    if _NUMBER[decimal].fullmatch(text):
        return None if math.isfinite(number(text, decimal)) else "is too large"
    if _GROUPED[decimal].fullmatch(text):
        plain = text.replace("," if decimal == "point" else ".", "")
        return f"is not a number; write {plain}"
    other = _OTHER[decimal]
    if decimal == "point" and _GROUPED[other].fullmatch(text) and "," in text:
        return f"is not a number; write {text.replace('.', '')}"
    if _NUMBER[other].fullmatch(text):
        return f"is not a number; if its {other} is decimal, write dataset.decimal={other}"
    bare = _bare(text)
    if bare != text and is_like_a_number(bare):
        return complaint(bare, decimal) or f"is not a number; write {bare}"
    if text.lower().strip("+-") in ("inf", "infinity"):
        return "is not a finite number"
    return "is not a number"
