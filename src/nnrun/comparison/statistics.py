"""What few numbers say of the mean behind them: intervals by Student's t, and the sign test."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
"""With which an interval holds what it is for."""

MOST_STEPS = 20_000
"""Of a continued fraction; its steps grow with the square root of the degrees of freedom."""

_ROUNDING, _TINY = 3e-16, 1e-300


@dataclass(frozen=True)
class Interval:
    """A mean and how far it may be off.

    Attributes:
        mean: of the values, or the difference of two means.
        low: the lower end of the interval.
        high: the upper end.
        freedom: degrees of freedom behind it.
        deviation: standard deviation of the values.
    """

    mean: float
    low: float
    high: float
    freedom: float
    deviation: float

    @property
    def decided(self) -> bool:
        """Whether 0 is outside."""
        return self.low > 0 or self.high < 0


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """mean -+ t s / sqrt(n), with n - 1 degrees of freedom (Student, Biometrika 1908).

    Args:
        values: at least two; values by seed, or differences of pairs.
        confidence: between 0 and 1.
    """
    count, mean, deviation = len(values), statistics.fmean(values), statistics.stdev(values)
    reach = t_quantile((1 + confidence) / 2, count - 1) * deviation / math.sqrt(count)
    return Interval(mean, mean - reach, mean + reach, count - 1, deviation)


def difference_interval(
    first: Sequence[float], second: Sequence[float], confidence: float = CONFIDENCE
) -> Interval:
    """mean(first) - mean(second) of unpaired values whose spreads may differ (Welch, Biometrika 1947).

    Args:
        first: at least two.
        second: likewise.
        confidence: between 0 and 1.
    """
    shares = [statistics.variance(values) / len(values) for values in (first, second)]
    mean, error = statistics.fmean(first) - statistics.fmean(second), math.sqrt(sum(shares))
    weights = sum(share**2 / (len(values) - 1) for share, values in zip(shares, (first, second), strict=True))
    freedom = sum(shares) ** 2 / weights if weights > 0 else float(len(first) + len(second) - 2)
    reach = t_quantile((1 + confidence) / 2, freedom) * error
    deviation = error * math.sqrt(min(len(first), len(second)))
    return Interval(mean, mean - reach, mean + reach, freedom, deviation)


def sign_test(lower: int, higher: int) -> float:
    """How likely chance alone makes the counts of a fair coin at least so uneven, on either side."""
    total, fewest = lower + higher, min(lower, higher)
    if total == 0:
        return 1.0
    tail: int = sum(math.comb(total, count) for count in range(fewest + 1))
    return min(1.0, tail / (1 << (total - 1)))


def t_quantile(probability: float, freedom: float) -> float:
    """The value that Student's t with `freedom` > 0 degrees stays below with `probability`.

    Found by halving: the distribution rises everywhere.
    """
    if probability == 0.5:
        return 0.0
    if probability < 0.5:
        return -t_quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while t_probability(high, freedom) < probability:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        if t_probability(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return high


def t_probability(value: float, freedom: float) -> float:
    """How likely Student's t is below `value`: 1 - I(n / (n + t^2); n/2, 1/2) / 2 for t >= 0."""
    tail = _incomplete_beta(freedom / (freedom + value * value), freedom / 2, 0.5) / 2
    return 1 - tail if value >= 0 else tail


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """I(x; a, b), by the continued fraction on the side where it converges fast (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(logarithm) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """1 / (1 + d1 / (1 + d2 / (1 + ...))) of I(x; a, b), from its front (Lentz, Applied Optics 1976)."""
    value = above = 1.0
    below = 0.0
    for step in range(1, MOST_STEPS):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1 / (1 + term * below or _TINY)
        above = 1 + term / above or _TINY
        value *= above * below
        if abs(above * below - 1) < _ROUNDING:
            break
    return 1 / value
