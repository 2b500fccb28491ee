"""The data of a population as stacked arrays on the device, and the batches that an epoch makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.datasets import Dataset, Split
from nnrun.metrics import Measure, Metric
from nnrun.training.engine import Engine


@dataclass(frozen=True)
class Portion:
    """Training, validation or test samples of all members.

    Attributes:
        x: inputs (member, sample, feature); one row where all members share their data.
        y: targets (member, sample, out), classes one-hot; likewise.
        measures: the metrics by name, each from predictions (member, sample, out) to (member,).
    """

    x: Array
    y: Array
    measures: Mapping[str, Measure]

    @property
    def samples(self) -> int:
        """Samples of one member."""
        return int(self.x.shape[1])


def portion(
    engine: Engine, metrics: Sequence[Metric], datasets: Sequence[Dataset], splits: Sequence[Split]
) -> Portion:
    """One part of every member's data; a single dataset and split stand for all members."""
    stacked = np.stack([targets(dataset, split) for dataset, split in zip(datasets, splits, strict=True)])
    x, y = engine.array(np.stack([split.x for split in splits])), engine.array(stacked)
    return Portion(x, y, {metric.name: _measure(metric, engine.numpy(y), datasets) for metric in metrics})


def _measure(metric: Metric, y: npt.NDArray[Any], datasets: Sequence[Dataset]) -> Measure:
    """A metric for targets (member or 1, sample, out), in the units of the data if it has any."""
    scales = [dataset.scale for dataset in datasets]
    if not metric.has_units or all(scale is None for scale in scales):
        return metric.against(y)
    outputs = y.shape[2]
    mean = np.stack([np.zeros(outputs) if s is None or s.y_mean is None else s.y_mean for s in scales])
    deviation = np.stack(
        [np.ones(outputs) if s is None or s.y_deviation is None else s.y_deviation for s in scales]
    )
    mean, deviation = mean[:, None], deviation[:, None]
    measure = metric.against(y * deviation + mean)
    return lambda prediction: measure(prediction * deviation + mean)


def targets(dataset: Dataset, split: Split) -> npt.NDArray[np.float64]:
    """Targets as numbers (sample, out): classes become one-hot rows."""
    if dataset.source.task == "classification":
        return np.asarray(np.eye(dataset.source.outputs)[split.y])
    return split.y


def bounds(samples: int, size: int) -> list[tuple[int, int]]:
    """Where each batch of an epoch begins and ends; the last may be smaller."""
    return [(start, min(start + size, samples)) for start in range(0, samples, size)]


def batches(
    data: Portion, limits: Sequence[tuple[int, int]], order: Array | None
) -> Iterator[tuple[Array, Array]]:
    """The batches (member or 1, batch, feature) and (member or 1, batch, out) of one epoch.

    Args:
        data: what to visit.
        limits: of each batch.
        order: sample indices (member, sample), each member its own; None for the given order.
    """
    if order is None:
        if len(limits) == 1:
            yield data.x, data.y
            return
        for start, stop in limits:
            yield data.x[:, start:stop], data.y[:, start:stop]
        return
    pick = _picker(data, len(order))
    for start, stop in limits:
        yield pick(order[:, start:stop])


def _picker(data: Portion, members: int) -> Any:
    shared_x, shared_y = data.x[0], data.y[0]
    if members == 1:
        return lambda rows: (_rows(shared_x, rows[0])[None], _rows(shared_y, rows[0])[None])
    if len(data.x) == 1:
        return lambda rows: (shared_x[rows], shared_y[rows])
    member = np.arange(members)[:, None]
    return lambda rows: (data.x[member, rows], data.y[member, rows])


def _rows(array: Array, indices: Array) -> Array:
    """`array[indices]` by the function that copies whole rows, which takes half the time of indexing."""
    return array.take(indices, axis=0) if isinstance(array, np.ndarray) else array.index_select(0, indices)


def in_sample_order(visited: npt.NDArray[Any], order: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Predictions (member, sample, out) in the order of visits, put back in the order of the samples."""
    restored = np.empty_like(visited)
    np.put_along_axis(restored, order[:, :, None], visited, axis=1)
    return restored
