"""Axis limits that follow the data and the curves that stayed near it, and the ticks of logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from nnrun.plots.numerals import power_of_ten, signed

Values = npt.NDArray[np.float64]
Interval = tuple[float, float]

LEFT = 0.75
"""A curve has left when it is further outside the data than this share of the data's range."""

FAR = 1e4
"""A loss has left when it is this many times its usual size."""

OUTLYING = 10.0
"""A value of a curve without data is an outlier when it is this many times further away than most."""

_HUGE, _TINY = 1e150, 1e-290


def finite(values: npt.ArrayLike) -> Values:
    """The values that an axis can show, flat; numbers near the end of float64 count as infinite."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    return flat[np.abs(flat) < _HUGE]


def drawable(values: npt.ArrayLike) -> Values:
    """The same values with gaps (NaN) where an axis can show none."""
    array = np.asarray(values, dtype=np.float64)
    return np.where(np.abs(array) < _HUGE, array, np.nan)


def spread(
    data: Iterable[npt.ArrayLike], curves: Iterable[npt.ArrayLike] = (), margin: float = 0.06
) -> Interval:
    """Limits around `data` and around those of `curves` that stayed near it.

    Where there are no finite data, what is usual in the curves stands in for them.
    """
    lines = [finite(curve) for curve in curves]
    core = _range(finite(np.concatenate([finite(part) for part in data] or [np.empty(0)])))
    if core is None:
        core = _range(_usual(np.concatenate(lines or [np.empty(0)]))) or (0.0, 1.0)
    low, high = core
    reach = LEFT * max(high - low, 1e-9 * max(abs(low), abs(high)))
    near = [line for line in lines if len(line) and line.min() >= low - reach and line.max() <= high + reach]
    return padded(*(_range(np.concatenate([np.array(core), *near])) or core), margin)


def _usual(values: Values) -> Values:
    """Without what is `OUTLYING` times as far from the median as nine tenths of the values are."""
    if not len(values):
        return values
    distance = np.abs(values - np.median(values))
    return values[distance <= OUTLYING * (np.quantile(distance, 0.9) or np.inf)]


def padded(low: float, high: float, margin: float) -> Interval:
    """The interval with `margin` of its length at either end; a point gets one around it."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        half = 0.1 * abs(low) or 0.5
        return low - half, high + half
    room = margin * (high - low)
    return low - room, high + room


def _range(values: Values) -> Interval | None:
    return (float(values.min()), float(values.max())) if len(values) else None


def positive_spread(
    curves: Iterable[npt.ArrayLike], extras: Iterable[float] = (), diverged: bool = False
) -> Interval | None:
    """Limits of a logarithmic axis, or None where nothing is positive.

    What is `FAR` above where a curve begins has left, unless that is usual in it and it has not `diverged`;
    one that has is shown until it leaves.
    `extras` count where they are no further than three decades from the rest.
    """
    kept = []
    for curve in curves:
        values = finite(curve)
        values = values[values > _TINY]
        if len(values):
            usual = values[0] if diverged else max(values[0], np.median(values))
            kept.append(values[values <= FAR * usual])
            if diverged and values.max() > FAR * usual:
                kept.append(np.array([FAR * usual]))
    if not kept:
        return None
    low, high = float(min(v.min() for v in kept)), float(max(v.max() for v in kept))
    near = [extra for extra in extras if 1e-3 * low <= extra <= 1e3 * high]
    low, high = min([low, *near]), max([high, *near])
    room = max(0.06 * (math.log10(high) - math.log10(low)), 0.05)
    return low / 10**room, high * 10**room


def log_ticks(low: float, high: float, most: int = 6) -> tuple[list[float], list[str]]:
    """Ticks of a logarithmic axis and their labels: 1-2-5 within few decades, else whole powers of ten."""
    first, last = math.log10(low), math.log10(high)
    for digits in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0)):
        exponents = range(math.floor(first), math.ceil(last) + 1)
        ticks = [digit * 10.0**e for e in exponents for digit in digits if low <= digit * 10.0**e <= high]
        if len(ticks) >= 3:
            break
    if len(ticks) < 3:
        ticks = _even(low, high)
    if len(ticks) > most:
        stride = math.ceil(len(ticks) / most)
        ticks = [tick for tick in ticks if round(math.log10(tick)) % stride == 0]
    return ticks, [_log_label(tick, low, high) for tick in ticks]


def _even(low: float, high: float) -> list[float]:
    """Round ticks within less than a decade, three to six of them."""
    rough = (high - low) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough)
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _log_label(tick: float, low: float, high: float) -> str:
    exponent = math.floor(math.log10(tick) + 1e-9)
    if low >= 1e-4 and high <= 1e5:
        return signed(f"{tick:.10g}")
    mantissa = tick / 10.0**exponent
    return power_of_ten(exponent) if abs(mantissa - 1) < 1e-6 else f"{mantissa:.4g}×{power_of_ten(exponent)}"
