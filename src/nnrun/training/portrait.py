"""What the pictures of a run show, as arrays: points, curves and predictions of one trained member.

Arrays of a regression: `train_x` (sample, feature), `train_y` (sample, out), `train_prediction`, and the same
`val_*` where there is validation, at most 2,000 samples each. With one input also a dense `grid` (400, 1)
reaching a little past the data, `grid_prediction` and `grid_truth` (400, out). With several, `partial_grid`
(feature, 100), `partial_prediction` and `partial_truth` (feature, 100, out) for at most 16 features: one
moves, the others rest at their means. Of a classification: `confusion` (true, predicted) on
`confusion_split`, and for pictures `samples` (k, row, column) with `sample_true`, `sample_predicted` and
`sample_probability` (k,).
Where the data is standardized, all these are in the data's own units.
`snapshot_predictions` (epoch, 101, out) on `snapshot_grid` at `snapshot_epochs`, with `snapshot_losses`, show
the fit on its way up to the weights that it ends with, which are those of epoch `snapshot_kept` where early
stopping went back to its best one. `path` (epoch + 1, 2) are the weights of a model that has two, whose
`landscape_*` arrays `landscape` describes. Of classes in the plane there are the points as well, `train_x`
(sample, 2) with `train_class` (sample,), and `val_*`; `region_probability` (81, 81, class) at the values
`region_along` of the second and `region_across` of the first feature; and `snapshot_regions` (epoch, 41, 41,
class), the same in bytes from 0 to 255 over the same square.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnrun.training.grids import grid_of, is_planar, lattice
from nnrun.training.population import Population
from nnrun.training.progress import Floats
from nnrun.training.units import Arrays, in_units

if TYPE_CHECKING:
    from nnrun.training.snapshots import Snapshots

MOST_POINTS = 2000
GRID = 100
"""Points over which a feature moves."""
PIECE = 16_000_000
"""Numbers that are fed to the network at once for features that move."""
MOST_SAMPLES = 16
SIDE = 81
"""Points of a plane's lattice on either side."""


def portraits(population: Population, snapshots: Snapshots) -> list[Arrays]:
    """The arrays of every member, with the weights that it ends with."""
    draw = regression if population.datasets[0].source.task == "regression" else _classification
    common = draw(population)
    return [
        in_units(
            population,
            index,
            {name: values[index if len(values) > 1 else 0] for name, values in common.items()},
        )
        | snapshots.of_member(index, member.epochs)
        for index, member in enumerate(population.members)
    ]


def regression(population: Population) -> Mapping[str, npt.NDArray[Any]]:
    """Stacked arrays (member or 1, ...) for regressions."""
    arrays: Arrays = {}
    for name in ("train", "val"):
        splits = [getattr(dataset, name) for dataset in population.datasets]
        if splits[0] is not None:
            x = np.stack([_thinned(split.x) for split in splits])
            arrays[f"{name}_x"] = x
            arrays[f"{name}_y"] = np.stack([_thinned(split.y) for split in splits])
            arrays[f"{name}_prediction"] = population.predict(x)
    one_input = population.datasets[0].source.inputs == 1
    return arrays | (_curve(population) if one_input else _partials(population))


