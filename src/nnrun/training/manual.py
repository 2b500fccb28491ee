"""The engine that computes gradients by hand, in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array, Cast
from nnrun.training.engine import CLIP_EPSILON, Engine, Parts, Step


@final
class ManualEngine(Engine):
    """NumPy arrays; back-propagation layer by layer.

    Args:
        start: initial weights (member, parameter).
        dtype: of all arithmetic.
        parts: makes the parts from this engine's cast.
    """

    def __init__(self, start: npt.NDArray[np.float64], dtype: str, parts: Callable[[Cast], Parts]) -> None:
        self._dtype = np.dtype(dtype)
        self._parts = parts(self.array)
        network = self._parts.network
        self._flat = start.astype(self._dtype)
        self._gradient = np.zeros_like(self._flat)
        self._views = network.views(self._flat)
        self._arrays = network.arrange(self._views)
        self._gradients = network.arrange(network.views(self._gradient))
        self._state = {slot: np.zeros_like(self._flat) for slot in self._parts.optimizer.slots}

    def array(self, values: npt.ArrayLike) -> Array:
        """As a NumPy array of the run's dtype."""
        return np.asarray(values, dtype=self._dtype)

    def indices(self, values: npt.NDArray[np.int64]) -> Array:
        """As they are."""
        return values

    def numpy(self, array: Array) -> npt.NDArray[Any]:
        """As it is."""
        result: npt.NDArray[Any] = array
        return result

    def step(self, x: Array, y: Array, masks: Sequence[Array] | None, rate: Array, count: int) -> Step:
        """Forward, loss, gradients, update."""
        network, criterion = self._parts.network, self._parts.loss
        arrays = self._arrays if masks is None else network.arrange(self._views, masks)
        tape = network.forward_recording(arrays, x)
        prediction = tape[-1]
        loss = criterion.value(prediction, y)
        network.backward(arrays, tape, criterion.gradient(prediction, y), self._gradients)
        if self._parts.clip_norm is not None:
            self._clip(self._parts.clip_norm)
        self._parts.optimizer.update(self._flat, self._gradient, self._state, count, rate)
        return Step(loss, prediction)

    def _clip(self, limit: Array) -> None:
        norm = np.sqrt(np.sum(self._gradient * self._gradient, axis=1, keepdims=True))
        factor = np.minimum(limit / (norm + CLIP_EPSILON), 1)
        self._gradient *= np.where(np.isinf(limit), 1, factor)

    def predict(self, x: Array) -> Array:
        """Layer by layer, keeping nothing."""
        return self._parts.network.forward(self._arrays, x)

    def loss(self, prediction: Array, y: Array) -> npt.NDArray[np.float64]:
        """As in a step."""
        return np.asarray(self._parts.loss.value(prediction, y), dtype=np.float64)

    def weights(self) -> npt.NDArray[Any]:
        """A copy."""
        return self._flat.copy()

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """A copy."""
        return {slot: array.copy() for slot, array in self._state.items()}

    def restore(self, rows: npt.NDArray[Any]) -> None:
        """In place, so that the views stay valid."""
        self._flat[...] = rows

    def restore_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """In place."""
        for slot, array in self._state.items():
            array[...] = state[slot]
