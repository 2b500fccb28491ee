"""A large population as several engines, each over as many members as the processor's caches hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.training.engine import Engine, Step

Floats = npt.NDArray[np.float64]


@final
class BlockedEngine(Engine):
    """Members in blocks, one after the other; to everybody else one engine.

    No member's numbers depend on another's, so where arrays of all members no longer fit into the caches,
    smaller ones do the same work in a fraction of the time.

    Args:
        engines: of each block.
        sizes: members of each.
        join: puts arrays of blocks together along the axis of members.
    """

    def __init__(
        self, engines: Sequence[Engine], sizes: Sequence[int], join: Callable[[Sequence[Array]], Array]
    ) -> None:
        self._engines, self._join = tuple(engines), join
        edges = np.cumsum([0, *sizes]).tolist()
        self._slices = [slice(start, stop) for start, stop in itertools.pairwise(edges)]

    def array(self, values: npt.ArrayLike) -> Array:
        """As the blocks' kind of array."""
        return self._engines[0].array(values)

    def indices(self, values: npt.NDArray[np.int64]) -> Array:
        """As the blocks' kind of array."""
        return self._engines[0].indices(values)

    def numpy(self, array: Array) -> npt.NDArray[Any]:
        """As NumPy's."""
        return self._engines[0].numpy(array)

    def step(self, x: Array, y: Array, masks: Sequence[Array] | None, rate: Array, count: int) -> Step:
        """One update of every block."""
        done = [
            engine.step(
                _own(x, part),
                _own(y, part),
                None if masks is None else [mask[part] for mask in masks],
                rate[part],
                count,
            )
            for engine, part in zip(self._engines, self._slices, strict=True)
        ]
        return Step(self._join([each.loss for each in done]), self._join([each.prediction for each in done]))

    def predict(self, x: Array) -> Array:
        """Block by block."""
        pairs = zip(self._engines, self._slices, strict=True)
        return self._join([engine.predict(_own(x, part)) for engine, part in pairs])

    def loss(self, prediction: Array, y: Array) -> Floats:
        """Block by block; a prediction that all members share counts for each of them."""
        members = self._slices[-1].stop
        if len(prediction) < members:
            prediction = self._join([prediction] * members)
        pairs = zip(self._engines, self._slices, strict=True)
        return np.concatenate([engine.loss(prediction[part], _own(y, part)) for engine, part in pairs])

    def weights(self) -> npt.NDArray[Any]:
        """A copy of all."""
        return np.concatenate([engine.weights() for engine in self._engines])

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """A copy of all."""
        states = [engine.state() for engine in self._engines]
        return {slot: np.concatenate([state[slot] for state in states]) for slot in states[0]}

    def restore(self, rows: npt.NDArray[Any]) -> None:
        """To each block its own."""
        for engine, part in zip(self._engines, self._slices, strict=True):
            engine.restore(rows[part])

    def restore_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """To each block its own."""
        for engine, part in zip(self._engines, self._slices, strict=True):
            engine.restore_state({slot: array[part] for slot, array in state.items()})


def _own(array: Array, part: slice) -> Array:
    """A block's rows of an array that members may share, as its only row."""
    return array if len(array) == 1 else array[part]