def _thinned(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if len(rows) <= MOST_POINTS:
        return rows
    kept: npt.NDArray[Any] = rows[np.round(np.linspace(0, len(rows) - 1, MOST_POINTS)).astype(int)]
    return kept


def _curve(population: Population) -> Arrays:
    grid = np.stack([grid_of(dataset.train.x, 400) for dataset in population.datasets])
    arrays: Arrays = {"grid": grid, "grid_prediction": population.predict(grid)}
    truths = [dataset.source.truth for dataset in population.datasets]
    if all(truth is not None for truth in truths):
        arrays["grid_truth"] = np.stack(
            [truth.mean(x) for truth, x in zip(truths, grid, strict=True) if truth]
        )
    return arrays


def _partials(population: Population) -> Arrays:
    """Every feature in turn moves over its range while the others rest at their means."""
    parts = [dataset.train.x for dataset in population.datasets]
    features = population.datasets[0].source.drawn_features
    grids = np.stack([_feature_grids(x, features) for x in parts])
    rest = np.stack([x.mean(axis=0) for x in parts])
    truths = [dataset.source.truth for dataset in population.datasets]
    is_known = all(truth is not None for truth in truths)
    predicted, true = [], []
    for x in _moved(rest, grids):
        predicted.append(population.predict(x))
        if is_known:
            true.append(np.stack([truth.mean(rows) for truth, rows in zip(truths, x, strict=True) if truth]))
    arrays: Arrays = {"partial_grid": grids, "partial_prediction": _by_feature(predicted, features)}
    return arrays | ({"partial_truth": _by_feature(true, features)} if is_known else {})


def _feature_grids(x: Floats, features: int) -> Floats:
    """The ranges of the first features (feature, 100)."""
    return np.stack([grid_of(x[:, feature : feature + 1], GRID)[:, 0] for feature in range(features)])


def _moved(rest: Floats, grids: Floats) -> Iterator[Floats]:
    """Inputs (member or 1, feature x 100, all features), in pieces along the second axis.

    Args:
        rest: where features rest (member or 1, all features).
        grids: over what each of the first ones moves (member or 1, feature, 100).
    """
    moving = np.repeat(np.arange(grids.shape[1]), GRID)
    values = grids.reshape(len(grids), -1)
    rows = max(1, PIECE // rest.size)
    for start in range(0, len(moving), rows):
        columns = moving[start : start + rows]
        x = np.repeat(rest[:, None], len(columns), axis=1)
        x[:, np.arange(len(columns)), columns] = values[:, start : start + rows]
        yield x


def _by_feature(pieces: Sequence[npt.NDArray[Any]], features: int) -> npt.NDArray[Any]:
    """(member or 1, feature, 100, out)."""
    found = np.concatenate(pieces, axis=1)
    return found.reshape(len(found), features, GRID, -1)


def _classification(population: Population) -> Mapping[str, npt.NDArray[Any]]:
    """Stacked arrays (member or 1, ...) for classifications, of samples not trained on if there are any."""
    first = population.datasets[0]
    name = "val" if first.val is not None else "test" if first.test is not None else "train"
    splits = [getattr(dataset, name) for dataset in population.datasets]
    x, labels = np.stack([split.x for split in splits]), np.stack([split.y for split in splits])
    logits = population.predict(x).astype(np.float64)
    predicted = logits.argmax(axis=2)
    true = np.broadcast_to(labels, predicted.shape)
    classes = first.source.outputs
    tables = [
        np.bincount(t * classes + p, minlength=classes**2).reshape(classes, classes)
        for t, p in zip(true, predicted, strict=True)
    ]
    arrays: Arrays = {"confusion": np.stack(tables), "confusion_split": np.array([name])}
    if first.source.image_shape is not None:
        shown = x[:, :MOST_SAMPLES]
        top = logits[:, :MOST_SAMPLES] - logits[:, :MOST_SAMPLES].max(axis=2, keepdims=True)
        arrays["samples"] = shown.reshape(*shown.shape[:2], *first.source.image_shape).astype(np.float32)
        arrays["sample_true"] = labels[:, :MOST_SAMPLES]
        arrays["sample_predicted"] = predicted[:, :MOST_SAMPLES]
        arrays["sample_probability"] = 1 / np.exp(top).sum(axis=2)
    return arrays | (_regions(population) if is_planar(first.source) else {})


def _regions(population: Population) -> Arrays:
    """Points of every class, and the probability of each class over the plane."""
    arrays: Arrays = {}
    for name in ("train", "val"):
        splits = [getattr(dataset, name) for dataset in population.datasets]
        if splits[0] is not None:
            arrays[f"{name}_x"] = np.stack([_thinned(split.x) for split in splits])
            arrays[f"{name}_class"] = np.stack([_thinned(split.y) for split in splits])
    lattices = [lattice(dataset.train.x, SIDE) for dataset in population.datasets]
    points, across, along = (np.stack(parts) for parts in zip(*lattices, strict=True))
    probability = probabilities(population.predict(points)).astype(np.float16)
    return arrays | {
        "region_across": across,
        "region_along": along,
        "region_probability": probability.reshape(len(probability), SIDE, SIDE, -1),
    }


def probabilities(logits: npt.NDArray[Any]) -> Floats:
    """Probabilities (..., class), not finite where the logits are not."""
    with np.errstate(all="ignore"):
        shares = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float64)
        return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
