"""The gradient by central finite differences: two more evaluations for each element."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from nnrun.calculus.graph import Array
from nnrun.expressions import Expression

_RELATIVE_STEP = 2.0**-17
"""Near the cube root of float64's epsilon, where rounding and curvature err alike; a power of 2 is exact."""


def finite_differences(expression: Expression, values: Mapping[str, Array]) -> dict[str, Array]:
    """(f(x + h) - f(x - h)) / 2h for each element x of each name; h is about 1e-5 max(1, |x|)."""
    return {name: _by_one(expression, values, name) for name in values}


def _by_one(expression: Expression, values: Mapping[str, Array], name: str) -> Array:
    value = values[name]
    slopes = np.empty(value.size)
    for index, x in enumerate(value.ravel()):
        slopes[index] = _slope(expression, values, name, index, step_of(float(x)))
        if not math.isfinite(slopes[index]) and x != 0:
            # The step may have left the domain: log(x) has no value left of 0.
            slopes[index] = _slope(expression, values, name, index, _step(abs(x)))
    return slopes.reshape(value.shape)


def step_of(x: float) -> float:
    """h for an element: a power of 2 near 1e-5 max(1, |x|)."""
    return _step(max(1.0, abs(x)))


def _step(scale: float) -> float:
    return _RELATIVE_STEP * 2.0 ** math.floor(math.log2(scale)) if 0 < scale < math.inf else _RELATIVE_STEP


def _slope(expression: Expression, values: Mapping[str, Array], name: str, index: int, step: float) -> float:
    results = []
    for shift in (step, -step):
        moved = values[name].copy()
        moved.reshape(-1)[index] += shift
        results.append(np.sum(expression.evaluate({**values, name: moved})))
    with np.errstate(all="ignore"):
        return float((results[0] - results[1]) / (2 * step))
