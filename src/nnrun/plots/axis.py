"""The axes of a sweep: what was varied, in which order, and whether evenly by difference or by ratio."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r"""(['"])(.*)\1""", re.DOTALL)
_LIST = re.compile(r"\[\s*([^\[\]'\"{}]*?)\s*\]")

WIDE = 3.5
"""How many times its smallest value the largest of a logarithmic axis is, at least."""


def shown(text: str) -> str:
    """A value of Hydra's override grammar as people type it: without quotes, `20x20` for `[20,20]`."""
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return re.sub(rf"\\({quoted[1]})", r"\1", quoted[2])
    listed = _LIST.fullmatch(text)
    parts = [part.strip() for part in listed[1].split(",")] if listed else []
    return "x".join(parts) if parts and all(part.isdigit() for part in parts) else text


def number_of(text: str) -> float | None:
    """The finite number that `text` is, if it is one."""
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def short_names(keys: Sequence[str]) -> list[str]:
    """Keys without their group where that leaves them different."""
    leaves = [key.rpartition(".")[2] for key in keys]
    return [leaf if leaves.count(leaf) == 1 else key for key, leaf in zip(keys, leaves, strict=True)]


def is_seed(key: str) -> bool:
    """Whether the values of `key` are names of chances: no order, nothing between them, nothing beyond."""
    return key.rpartition(".")[2] == "seed"


@dataclass(frozen=True)
class Axis:
    """One swept key.

    Attributes:
        key: as typed.
        values: all different ones; ascending where they are ordered, else as they first came.
    """

    key: str
    values: tuple[str, ...]

    @cached_property
    def numbers(self) -> tuple[float, ...] | None:
        """The values as numbers; None where they are names."""
        found = [number_of(value) for value in self.values]
        numbers = tuple(number for number in found if number is not None)
        return numbers if len(numbers) == len(found) and not is_seed(self.key) else None

    @cached_property
    def is_logarithmic(self) -> bool:
        """Whether the ratios of neighbours are more even than their differences, over a wide range."""
        numbers = self.numbers
        if numbers is None or len(numbers) < 2 or numbers[0] <= 0 or numbers[-1] < WIDE * numbers[0]:
            return False
        if len(numbers) == 2:
            return numbers[1] >= 10 * numbers[0]
        return _unevenness([math.log(number) for number in numbers]) < _unevenness(numbers)

    def index(self, value: str) -> int:
        """Where `value` stands."""
        return self.values.index(value)


def axis(key: str, values: Sequence[str]) -> Axis:
    """The axis on which `values`, in any order and repeated, lie."""
    found = Axis(key, tuple(dict.fromkeys(values)))
    if found.numbers is None:
        return found
    pairs = sorted(zip(found.numbers, found.values, strict=True), key=lambda pair: pair[0])
    return Axis(key, tuple(value for _, value in pairs))


def _unevenness(places: Sequence[float]) -> float:
    """The deviation of the steps between `places`, in units of their mean."""
    steps = [after - before for before, after in pairwise(places)]
    mean = sum(steps) / len(steps)
    return math.sqrt(sum((step - mean) ** 2 for step in steps) / len(steps)) / mean
