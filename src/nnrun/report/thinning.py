"""How much of each run a page shows: the more runs, the fewer points of each, evenly chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

OUTPUTS = 3
"""Outputs of a regression that pictures have room for."""


@dataclass(frozen=True)
class Limits:
    """The most of everything, for one run.

    Attributes:
        points: of its data.
        grid: of its fitted curve.
        moments: numbers in the fits on its way, epochs times points times outputs.
        epochs: of its learning curves.
        features: of several inputs that are shown.
        side: points along either side of a landscape of the loss, and images among the samples.
    """

    points: int
    grid: int
    moments: int
    epochs: int
    features: int
    side: int

    @classmethod
    def of(cls, runs: int, columns: int) -> Limits:
        """For a page of that many runs, whose learning curves have at most that many columns."""
        runs, columns = max(runs, 1), max(columns, 1)
        return cls(
            points=_between(100, 200_000 // runs, 2000),
            grid=_between(101, 120_000 // runs, 400),
            moments=_between(500, 2_200_000 // runs, 50_000),
            epochs=_between(30, 400_000 // (runs * columns), 2000),
            features=_between(1, 400 // runs, 16),
            side=_between(13, 20_000 // runs, 100),
        )


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def evenly(length: int, most: int) -> npt.NDArray[np.intp] | slice:
    """Places of at most `most` elements among `length`, first and last included; all of them as a slice."""
    if length <= most:
        return slice(None)
    return np.round(np.linspace(0, length - 1, most)).astype(np.intp)


def thinned(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """What of a plots.npz the page shows, by the same names; arrays of wrong shapes are left out."""
    shown: dict[str, Array] = {}
    for thin in (_data, _curve, _moments, _partials, _landscape, _classes, _plane):
        shown |= thin(plots, limits)
    return shown


def _taken(plots: Mapping[str, Array], names: tuple[str, ...], dimensions: int) -> dict[str, Array]:
    """Those arrays that are there as numbers, with that many axes."""
    found = {name: plots[name] for name in names if name in plots}
    return {
        name: array for name, array in found.items() if array.ndim == dimensions and array.dtype.kind in "fiu"
    }


def _data(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """Training and validation data (sample, feature), (sample, out) and predictions of them."""
    found: dict[str, Array] = {}
    for part in ("train", "val"):
        own = _taken(plots, (f"{part}_x", f"{part}_y", f"{part}_prediction"), 2)
        if len(own) == 3 and len({len(array) for array in own.values()}) == 1:
            kept = evenly(len(own[f"{part}_x"]), limits.points)
            most = {f"{part}_x": limits.features}
            found |= {name: array[kept, : most.get(name, OUTPUTS)] for name, array in own.items()}
    return found


def _curve(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """The final fit (point, out) over one input."""
    own = _taken(plots, ("grid", "grid_prediction", "grid_truth"), 2)
    if "grid" not in own or "grid_prediction" not in own or len({len(array) for array in own.values()}) != 1:
        return {}
    kept = evenly(len(own["grid"]), limits.grid)
    return {name: array[kept, :OUTPUTS] for name, array in own.items()}


def _moments(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """The fits (epoch, point, out) on the way; fewer epochs rather than fewer than 101 points of each."""
    own = _taken(plots, ("snapshot_epochs", "snapshot_losses"), 1) | _taken(plots, ("snapshot_grid",), 2)
    own |= _taken(plots, ("snapshot_predictions",), 3)
    if len(own) < 4:
        return {}
    predictions = own["snapshot_predictions"][:, :, :OUTPUTS]
    epochs, points, outputs = predictions.shape
    fitting = (len(own["snapshot_epochs"]), len(own["snapshot_losses"]), len(own["snapshot_grid"]))
    if fitting != (epochs, epochs, points) or not predictions.size:
        return {}
    most = min(epochs, max(11, limits.moments // (points * outputs)))
    rows, columns = evenly(epochs, most), evenly(points, max(26, limits.moments // (most * outputs)))
    return {
        "snapshot_epochs": own["snapshot_epochs"][rows],
        "snapshot_losses": own["snapshot_losses"][rows],
        "snapshot_grid": own["snapshot_grid"][columns, :1],
        "snapshot_predictions": predictions[rows][:, columns],
    }


def _partials(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """Lines (feature, point, out) over each of several inputs."""
    found = {name: array[: limits.features] for name, array in _taken(plots, ("partial_grid",), 2).items()}
    lines = _taken(plots, ("partial_prediction", "partial_truth"), 3)
    return found | {name: array[: limits.features, :, :OUTPUTS] for name, array in lines.items()}


def _landscape(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """The loss (row, column) over two weights, and the path (epoch, 2) of descent."""
    own = _taken(plots, ("landscape_x", "landscape_y", "landscape_solution"), 1)
    own |= _taken(plots, ("landscape_loss", "path"), 2)
    if not {"landscape_x", "landscape_y", "landscape_loss"} <= set(own):
        return {}
    if own["landscape_loss"].shape != (len(own["landscape_y"]), len(own["landscape_x"])):
        return {}
    rows = evenly(len(own["landscape_y"]), limits.side)
    columns = evenly(len(own["landscape_x"]), limits.side)
    return own | {
        "landscape_x": own["landscape_x"][columns],
        "landscape_y": own["landscape_y"][rows],
        "landscape_loss": own["landscape_loss"][rows][:, columns],
        "path": own["path"][evenly(len(own["path"]), limits.epochs)] if "path" in own else np.empty((0, 2)),
    }


def _classes(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """Confusion (true, predicted), and up to 16 pictures (k, row, column) with their classes."""
    found = _taken(plots, ("confusion",), 2)
    names = ("sample_true", "sample_predicted", "sample_probability")
    own = _taken(plots, names, 1) | _taken(plots, ("samples",), 3)
    if len(own) == 4 and len({len(array) for array in own.values()}) == 1:
        found |= {name: array[: limits.side] for name, array in own.items()}
    return found


def _plane(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """Of classes in the plane: their points, and whose regions are where, at the end and on the way.

    `region` (row, column) and `snapshot_region` (epoch, row, column) have bytes: of two classes the
    probability of the second one, 255 being 1; of more the most probable class. Rows rise along the second
    feature, from the first to the second number of `region_along`; columns along the first one.
    """
    own = _taken(plots, ("region_across", "region_along", "train_class"), 1) | _taken(plots, ("train_x",), 2)
    own |= _taken(plots, ("region_probability",), 3)
    if len(own) < 5 or own["train_x"].shape != (len(own["train_class"]), 2):
        return {}
    across, along, shares = own["region_across"], own["region_along"], own["region_probability"]
    if shares.shape[:2] != (len(along), len(across)) or not 2 <= shares.shape[2] <= 255 or not shares.size:
        return {}
    found = {"region_across": across[[0, -1]], "region_along": along[[0, -1]]}
    found["region"] = _owners(
        shares[evenly(len(along), limits.side)][:, evenly(len(across), limits.side)], 1.0
    )
    for part in ("train", "val"):
        points = _taken(plots, (f"{part}_x",), 2) | _taken(plots, (f"{part}_class",), 1)
        if len(points) == 2 and points[f"{part}_x"].shape == (len(points[f"{part}_class"]), 2):
            found |= {name: array[evenly(len(array), limits.points)] for name, array in points.items()}
    return found | _regions_on_the_way(plots, limits)


def _regions_on_the_way(plots: Mapping[str, Array], limits: Limits) -> dict[str, Array]:
    """Fewer epochs rather than fewer than 21 points along each side."""
    own = _taken(plots, ("snapshot_epochs", "snapshot_losses"), 1) | _taken(plots, ("snapshot_regions",), 4)
    if len(own) < 3 or not own["snapshot_regions"].size:
        return {}
    regions = own["snapshot_regions"]
    if (len(own["snapshot_epochs"]), len(own["snapshot_losses"])) != (len(regions), len(regions)):
        return {}
    rows = evenly(len(regions), min(len(regions), max(7, limits.moments // 441)))
    shown = regions[rows]
    side = max(13, int((limits.moments / len(shown)) ** 0.5))
    shown = shown[:, evenly(shown.shape[1], side)][:, :, evenly(shown.shape[2], side)]
    return {
        "snapshot_epochs": own["snapshot_epochs"][rows],
        "snapshot_losses": own["snapshot_losses"][rows],
        "snapshot_region": _owners(shown, 255.0),
    }


def _owners(shares: Array, whole: float) -> Array:
    """Bytes (..., row, column) of probabilities (..., row, column, class), of which `whole` stands for 1."""
    if shares.shape[-1] > 2:
        most: Array = np.argmax(shares, axis=-1).astype(np.uint8)
        return most
    second = np.nan_to_num(shares[..., 1].astype(np.float64) / whole, nan=0.5)
    shown: Array = np.round(255 * second.clip(0, 1)).astype(np.uint8)
    return shown
