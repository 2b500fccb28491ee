"""Arrays as the page takes them: typed, base64, and each content once however many runs share it."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MOST_BYTES = 8_000_000
"""Of all arrays together; beyond them, pictures are left out."""

_WRITTEN = {kind: np.dtype(f"<{kind}") for kind in ("f4", "f2", "u1")}
_KEPT = {kind.char: name for name, kind in _WRITTEN.items()}
"""NumPy's character of a type -> how it is written; everything else as `f4`."""


class Packing:
    """The arrays of one page.

    Attributes:
        arrays: `[type, shape, base64]` of each, little-endian: `f4`, or `f2` or `u1` where it was so.
        full: whether an array was left out, for want of room.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.arrays: list[tuple[str, list[int], str]] = []
        self.full = False
        self._left = most
        self._places: dict[tuple[str, tuple[int, ...], bytes], int] = {}

    def add(self, values: Array) -> int | None:
        """The place of `values` among the arrays; None where there is no room for them."""
        kind = _KEPT.get(values.dtype.char, "f4")
        content = np.asarray(values, dtype=_WRITTEN[kind]).tobytes()
        key = kind, values.shape, content
        place = self._places.get(key)
        if place is not None:
            return place
        if len(content) > self._left:
            self.full = True
            return None
        self._left -= len(content)
        self._places[key] = place = len(self.arrays)
        self.arrays.append((kind, list(values.shape), base64.b64encode(content).decode("ascii")))
        return place


def rounded(value: Any) -> float | None:
    """A number with the nine digits that a page may show; None for what is none, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(f"{value:.9g}")
