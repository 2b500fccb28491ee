"""Numbers and vectors as a person reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnrun.calculus.graph import Array
from nnrun.words.notes import Note

_SHOWN = 8


def brief(value: Array) -> str | Note:
    """Six digits each; long vectors without their middle."""
    if value.ndim == 0:
        return number(value[()])
    texts = [number(element) for element in value]
    if len(texts) > _SHOWN:
        shortened = f"[{', '.join([*texts[:4], '...', *texts[-2:]])}]"
        return Note("grad.shortened", {"values": shortened, "count": len(texts)})
    return f"[{', '.join(texts)}]"


def number(value: Any) -> str:
    """Six digits; conditions as words."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return f"{value + 0.0:.6g}"
