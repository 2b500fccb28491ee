"""What the pictures of a run show, as arrays: points, curves and predictions of one trained member.

Arrays of a regression: `train_x` (sample, feature), `train_y` (sample, out), `train_prediction`, and the same
`val_*` where there is validation, at most 2,000 samples each. With one input also a dense `grid` (400, 1)
reaching a little past the data, `grid_prediction` and `grid_truth` (400, out). With several, `partial_grid`
(feature, 100), `partial_prediction` and `partial_truth` (feature, 100, out): one feature moves, the others
rest at their means. Of a classification: `confusion` (true, predicted) on `confusion_split`, and for pictures
`samples` (k, row, column) with `sample_true`, `sample_predicted` and `sample_probability` (k,).
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

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.datasets import Scale, Source, Split
from nnrun.spec import MOST_MOMENTS
from nnrun.training.landscape import landscape
from nnrun.training.population import Population
from nnrun.training.progress import Floats

Arrays = dict[str, npt.NDArray[Any]]

MOST_POINTS = 2000
MOST_FEATURES = 16
MOST_SAMPLES = 16
SNAPSHOTS = 21
MOST_SNAPSHOTS = MOST_MOMENTS
REGION, SNAPSHOT_REGION = 81, 41
"""Points of a plane's lattice on either side."""
MARGIN = 0.08
"""How far a grid reaches past the data, as a share of the data's range."""


def grid_of(x: Floats, points: int) -> Floats:
    """Evenly spaced inputs (points, 1) that reach a little past `x` (sample, 1)."""
    low, high = float(x.min()), float(x.max())
    margin = MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, points).reshape(-1, 1)


def snapshot_epochs(epochs: int, every: int | None = None) -> frozenset[int]:
    """At which epochs the fit is recorded: first and last, and at most 21 in all.

    Evenly between them up to 100 epochs; in longer runs the closer together the earlier, where the fit bends
    most, the first after 5 epochs. With `every`, each epoch that it divides; more than 500 are thinned out
    evenly.
    """
    power = max(1.0, math.log(max(epochs, 1) / 5) / math.log(SNAPSHOTS - 1))
    wanted = epochs * np.linspace(0, 1, SNAPSHOTS) ** power
    if every is not None:
        wanted = np.append(np.arange(0, epochs, every), epochs)
        kept = np.linspace(0, len(wanted) - 1, min(len(wanted), MOST_SNAPSHOTS))
        wanted = wanted[np.round(kept).astype(int)]
    return frozenset(np.round(wanted).astype(int).tolist())


