"""The engine that leaves gradients to PyTorch's automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch

from nnrun.arrays import Array, Cast
from nnrun.training.engine import CLIP_EPSILON, Engine, Parts, Step
from nnrun.training.forwarding import forwarding

OWN_THREADS = torch.get_num_threads()
"""That operations on tensors use where nobody has said how many."""


@final
class AutogradEngine(Engine):
    """Tensors; every weight is a leaf that is a view of one flat tensor, as its gradient is of another.

    Args:
        start: initial weights (member, parameter).
        dtype: of all arithmetic.
        device: where the tensors live.
        parts: makes the parts from this engine's cast.
        threads: that one operation may use, in this whole process.
    """

    def __init__(
        self,
        start: npt.NDArray[np.float64],
        dtype: str,
        device: str,
        parts: Callable[[Cast], Parts],
        threads: int = 1,
    ) -> None:
        torch.set_num_threads(threads)
        self._dtype: torch.dtype = getattr(torch, dtype)
        self._device = torch.device(device)
        self._parts = parts(self.array)
        self._flat = self.array(start)
        self._gradient = torch.zeros_like(self._flat)
        self._lone = len(start) == 1
        self._forwarding = forwarding(self._parts.network, self._flat, self._parts.seeds)
        self._gradients = self._forwarding.places(self._gradient)
        self._state = {slot: torch.zeros_like(self._flat) for slot in self._parts.optimizer.slots}

    def array(self, values: npt.ArrayLike) -> Array:
        """As a tensor of the run's dtype on its device."""
        return torch.tensor(np.asarray(values), dtype=self._dtype, device=self._device)

    def indices(self, values: npt.NDArray[np.int64]) -> Array:
        """As a tensor on the device."""
        return torch.as_tensor(values, device=self._device)

    def numpy(self, array: Array) -> npt.NDArray[Any]:
        """On the processor, sharing memory where it is there already."""
        result: npt.NDArray[Any] = array.numpy(force=True)
        return result

    def step(self, x: Array, y: Array, masks: Sequence[Array] | None, rate: Array, count: int) -> Step:
        """Forward, loss, gradients, update."""
        prediction = self._forwarding.train(x, masks, count)
        loss = self._parts.loss.value(prediction, y)
        # Not by `grad_outputs`: checking that it fits makes torch import sympy, half a second.
        leaves = self._forwarding.leaves
        gradients = torch.autograd.grad(
            loss if self._lone else loss.sum(), leaves, allow_unused=True, materialize_grads=True
        )
        for view, gradient in zip(self._gradients, gradients, strict=True):
            view.copy_(gradient)
        if self._parts.clip_norm is not None:
            self._clip(self._parts.clip_norm)
        self._parts.optimizer.update(self._flat, self._gradient, self._state, count, rate)
        self._forwarding.settle()
        return Step(loss.detach(), prediction.detach())

    def _clip(self, limit: Array) -> None:
        norm = torch.linalg.vector_norm(self._gradient, dim=1, keepdim=True)
        factor = (limit / (norm + CLIP_EPSILON)).clamp(max=1)
        self._gradient *= torch.where(limit.isinf(), 1, factor)

    def predict(self, x: Array) -> Array:
        """Recording no graph."""
        with torch.no_grad():
            return self._forwarding.predict(x)

    def loss(self, prediction: Array, y: Array) -> npt.NDArray[np.float64]:
        """As in a step."""
        with torch.no_grad():
            return self.numpy(self._parts.loss.value(prediction, y)).astype(np.float64)

    def weights(self) -> npt.NDArray[Any]:
        """A copy on the processor."""
        result: npt.NDArray[Any] = self.numpy(self._flat).copy()
        return result

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """A copy on the processor."""
        return {slot: array.cpu().numpy().copy() for slot, array in self._state.items()}

    def restore(self, rows: npt.NDArray[Any]) -> None:
        """In place, so that the leaves stay valid."""
        self._flat.copy_(torch.as_tensor(rows))
        self._forwarding.refresh()

    def restore_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """In place."""
        for slot, array in self._state.items():
            array.copy_(torch.as_tensor(state[slot]))
