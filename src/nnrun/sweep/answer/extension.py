"""Values beyond the end of an axis, as somebody would choose who widens a sweep."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from nnrun.plots.axis import Axis
from nnrun.schema import Bounds

BEYOND = 3
"""New values that a wider sweep tries."""

SERIES = ((1, 3), (1, 2, 5))
"""Leading digits by which people step through decades."""

_RANGE = re.compile(r".+?\.\.[^:,]+(?P<count>:\d+)?(?P<log>log)?")


def wider(line: Axis, highest: bool, limits: Sequence[Bounds], typed: str) -> str | None:
    """What to type for the end of `line` and the values beyond it; None where the key takes none there.

    Args:
        line: of numbers.
        highest: which end.
        limits: of the key.
        typed: the values as they were typed, whose form is kept where it can be.
    """
    numbers = _outwards(line, highest)
    values = list(_beyond(line, numbers, limits))
    if not values:
        return None
    end = line.values[-1 if highest else 0]
    texts = [end, *map(_text, values)][:: 1 if highest else -1]
    form = _RANGE.fullmatch(typed)
    if form is None or not _is_even([*numbers[-2:], *values], line, form["log"] is not None):
        return ",".join(texts)
    count = f":{len(texts)}" if form["count"] else ""
    return f"{texts[0]}..{texts[-1]}{count}{form['log'] or ''}"


def is_bound(line: Axis, highest: bool, limits: Sequence[Bounds]) -> bool:
    """Whether the end of `line` is the end of what the key takes."""
    end = _outwards(line, highest)[-1]
    return any(end in (bounds.least, bounds.most) for bounds in limits)


def _outwards(line: Axis, highest: bool) -> tuple[float, ...]:
    assert line.numbers is not None
    return line.numbers if highest else line.numbers[::-1]


def _beyond(line: Axis, numbers: Sequence[float], limits: Sequence[Bounds]) -> Iterator[float]:
    """Values further out that the key takes, the nearest first; whole where all of the axis are."""
    whole = all(value.lstrip("+-").isdigit() for value in line.values)
    below_one = any(bounds.below == 1 for bounds in limits)
    last = numbers[-1]
    for value in _steps(line, numbers, below_one):
        rounded = round(value) if whole else float(f"{value:.4g}")
        if rounded != last and not any(bounds.complaint(rounded) for bounds in limits):
            last = rounded
            yield rounded


def _steps(line: Axis, numbers: Sequence[float], below_one: bool) -> list[float]:
    """`BEYOND` values after the last of `numbers`, by the same step, ratio or series.

    A linear axis of positive numbers goes on towards 0 by 1-2-5, and so does one towards an open limit of 1.
    """
    last, before = numbers[-1], numbers[-2]
    if line.is_logarithmic:
        return _series(numbers) or [last * _ratio(numbers) ** k for k in range(1, BEYOND + 1)]
    steps = [last + (last - before) * k for k in range(1, BEYOND + 1)]
    if steps[-1] <= 0 < min(numbers):
        return [last * share for share in (0.5, 0.2, 0.1)]
    if below_one and steps[-1] >= 1 > last > before:
        return [1 - (1 - last) * share for share in (0.5, 0.2, 0.1)]
    return steps


def _ratio(numbers: Sequence[float]) -> float:
    return float((numbers[-1] / numbers[0]) ** (1 / (len(numbers) - 1)))


def _series(numbers: Sequence[float]) -> list[float] | None:
    """The next ones where all of `numbers` are 1 and 3, or 1, 2 and 5, times powers of ten, and uneven."""
    ratio = _ratio(numbers)
    if all(math.isclose(after / before, ratio, rel_tol=0.02) for before, after in pairwise(numbers)):
        return None
    exponents = [math.floor(math.log10(number) + 1e-9) for number in numbers]
    leading = {round(number / 10.0**power, 6) for number, power in zip(numbers, exponents, strict=True)}
    for digits in SERIES:
        if len(leading) > 1 and leading <= set(map(float, digits)):
            powers = range(min(exponents) - BEYOND, max(exponents) + BEYOND + 1)
            every = [digit * 10.0**power for power in powers for digit in digits]
            if numbers[-1] > numbers[0]:
                return [value for value in every if value > 1.01 * numbers[-1]][:BEYOND]
            return [value for value in every if value < 0.99 * numbers[-1]][: -BEYOND - 1 : -1]
    return None


def _is_even(numbers: Sequence[float], line: Axis, logarithmic: bool) -> bool:
    """Whether one range of the form that was typed describes all of `numbers`."""
    if line.is_logarithmic != logarithmic and min(numbers) <= 0:
        return False
    places = [math.log(number) for number in numbers] if logarithmic else list(numbers)
    steps = [after - before for before, after in pairwise(places)]
    return all(math.isclose(step, steps[0], rel_tol=0.05 if logarithmic else 1e-3) for step in steps)


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"