class Snapshots:
    """Predictions of all members on a grid, collected while they train.

    Records where each member's data has one input and numbers as targets, or is classes in the plane; nothing
    otherwise.

    Args:
        population: who trains.
        show: is given the first member's arrays as they come: at first all that is known before training,
            then each snapshot with `snapshot_loss`, the loss of this very curve on the training data.
    """

    def __init__(self, population: Population, show: Callable[[Arrays], None] | None = None) -> None:
        self._population, self._show = population, show
        self._wanted = [snapshot_epochs(s.epochs, s.settings.plots.every) for s in population.specs]
        self._any = frozenset().union(*self._wanted)
        self._plane = is_planar(population.datasets[0].source)
        self._grids = _grids(population, self._plane)
        self._predictions: dict[int, npt.NDArray[Any]] = {}
        self._losses: dict[int, Floats] = {}
        self._path: list[npt.NDArray[Any]] = []
        self._final: tuple[npt.NDArray[Any], Floats] | None = None
        if show is not None and self._grids is not None and not self._plane:
            before = {name: values[0] for name, values in _regression(population).items()}
            show(_in_units(population, 0, before | {"snapshot_grid": self._grids[0]}))
        self.take(0)

    def take(self, epoch: int) -> None:
        """Records the present weights' predictions and their loss, if this epoch is one to record.

        The loss is measured here: metrics.csv has an epoch's from before its updates, as tutorials print it.
        """
        if self._grids is not None and epoch in self._any:
            self._predictions[epoch], self._losses[epoch] = self._measured(self._grids)
            if epoch in self._wanted[0]:
                self._showing(epoch, self._losses[epoch], self._predictions[epoch])
        if self._population.network.size == 2:
            self._path.append(self._population.engine.weights())

    def _measured(self, grids: Floats) -> tuple[npt.NDArray[Any], Floats]:
        """Predictions on the grids, and losses, of the present weights."""
        predictions = self._population.predict(grids)
        return _in_bytes(predictions) if self._plane else predictions, self._population.training_loss()

    def _showing(self, epoch: int, losses: Floats, predictions: npt.NDArray[Any]) -> None:
        if self._show is not None and not self._plane:
            self._show(_in_units(self._population, 0, _shown(epoch, losses, predictions)))

    def state(self) -> Arrays:
        """What was recorded so far; see `resume`."""
        epochs = sorted(self._predictions)
        arrays: Arrays = {"epochs": np.array(epochs, dtype=np.int64)}
        if epochs:
            arrays["predictions"] = np.stack([self._predictions[epoch] for epoch in epochs])
            arrays["losses"] = np.stack([self._losses[epoch] for epoch in epochs])
        return arrays | ({"path": np.stack(self._path)} if self._path else {})

    def resume(self, state: Mapping[str, npt.NDArray[Any]], lengths: npt.NDArray[Any]) -> None:
        """Goes on from a state.

        Args:
            state: what `state` returned.
            lengths: epochs that each member was to have then, which said when to record.
        """
        for index, epoch in enumerate(state["epochs"].tolist()):
            self._predictions[epoch] = state["predictions"][index]
            self._losses[epoch] = state["losses"][index]
        self._path = list(state["path"]) if "path" in state else []
        recorded = [
            snapshot_epochs(length, spec.settings.plots.every)
            for length, spec in zip(lengths.tolist(), self._population.specs, strict=True)
        ]
        self._wanted = [now | before for now, before in zip(self._wanted, recorded, strict=True)]

    def of_member(self, member: int, last: int) -> Arrays:
        """One member's snapshots up to its last epoch, the weights that it ends with among them.

        Args:
            member: which; the population has the weights that its members end with.
            last: the member's last epoch.
        """
        arrays = {} if self._grids is None else self._on_grids(member, last, self._grids)
        if self._path:
            path = np.stack([row[member] for row in self._path[: last + 1]])
            arrays |= {"path": path} | landscape(self._population, member, path)
        return arrays

    def _on_grids(self, member: int, last: int, grids: Floats) -> Arrays:
        """`of_member` without the path."""
        taken = {
            epoch: (self._predictions[epoch][member], self._losses[epoch][member])
            for epoch in sorted(self._predictions)
            if epoch <= last and epoch in self._wanted[member]
        }
        kept = self._population.progress.kept(member)
        if kept not in taken:
            self._final = self._final or self._measured(grids)
            taken[kept] = self._final[0][member], self._final[1][member]
            if member == 0:
                self._showing(kept, self._final[1], self._final[0])
        epochs = sorted(taken)
        predictions = np.stack([taken[epoch][0] for epoch in epochs])
        arrays: Arrays = {
            "snapshot_epochs": np.array(epochs),
            "snapshot_losses": np.array([taken[epoch][1] for epoch in epochs]),
        }
        arrays |= {"snapshot_kept": np.array(kept)} if kept < last else {}
        if self._plane:
            sides = (len(epochs), SNAPSHOT_REGION, SNAPSHOT_REGION, -1)
            return arrays | {"snapshot_regions": predictions.reshape(sides)}
        arrays["snapshot_grid"] = grids[member if len(grids) > 1 else 0]
        arrays["snapshot_predictions"] = predictions
        arrays = _in_units(self._population, member, arrays)
        arrays["snapshot_predictions"] = _halved(arrays["snapshot_predictions"])
        return arrays


def is_planar(source: Source) -> bool:
    """Whether the data is classes in a plane, which the model parts into regions."""
    return source.task == "classification" and source.inputs == 2 and source.image_shape is None


