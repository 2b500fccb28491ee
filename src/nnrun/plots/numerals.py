"""Numbers in pictures: short, and with minus signs and powers as people write them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def short(value: float | None, digits: int = 3) -> str:
    """`value` with that many significant digits, as `0.00377` or `1.20×10⁻³⁰`."""
    if value is None or math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if -4 <= int(exponent) < 5:
        return signed(f"{value:#.{digits}g}".rstrip(".") if int(exponent) < digits else f"{value:.0f}")
    return signed(mantissa) + "×" + power_of_ten(int(exponent))


def signed(text: str) -> str:
    """`text` with a minus sign for its hyphen."""
    return text.replace("-", "−")


def power_of_ten(exponent: int) -> str:
    """`10⁻³`, in characters that need no mathtext."""
    return "10" + str(exponent).translate(_RAISED)


def compact(count: int) -> str:
    """`count` in at most four characters, for the cells of a matrix."""
    for limit, unit, symbol in ((10_000, 1, ""), (10_000_000, 1_000, "k"), (10_000_000_000, 1_000_000, "M")):
        if count < limit:
            return f"{count // unit}{symbol}"
    return f"{count:.0e}".replace("+", "")


def tick_labels(ticks: Sequence[float] | npt.NDArray[np.float64]) -> list[str]:
    """Labels of evenly spaced ticks: all with the digits that tell them apart, and no more."""
    values = np.asarray(ticks, dtype=np.float64)
    largest = float(np.max(np.abs(values), initial=0.0))
    step = float(np.min(np.diff(values))) if len(values) > 1 else largest
    if largest == 0 or step <= 0:
        return ["0"] * len(values)
    top, low = math.floor(math.log10(largest)), math.floor(math.log10(step) + 1e-9)
    if top < 6 and (low >= -4 or (top >= -2 and low >= -6)):
        decimals = max(0, _decimals(step))
        return [
            signed(f"{value + 0.0:.{decimals}f}") for value in np.where(np.abs(values) < step / 2, 0, values)
        ]
    decimals = min(max(0, top + _decimals(step)), 15)
    return [_scientific(value, top, decimals) if abs(value) > step / 2 else "0" for value in values]


def _decimals(step: float) -> int:
    """Decimals that write `step` in two significant digits, fewer where it has fewer."""
    exponent = math.floor(math.log10(step) + 1e-9)
    needs_two = abs(step / 10**exponent - round(step / 10**exponent)) > 1e-6
    return -exponent + (1 if needs_two else 0)


def _scientific(value: float, exponent: int, decimals: int) -> str:
    return signed(f"{value / 10.0**exponent:.{decimals}f}") + "×" + power_of_ten(exponent)
