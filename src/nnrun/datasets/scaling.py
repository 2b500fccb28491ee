"""Standardizing data by its training part, and taking that back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scaling:
    """What is to be standardized.

    Attributes:
        features: which inputs (feature,).
        targets: whether the targets, which are numbers, too.
    """

    features: tuple[bool, ...]
    targets: bool

    def of(self, x: Floats, y: npt.NDArray[Any]) -> Scale:
        """The scale of a training part: means and deviations over its samples; 1 where nothing varies.

        Args:
            x: inputs (sample, feature); NaN where a value is missing.
            y: targets (sample, out), or classes.
        """
        mean, deviation = _moments(x)
        chosen = np.asarray(self.features)
        x_mean, x_deviation = np.where(chosen, mean, 0.0), np.where(chosen, deviation, 1.0)
        if not self.targets:
            return Scale(x_mean, x_deviation, mean)
        return Scale(x_mean, x_deviation, mean, *_moments(y))


@dataclass(frozen=True)
class Scale:
    """The units of the data and those of the model: (value - mean) / deviation.

    Attributes:
        x_mean, x_deviation: of the inputs (feature,); 0 and 1 where they stay as they are.
        fill: what stands for a missing input (feature,), in the units of the data.
        y_mean, y_deviation: of the targets (out,); None where they stay as they are.
    """

    x_mean: Floats
    x_deviation: Floats
    fill: Floats
    y_mean: Floats | None = None
    y_deviation: Floats | None = None

    def to_model(self, x: Floats) -> Floats:
        """Inputs (..., feature) as the model takes them, missing ones filled in."""
        scaled = x - self.x_mean
        scaled /= self.x_deviation
        missing = np.isnan(scaled)
        if missing.any():
            filled = (self.fill - self.x_mean) / self.x_deviation
            scaled[missing] = np.broadcast_to(filled, scaled.shape)[missing]
        return scaled

    def to_units(self, x: npt.NDArray[Any]) -> Floats:
        """Inputs (..., feature) in the units of the data."""
        return x * self.x_deviation + self.x_mean

    def target_to_model(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Targets (..., out) as the model has them; classes as they are."""
        return y if self.y_mean is None or self.y_deviation is None else (y - self.y_mean) / self.y_deviation

    def from_model(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Predictions (..., out) in the units of the data; logits as they are."""
        if self.y_mean is None or self.y_deviation is None:
            return y
        return y.astype(np.float64) * self.y_deviation + self.y_mean

    def coefficients(self, weight: npt.NDArray[Any], bias: npt.NDArray[Any] | None) -> tuple[Floats, Floats]:
        """Those of a model y = x W^T + b in the units of the data.

        With x' = (x - m) / d and y' = (y - n) / e: W is e W' / d, and b is n + e b' - W m.

        Args:
            weight: W' (out, feature).
            bias: b' (out,); None: 0.
        """
        e = np.ones(len(weight)) if self.y_deviation is None else self.y_deviation
        n = np.zeros(len(weight)) if self.y_mean is None else self.y_mean
        own = weight.astype(np.float64) * e[:, None] / self.x_deviation
        offset = np.zeros(len(weight)) if bias is None else bias.astype(np.float64)
        return own, n + e * offset - own @ self.x_mean

    @property
    def record(self) -> Mapping[str, Any]:
        """For JSON."""
        return {
            name: None if value is None else value.tolist()
            for name, value in (
                ("x_mean", self.x_mean),
                ("x_deviation", self.x_deviation),
                ("fill", self.fill),
                ("y_mean", self.y_mean),
                ("y_deviation", self.y_deviation),
            )
        }


def _moments(values: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column, missing values left out; 1 for a deviation of 0."""
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    # Sums of squares of large numbers would overflow.
    size = np.max(np.abs(values), axis=0, where=known, initial=0.0)
    size = np.where(size > 0, size, 1.0)
    mean = (np.sum(values / size, axis=0, where=known) / count) * size
    spread = (values - mean) / size
    deviation = np.sqrt(np.sum(spread * spread, axis=0, where=known) / count) * size
    constant = np.max(np.abs(spread), axis=0, where=known, initial=0.0) < 1e-12
    return mean, np.where(constant, 1.0, deviation)
