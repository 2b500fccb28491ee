"""Ranges as typed, such as `0..4` or `0.001..1:7log`, and the values that they stand for."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from nnrun.arguments.quoting import is_quoted

MOST_VALUES = 100_000
"""That one key may be swept over."""

_DIGITS = r"\d+(?:_\d+)*"
_NUMBER = rf"[+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?\d+)?"
# Compiled when a range is first read: most commands have none.
_WHOLE = rf"(?a:[+-]?{_DIGITS})"
_NUMERIC = rf"(?a:{_NUMBER})"
_RANGE = rf"(?as:{_NUMBER}\s*\.\.\s*{_NUMBER}(?:\s*:.*)?)"
_STEPPED = rf"(?a:({_NUMBER})\.\.({_NUMBER})\.\.({_NUMBER}))"
_COUNT = r"(?ai:(\d{1,18})\s*(log)?|(log)\s*(\d{1,18})?)"
_BRACKETS = r"[()\[\]{}]|\$\{"

_SAME_ENDS = "both ends are the same"

_UNEVEN = 0.015
"""Largest share by which a step between log-spaced values may be off for the sake of few digits."""
_LONG = 10**15
"""From here on a number that need not be whole is written with an exponent."""

_LARGEST = 1e300
"""End of a range: powers of ten up to it can be computed with room to spare."""

_FEW_DIGITS = range(2, 7)
_MANY_DIGITS = range(7, 18)


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a range.

    Attributes:
        text: in words.
        fixed: the range to type instead; None where there is no single one.
        example: one that would be right.
    """

    text: str
    fixed: str | None = None
    example: str = "0..4"


@dataclass(frozen=True)
class Range:
    """`first..last`, `first..last:count` or `first..last:countlog`; both ends belong to it."""

    first: Fraction
    last: Fraction
    count: int
    log: bool = False

    def values(self, whole: bool) -> tuple[str, ...]:
        """Every value as YAML and Hydra read it back, in order, each once.

        Args:
            whole: the key wants whole numbers; where both ends are, what is between them is rounded.
        """
        whole = whole and self.first.denominator == self.last.denominator == 1
        between = self._logarithmic() if self.log else self._linear()
        if whole:
            between = [Fraction(math.floor(value + Fraction(1, 2))) for value in between]
        elif self.log:
            between = self._rounded(between)
        found = (self.first, *between, self.last)
        return tuple(dict.fromkeys(_written(value, whole) for value in found))

    def _linear(self) -> list[Fraction]:
        if self.count < 3:
            return []
        step = (self.last - self.first) / (self.count - 1)
        return [self.first + position * step for position in range(1, self.count - 1)]

    def _logarithmic(self) -> list[Fraction]:
        """What lies between the ends, evenly on a logarithmic axis."""
        sign = 1 if self.first > 0 else -1
        start, step = math.log10(abs(self.first)), self._log_step
        return [Fraction(sign * 10.0 ** (start + position * step)) for position in range(1, self.count - 1)]

    @property
    def _log_step(self) -> float:
        return (math.log10(abs(self.last)) - math.log10(abs(self.first))) / (self.count - 1)

    def _rounded(self, between: list[Fraction]) -> list[Fraction]:
        """`between` in the fewest significant digits that keep it in order and evenly spaced."""
        step = self._log_step
        if not between or not step:
            return between
        exact = [float(value) for value in between]
        for digits in (*_FEW_DIGITS, *_MANY_DIGITS):
            rounded = [float(f"{value:.{digits - 1}e}") for value in exact]
            found = (float(self.first), *rounded, float(self.last))
            logs = [math.log10(abs(value)) for value in found]
            allowed = _UNEVEN if digits in _FEW_DIGITS else 1.0
            if all(abs((b - a) / step - 1) < allowed for a, b in itertools.pairwise(logs)):
                break
        return [Fraction(value) for value in rounded]


def is_range(text: str, strictly: bool = False) -> bool:
    """Whether `text` is typed as a range, right or wrong; `strictly`: between two numbers."""
    if ".." not in text or is_quoted(text) or re.search(_BRACKETS, text):
        return False
    return not strictly or re.fullmatch(_RANGE, text) is not None


