"""A curve in one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

BARS, ASCII = "▁▂▃▄▅▆▇█", ".:-=+*%#"
"""Eight heights, and what stands for them where there are no such characters."""

WIDEST = 32
"""Characters of a curve, at most."""

WIDE = 100.0
"""How many times the smallest value the largest is, from which on heights are logarithms."""


def sparkline(values: Sequence[float], heights: str = BARS, width: int = WIDEST) -> str:
    """A character for each value, or for the mean of as many as must share one; blank where none is finite.

    Args:
        values: in order.
        heights: characters from the lowest to the highest.
        width: characters, at most.
    """
    count = min(width, len(values))
    edges = [round(place * len(values) / count) for place in range(count + 1)] if count else []
    means = [_mean(values[start:end]) for start, end in pairwise(edges)]
    known = [mean for mean in means if mean is not None]
    if not known:
        return " " * count
    if min(known) > 0 and max(known) / 2 > WIDE * (min(known) / 2):
        means = [None if mean is None else math.log(mean) for mean in means]
        known = [math.log(mean) for mean in known]
    low, high = min(known), max(known)
    return "".join(" " if mean is None else heights[_height(mean, low, high, len(heights))] for mean in means)


def _mean(values: Sequence[float]) -> float | None:
    """Of those that are finite."""
    finite = [value for value in values if math.isfinite(value)]
    return math.fsum(value / len(finite) for value in finite) if finite else None


def _height(value: float, low: float, high: float, count: int) -> int:
    # Halves: the difference of two numbers may be larger than any number.
    span = high / 2 - low / 2
    return min(int((value / 2 - low / 2) / span * count), count - 1) if span > 0 else 0
