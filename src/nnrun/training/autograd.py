"""The engine that leaves gradients to PyTorch's automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch

from nnrun.arrays import Array, Cast
from nnrun.training.engine import CLIP_EPSILON, Engine, Parts, Step


@final
class AutogradEngine(Engine):
    """Tensors; every weight is a leaf whose memory and gradient are views of two flat tensors.

    `backward` adds to a gradient that is there in place, so all of them arrive in the flat one.

    Args:
        start: initial weights (member, parameter).
        dtype: of all arithmetic.
        device: where the tensors live.
        parts: makes the parts from this engine's cast.
    """

    def __init__(
        self, start: npt.NDArray[np.float64], dtype: str, device: str, parts: Callable[[Cast], Parts]
    ) -> None:
        self._dtype: torch.dtype = getattr(torch, dtype)
        self._device = torch.device(device)
        self._parts = parts(self.array)
        network = self._parts.network
        self._flat = self.array(start)
        self._gradient = torch.zeros_like(self._flat)
        self._leaves = [view.detach().requires_grad_() for view in network.views(self._flat)]
        for leaf, gradient in zip(self._leaves, network.views(self._gradient), strict=True):
            leaf.grad = gradient
        self._arrays = network.arrange(self._leaves)
        self._state = {slot: torch.zeros_like(self._flat) for slot in self._parts.optimizer.slots}

    def array(self, values: npt.ArrayLike) -> Array:
        """As a tensor of the run's dtype on its device."""
        return torch.tensor(np.asarray(values), dtype=self._dtype, device=self._device)

    def indices(self, values: npt.NDArray[np.int64]) -> Array:
        """As a tensor on the device."""
        return torch.as_tensor(values, device=self._device)

    def numpy(self, array: Array) -> npt.NDArray[Any]:
        """On the processor, sharing memory where it is there already."""
        result: npt.NDArray[Any] = array.detach().cpu().numpy()
        return result

    def step(self, x: Array, y: Array, masks: Sequence[Array] | None, rate: Array, count: int) -> Step:
        """Forward, loss, gradients, update."""
        network = self._parts.network
        arrays = self._arrays if masks is None else network.arrange(self._leaves, masks)
        prediction = network.forward(arrays, x)
        loss = self._parts.loss.value(prediction, y)
        self._gradient.zero_()
        loss.sum().backward()
        if self._parts.clip_norm is not None:
            self._clip(self._parts.clip_norm)
        self._parts.optimizer.update(self._flat, self._gradient, self._state, count, rate)
        return Step(loss.detach(), prediction.detach())

    def _clip(self, limit: Array) -> None:
        norm = torch.linalg.vector_norm(self._gradient, dim=1, keepdim=True)
        self._gradient *= (limit / (norm + CLIP_EPSILON)).clamp(max=1)

    def predict(self, x: Array) -> Array:
        """Layer by layer, recording no graph."""
        with torch.no_grad():
            return self._parts.network.forward(self._arrays, x)

    def loss(self, prediction: Array, y: Array) -> npt.NDArray[np.float64]:
        """As in a step."""
        with torch.no_grad():
            return self.numpy(self._parts.loss.value(prediction, y)).astype(np.float64)

    def weights(self) -> npt.NDArray[Any]:
        """A copy on the processor."""
        result: npt.NDArray[Any] = self._flat.cpu().numpy().copy()
        return result

    def restore(self, rows: npt.NDArray[Any]) -> None:
        """In place, so that the leaves stay valid."""
        self._flat.copy_(torch.as_tensor(rows))