def read_range(text: str) -> Range | Trouble:
    """The range that `text` is, or what is wrong with it."""
    if "..." in text:
        return _fixed("two dots stand between the ends", re.sub(r"\.{3,}", "..", text))
    stepped = re.fullmatch(_STEPPED, text)
    if stepped:
        return _without_step(*map(_number, stepped.groups()))
    first, _, rest = (part.strip() for part in text.partition(".."))
    last, colon, spacing = (part.strip() for part in rest.partition(":"))
    if not first or not last:
        return Trouble("a range needs both ends")
    if not re.fullmatch(_NUMERIC, first) or not re.fullmatch(_NUMERIC, last):
        return Trouble("a range needs numbers")
    start, end = _number(first), _number(last)
    if start is None or end is None:
        return Trouble("the ends of a range must be finite numbers")
    if not colon:
        if start == end and not re.fullmatch(_WHOLE, first):
            return Trouble(_SAME_ENDS, _written(start, whole=True))
        if not re.fullmatch(_WHOLE, first) or not re.fullmatch(_WHOLE, last):
            return Trouble("how many values?", f"{first}..{last}:5")
        return _limited(Range(start, end, int(abs(end - start)) + 1), first, last)
    return _spaced(start, end, f"{first}..{last}", spacing)


def _spaced(first: Fraction, last: Fraction, ends: str, spacing: str) -> Range | Trouble:
    """The range between `ends` whose count and kind of spacing are typed as `spacing`."""
    if ":" in spacing:
        return _fixed("one count is enough", f"{ends}:{spacing.partition(':')[0].strip()}")
    match = re.fullmatch(_COUNT, spacing)
    if match is None:
        text = "how many values?" if not spacing else "after ':' stands how many values, with or without log"
        return Trouble(text, None if spacing else f"{ends}:5", f"{ends}:5")
    if match[3]:
        return _fixed("log stands after the count", f"{ends}:{match[4] or 5}log")
    if first == last:
        return Trouble(_SAME_ENDS, _written(first, whole=True))
    count, log = int(match[1]), match[2] is not None
    if count < 2:
        return Trouble("both ends count, so there are at least 2 values", example=f"{ends}:5")
    if log and first * last <= 0:
        return Trouble("log needs both ends above 0 or both below", example=_logarithmic(first, last, count))
    return _limited(Range(first, last, count, log), *ends.split(".."))


def _logarithmic(first: Fraction, last: Fraction, count: int) -> str:
    """A range with `log` that is right, of whole numbers where those typed are more than 0 and 1."""
    largest = max(abs(first), abs(last))
    if first.denominator == last.denominator == 1 and largest > 1:
        return f"1..{_written(largest, whole=True)}:{count}log"
    return f"0.001..1:{min(count, 7)}log"


def _limited(found: Range, first: str, last: str) -> Range | Trouble:
    if found.count > MOST_VALUES:
        text = f"{found.count:,} values are more than {MOST_VALUES:,}"
        return Trouble(text, example=f"{first}..{last}:50{'log' if found.log else ''}")
    return found


def _fixed(text: str, fixed: str) -> Trouble:
    """Trouble whose fix may have trouble of its own."""
    found = read_range(fixed)
    if isinstance(found, Range):
        return Trouble(text, fixed)
    return Trouble(text, found.fixed, found.example)


def _without_step(first: Fraction | None, last: Fraction | None, step: Fraction | None) -> Trouble:
    """`0..10..2` of other languages, whose third number is a step."""
    text = "a range takes a count, not a step"
    if first is None or last is None or not step:
        return Trouble(text, example="0..4:5")
    count = int(abs(last - first) / abs(step)) + 1
    last = first + (count - 1) * abs(step) * (1 if last > first else -1)
    if count > MOST_VALUES:
        return Trouble(text, example="0..4:5")
    start = _written(first, whole=True)
    return Trouble(text, start if count == 1 else f"{start}..{_written(last, whole=True)}:{count}")


def _number(text: str) -> Fraction | None:
    """`text` as the number that a float would be, or the whole number; None if it is too large for one."""
    nearest = float(text)
    if abs(nearest) > _LARGEST:
        return None
    return Fraction(int(text)) if re.fullmatch(_WHOLE, text) else Fraction(repr(nearest))


def _written(value: Fraction, whole: bool) -> str:
    if value.denominator == 1 and (whole or abs(value) < _LONG):
        return str(value.numerator)
    return repr(float(value))


def shortest(values: Sequence[str]) -> str:
    """`values` separated by commas, or as a range where they are three or more whole numbers in a run."""
    if len(values) > 2 and all(re.fullmatch(_WHOLE, value) and len(value) < 20 for value in values):
        numbers = [int(value) for value in values]
        steps = {b - a for a, b in itertools.pairwise(numbers)}
        if steps in ({1}, {-1}):
            return f"{numbers[0]}..{numbers[-1]}"
    return ",".join(values)
