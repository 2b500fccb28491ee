"""How far apart what two networks have learned is, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Gap:
    """The largest difference of two predictions.

    Attributes:
        size: of the difference, in units of y.
        at: where: the inputs (feature,).
        output: of which output.
        typical: root mean square of all differences.
    """

    size: float
    at: tuple[float, ...]
    output: int
    typical: float

    @property
    def place(self) -> str:
        """Where, as people read it; empty where there is no difference, or many inputs."""
        return f"x={self.at[0]:.3g}" if len(self.at) == 1 and self.size else ""


def same_data(runs: Sequence[Arrays]) -> bool:
    """Whether all were trained on the same points."""
    return bool(runs) and all(
        name in arrays and name in runs[0] and np.array_equal(arrays[name], runs[0][name])
        for arrays in runs
        for name in ("train_x", "train_y")
    )


def gap(first: Arrays, second: Arrays) -> Gap | None:
    """On the dense grid within the training data, else at the training points; None where both cannot be had.

    Predictions on different data are not compared.
    """
    if not same_data([first, second]):
        return None
    x, predictions = _over_grid(first, second) or _at_points(first, second)
    if x is None or predictions[0].shape != predictions[1].shape or not len(x):
        return None
    differences = np.abs(predictions[0].astype(np.float64) - predictions[1].astype(np.float64))
    if not np.isfinite(differences).all():
        return None
    place, output = np.unravel_index(int(np.argmax(differences)), differences.shape)
    at = tuple(float(number) for number in np.atleast_1d(x[place]))
    root = float(np.sqrt(np.mean(differences**2)))
    return Gap(float(differences[place, output]), at, int(output), root)


def _over_grid(first: Arrays, second: Arrays) -> tuple[Any, tuple[Any, Any]] | None:
    names = ("grid", "grid_prediction")
    if any(name not in arrays for arrays in (first, second) for name in names):
        return None
    if not np.array_equal(first["grid"], second["grid"]):
        return None
    inside = _within(first)
    return first["grid"][inside], (first["grid_prediction"][inside], second["grid_prediction"][inside])


def _within(arrays: Arrays) -> Any:
    x, grid = arrays["train_x"], arrays["grid"]
    return ((grid >= x.min(axis=0)) & (grid <= x.max(axis=0))).all(axis=1)


def _at_points(first: Arrays, second: Arrays) -> tuple[Any, tuple[Any, Any]]:
    if any("train_prediction" not in arrays for arrays in (first, second)):
        return None, (None, None)
    return first["train_x"], (first["train_prediction"], second["train_prediction"])