def _grids(population: Population, plane: bool) -> Floats | None:
    """Inputs (member or 1, point, feature) of snapshots."""
    source = population.datasets[0].source
    if plane:
        return np.stack([_lattice(dataset.train.x, SNAPSHOT_REGION)[0] for dataset in population.datasets])
    if source.inputs == 1 and source.task == "regression":
        return np.stack([grid_of(dataset.train.x, 101) for dataset in population.datasets])
    return None


def _lattice(x: Floats, side: int) -> tuple[Floats, Floats, Floats]:
    """Points (side x side, 2) of a lattice around the data, and its values of either feature."""
    across, along = (grid_of(x[:, feature : feature + 1], side)[:, 0] for feature in (0, 1))
    points = np.stack(np.meshgrid(across, along), axis=2).reshape(-1, 2)
    return points, across, along


def _softmax(logits: npt.NDArray[Any]) -> Floats:
    """Probabilities (..., class), not finite where the logits are not."""
    with np.errstate(all="ignore"):
        shares = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float64)
        return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def _in_bytes(logits: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Probabilities from 0 to 255; 0 of every class where they are not finite."""
    return np.round(255 * np.nan_to_num(_softmax(logits))).astype(np.uint8)


def _shown(epoch: int, losses: Floats, predictions: npt.NDArray[Any]) -> Arrays:
    return {
        "snapshot_epoch": np.array(epoch),
        "snapshot_loss": np.array(losses[0]),
        "snapshot_prediction": predictions[0],
    }


def _halved(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """As float16 where range and digits suffice for pictures, else as float32."""
    small = bool(np.nanmax(np.abs(values), initial=0.0) < 6e4)
    with np.errstate(over="ignore", invalid="ignore"):
        half = values.astype(np.float16)
        # Values far from 0 that differ little, such as years, need more digits.
        small = small and bool(np.nanmax(np.abs(half - values), initial=0.0) <= 0.002 * _range(values))
        return half if small else values.astype(np.float32)


def _range(values: npt.NDArray[Any]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max() - finite.min()) if len(finite) else 0.0


def _in_units(population: Population, member: int, arrays: Arrays) -> Arrays:
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


def portraits(population: Population, snapshots: Snapshots) -> list[Arrays]:
    """The arrays of every member, with the weights that it ends with."""
    regression = population.datasets[0].source.task == "regression"
    draw = _regression if regression else _classification
    common = draw(population)
    return [
        _in_units(
            population,
            index,
            {name: values[index if len(values) > 1 else 0] for name, values in common.items()},
        )
        | snapshots.of_member(index, member.epochs)
        for index, member in enumerate(population.members)
    ]


def _regression(population: Population) -> Mapping[str, npt.NDArray[Any]]:
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
    inputs = np.stack([_partial_inputs(dataset.train) for dataset in population.datasets])
    features, points = inputs.shape[1:3]
    flat = inputs.reshape(len(inputs), features * points, -1)
    prediction = population.predict(flat)
    arrays: Arrays = {
        "partial_grid": np.stack([rows[range(features), :, range(features)] for rows in inputs]),
        "partial_prediction": prediction.reshape(len(prediction), features, points, -1),
    }
    truths = [dataset.source.truth for dataset in population.datasets]
    if all(truth is not None for truth in truths):
        mean = np.stack([truth.mean(x) for truth, x in zip(truths, flat, strict=True) if truth])
        arrays["partial_truth"] = mean.reshape(len(mean), features, points, -1)
    return arrays


def _partial_inputs(split: Split) -> Floats:
    """Inputs (feature, 100, all features)."""
    features = min(split.x.shape[1], MOST_FEATURES)
    inputs = np.tile(split.x.mean(axis=0), (features, 100, 1))
    for feature in range(features):
        inputs[feature, :, feature] = grid_of(split.x[:, feature : feature + 1], 100)[:, 0]
    return inputs


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
    lattices = [_lattice(dataset.train.x, REGION) for dataset in population.datasets]
    points, across, along = (np.stack(parts) for parts in zip(*lattices, strict=True))
    probability = _softmax(population.predict(points)).astype(np.float16)
    return arrays | {
        "region_across": across,
        "region_along": along,
        "region_probability": probability.reshape(len(probability), REGION, REGION, -1),
    }
