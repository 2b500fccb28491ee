"""The jobs that Hydra's basic sweeper makes of overrides, counted before they are made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep, Sweep

from nnrun.errors import BadInput
from nnrun.sweep.composing import Rows

COUNTED = 100_000
"""Values of a range up to which they are made to be counted."""


@dataclass(frozen=True)
class Expansion:
    """All combinations.

    Attributes:
        jobs: overrides of each.
        swept: keys with several values, in the order typed, those of zips in the place of the zip's name.
    """

    jobs: Sequence[Sequence[str]]
    swept: tuple[str, ...]


def expansion(lines: Sequence[str], zips: Rows, most: int) -> Expansion:
    """Every combination of the values in `lines`.

    Args:
        lines: overrides, of which later ones of the same key count.
        zips: names of zips and their rows.
        most: jobs; more are refused.

    Raises:
        BadInput: there are more, or none.
    """
    overrides = OverridesParser.create().parse_overrides(list(lines))
    counts = {override.get_key_element(): _count(override) for override in overrides}
    for key, count in counts.items():
        if count == 0:
            raise BadInput(f"{key}: an empty list of values; give at least one")
    total = math.prod(counts.values())
    if total > most:
        raise BadInput(
            f"{_product(counts)} = {total:,} jobs, more than sweep.max_jobs={most}; sweep fewer values,"
            f" or allow them with sweep.max_jobs={total}"
        )
    (jobs,) = BasicSweeper.split_arguments(overrides, None)
    return Expansion(jobs, _swept(overrides, zips))


def _count(override: Override) -> int:
    value = override.value()
    if not override.is_sweep_override():
        return 1
    if not override.is_discrete_sweep() or not isinstance(value, Sweep):
        raise BadInput(f"{override.input_line}: no list of values; write values apart by commas")
    if isinstance(value, RangeSweep):
        length = _length(value)
        if length > COUNTED:
            return length
    return sum(1 for _ in override.sweep_string_iterator())


def _length(sweep: RangeSweep) -> int:
    """About how many values a range has, none of them made."""
    if sweep.start is None or sweep.stop is None or not sweep.step:
        return 0
    return max(0, math.ceil((sweep.stop - sweep.start) / sweep.step))


def _product(counts: Mapping[str, int]) -> str:
    return " x ".join(f"{count:,}" for count in counts.values() if count > 1)


def _swept(overrides: Sequence[Override], zips: Rows) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for override in overrides:
        key = override.get_key_element().lstrip("+~")
        if override.is_sweep_override():
            rows = zips.get(key)
            names = [key] if rows is None else [line.partition("=")[0].lstrip("+~") for line in rows[0]]
            keys |= dict.fromkeys(names)
    return tuple(keys)
