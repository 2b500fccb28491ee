"""How tensors of weights give predictions: the leaves that gradients are taken for, and what runs on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import torch

from nnrun.arrays import Array
from nnrun.models import Network
from nnrun.models.module import ModuleLayer, chance, seeded


class Forwarding(ABC):
    """Leaves that share the memory of a flat tensor of weights (member, parameter), and predictions by them.

    The leaves of a lone member have no axis `member`: products of matrices are faster than stacked ones.

    Attributes:
        leaves: what gradients are taken for.
    """

    leaves: list[torch.Tensor]

    @abstractmethod
    def places(self, gradient: torch.Tensor) -> list[torch.Tensor]:
        """Where in a flat tensor each leaf's gradient belongs."""

    @abstractmethod
    def train(self, x: Array, masks: Sequence[Array] | None, step: int) -> Array:
        """Predictions (member, batch, out) in training.

        Args:
            x: (member or 1, batch, feature).
            masks: one per dropout layer of nnrun's own.
            step: number of this update, from 1.
        """

    @abstractmethod
    def predict(self, x: Array) -> Array:
        """Predictions (member, batch, out) in evaluation mode."""

    @abstractmethod
    def settle(self) -> None:
        """After an update: puts what no gradient moves where it belongs."""

    @abstractmethod
    def refresh(self) -> None:
        """After weights were replaced: takes over what does not share their memory."""


def forwarding(network: Network, flat: torch.Tensor, seeds: Sequence[int]) -> Forwarding:
    """What predicts with a network by the weights in `flat` (member, parameter).

    Args:
        network: the members' model.
        flat: all their weights.
        seeds: of the members, for chance in training.
    """
    if network.module is not None:
        return ModuleForwarding(network.module, network, flat, seeds)
    return LayerForwarding(network, flat)


@final
class LayerForwarding(Forwarding):
    """Predictions layer by layer."""

    def __init__(self, network: Network, flat: torch.Tensor) -> None:
        self._network, self._lone = network, len(flat) == 1
        self.leaves = [view.detach().requires_grad_() for view in self.places(flat)]
        self._arrays = network.arrange(self.leaves)

    def places(self, gradient: torch.Tensor) -> list[torch.Tensor]:
        """Oriented as the layers take them."""
        views = self._network.views(gradient)
        return [view[0] for view in views] if self._lone else views

    def train(self, x: Array, masks: Sequence[Array] | None, step: int) -> Array:
        """With masks, if there are any."""
        if masks is None:
            return self.predict(x)
        masks = [mask.squeeze(0) for mask in masks] if self._lone else masks
        return self._through(self._network.arrange(self.leaves, masks), x)

    def predict(self, x: Array) -> Array:
        """Without masks."""
        return self._through(self._arrays, x)

    def settle(self) -> None:
        """Everything follows its gradient."""

    def refresh(self) -> None:
        """Everything shares the memory."""

    def _through(self, arrays: Sequence[Sequence[Array]], x: Array) -> Array:
        prediction = self._network.forward(arrays, x.squeeze(0) if self._lone else x)
        return prediction.unsqueeze(0) if self._lone else prediction


@final
class ModuleForwarding(Forwarding):
    """Predictions by a user's module: of a lone member as it is, of several by `vmap`.

    Buffers are tensors of their own, which the module changes in place where it is batch normalisation, say;
    their numbers follow those of the parameters in the flat tensor.
    """

    def __init__(
        self, layer: ModuleLayer, network: Network, flat: torch.Tensor, seeds: Sequence[int]
    ) -> None:
        self._layer, self._network, self._flat, self._seeds = layer, network, flat, seeds
        self._lone = len(flat) == 1
        self._trained = sum(weights.trained for weights in layer.weights)
        self.leaves = [view.detach().requires_grad_() for view in self.places(flat)]
        self._kept = [
            view.to(kind, copy=True) for view, kind in zip(self._rest(), layer.kinds(flat.dtype), strict=True)
        ]

    def _views(self, flat: torch.Tensor) -> list[torch.Tensor]:
        views = self._network.views(flat)
        return [view[0] for view in views] if self._lone else views

    def places(self, gradient: torch.Tensor) -> list[torch.Tensor]:
        """Shaped as the parameters."""
        return self._views(gradient)[: self._trained]

    def _rest(self) -> list[torch.Tensor]:
        return self._views(self._flat)[self._trained :]

    def train(self, x: Array, masks: Sequence[Array] | None, step: int) -> Array:
        """In training mode; what it draws depends on the member's seed and the step alone."""
        if not self._layer.chancy:
            return self._run(x, training=True)
        with seeded(chance(self._seeds[0], step), str(self._flat.device)):
            return self._run(x, training=True)

    def predict(self, x: Array) -> Array:
        """In evaluation mode."""
        return self._run(x, training=False)

    def _run(self, x: Array, training: bool) -> Array:
        tensors = [*self.leaves, *self._kept]
        if self._lone:
            return self._layer.call(tensors, x.squeeze(0), training).unsqueeze(0)
        return self._layer.stacked(tensors, x, training)

    def settle(self) -> None:
        """Buffers keep what the module made of them, whatever the optimizer did to their places."""
        for place, kept in zip(self._rest(), self._kept, strict=True):
            place.copy_(kept)

    def refresh(self) -> None:
        """Buffers from their places."""
        for place, kept in zip(self._rest(), self._kept, strict=True):
            kept.copy_(place)
