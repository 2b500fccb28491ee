"""The metrics: what is reported beside the loss, on NumPy arrays, in float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.registry import Registry

Numbers: TypeAlias = npt.NDArray[Any]
Measure: TypeAlias = Callable[[Numbers], npt.NDArray[np.float64]]
"""Takes predictions (member, sample, out), returns one float64 per member."""


@dataclass(frozen=True)
class Metric:
    """A number that says how good predictions are.

    Attributes:
        greater_is_better: which of two values is the better one.
        against: prepares a target (member or 1, sample, out), one-hot for classification, and returns the
            function from predictions to values: what depends on the target alone is computed once.
        has_units: it is measured in the units of the targets, so that standardizing is undone for it.
    """

    name: str
    task: Literal["regression", "classification", "any"]
    greater_is_better: bool
    against: Callable[[Numbers], Measure]
    has_units: bool = False

    def fits(self, task: str) -> bool:
        """Whether it measures predictions of such targets."""
        return self.task in (task, "any")

    def value(self, prediction: Numbers, target: Numbers) -> npt.NDArray[np.float64]:
        """One value per member, shape (member,)."""
        return self.against(target)(prediction)


metrics: Registry[Metric] = Registry("metric")
register = metrics.register


def _total(terms: Numbers) -> npt.NDArray[np.float64]:
    """Sum of each member's terms; one row per member, so that its sum does not depend on its neighbours."""
    total: npt.NDArray[np.float64] = terms.reshape(terms.shape[0], -1).sum(axis=1)
    return total


@metrics.register
def mae() -> Metric:
    """Mean absolute error: mean |p - y| over samples and outputs."""

    def against(target: Numbers) -> Measure:
        wanted = target.astype(np.float64)
        return lambda prediction: _total(np.abs(prediction - wanted)) / wanted[0].size

    return Metric("mae", "regression", greater_is_better=False, against=against, has_units=True)


@metrics.register
def r2() -> Metric:
    """Explained share of the variance: 1 - sum (p - y)^2 / sum (y - mean y)^2, pooled over all outputs.

    The mean is each output's own; NaN where the target does not vary.
    """

    def against(target: Numbers) -> Measure:
        wanted = target.astype(np.float64)
        spread = wanted - wanted.mean(axis=1, keepdims=True)
        variation = _total(spread * spread)
        # A constant target may leave rounding noise of its mean; it is no variation.
        constant = (target == target[:, :1]).all(axis=(1, 2))
        variation[constant] = np.nan

        def measure(prediction: Numbers) -> npt.NDArray[np.float64]:
            error = prediction - wanted
            return 1 - _total(error * error) / variation

        return measure

    return Metric("r2", "regression", greater_is_better=True, against=against)


@metrics.register
def accuracy() -> Metric:
    """Share of the samples whose largest output is that of their class."""

    def against(target: Numbers) -> Measure:
        classes = target.argmax(axis=-1)
        return lambda prediction: (prediction.argmax(axis=-1) == classes).mean(axis=1, dtype=np.float64)

    return Metric("accuracy", "classification", greater_is_better=True, against=against)
