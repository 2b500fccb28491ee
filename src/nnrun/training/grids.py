"""Where predictions are taken for pictures: evenly spaced inputs that reach a little past the data."""

from __future__ import annotations

import numpy as np

from nnrun.datasets import Source
from nnrun.training.progress import Floats

MARGIN = 0.08
"""How far a grid reaches past the data, as a share of the data's range."""


def is_planar(source: Source) -> bool:
    """Whether the data is classes in a plane, which the model parts into regions."""
    return source.task == "classification" and source.inputs == 2 and source.image_shape is None


def grid_of(x: Floats, points: int) -> Floats:
    """Evenly spaced inputs (points, 1) that reach a little past `x` (sample, 1)."""
    low, high = float(x.min()), float(x.max())
    margin = MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, points).reshape(-1, 1)


def lattice(x: Floats, side: int) -> tuple[Floats, Floats, Floats]:
    """Points (side x side, 2) of a lattice around the data, and its values of either feature."""
    across, along = (grid_of(x[:, feature : feature + 1], side)[:, 0] for feature in (0, 1))
    points = np.stack(np.meshgrid(across, along), axis=2).reshape(-1, 2)
    return points, across, along
