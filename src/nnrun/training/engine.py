"""What an engine is: it holds a population's weights and moves them one step at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.losses import Loss
from nnrun.models import Network
from nnrun.optimizers import Optimizer

CLIP_EPSILON = 1e-6
"""Added to a gradient's norm before dividing by it, as `torch.nn.utils.clip_grad_norm_` does."""


@dataclass(frozen=True)
class Parts:
    """What is trained, for all members at once; numbers in which members differ are stacked in it.

    Attributes:
        clip_norm: largest norm of a member's gradient, (member, 1); infinite where it is not clipped.
        seeds: of the members.
    """

    network: Network
    loss: Loss
    optimizer: Optimizer
    clip_norm: Array | None
    seeds: tuple[int, ...]


class Engine(ABC):
    """A population's weights (member, parameter) and one way to compute their gradients."""

    @abstractmethod
    def array(self, values: npt.ArrayLike) -> Array:
        """Float numbers as this engine's kind of array, in the run's dtype, on its device."""

    @abstractmethod
    def indices(self, values: npt.NDArray[np.int64]) -> Array:
        """Integers as this engine's kind of array, on its device."""

    @abstractmethod
    def numpy(self, array: Array) -> npt.NDArray[Any]:
        """An array of this engine as NumPy's, possibly sharing memory."""

    @abstractmethod
    def step(self, x: Array, y: Array, masks: Sequence[Array] | None, rate: Array, count: int) -> Step:
        """One update: forward, loss, gradients, update.

        Args:
            x: inputs (member or 1, batch, feature).
            y: targets (member or 1, batch, out).
            masks: one per dropout layer, (member, batch, width); None without dropout.
            rate: learning rates (member, 1).
            count: number of this step, from 1.
        """

    @abstractmethod
    def predict(self, x: Array) -> Array:
        """Raw outputs (member, batch, out) in evaluation mode, without gradients."""

    @abstractmethod
    def loss(self, prediction: Array, y: Array) -> npt.NDArray[np.float64]:
        """The loss of predictions, (member,)."""

    @abstractmethod
    def weights(self) -> npt.NDArray[Any]:
        """A copy of all weights, (member, parameter)."""

    @abstractmethod
    def state(self) -> dict[str, npt.NDArray[Any]]:
        """A copy of what the optimizer keeps between steps, by slot, each (member, parameter)."""

    @abstractmethod
    def restore(self, rows: npt.NDArray[Any]) -> None:
        """Replaces all weights by `rows` (member, parameter)."""

    @abstractmethod
    def restore_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Replaces what the optimizer keeps between steps by what `state` returned."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step saw before its update: losses (member,), predictions (member, batch, out)."""

    loss: Array
    prediction: Array
