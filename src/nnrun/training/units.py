"""Arrays of pictures in the units of the data, where the model sees standardized numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.datasets import Scale
from nnrun.training.population import Population

Arrays = dict[str, npt.NDArray[Any]]


def in_units(population: Population, member: int, arrays: Arrays) -> Arrays:
    """One member's arrays in the units of its data."""
    scale = population.dataset(member).scale
    if scale is None:
        return arrays
    return {name: _array_in_units(scale, name, values) for name, values in arrays.items()}


def _array_in_units(scale: Scale, name: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if name in ("region_across", "region_along"):
        feature = int(name == "region_along")
        return np.asarray(values * scale.x_deviation[feature] + scale.x_mean[feature])
    if name == "partial_grid":
        features = len(values)
        return np.asarray(values * scale.x_deviation[:features, None] + scale.x_mean[:features, None])
    if name.endswith(("_x", "grid")):
        return scale.to_units(values)
    return scale.from_model(values) if name.endswith(("_y", "_prediction", "_predictions")) else values
