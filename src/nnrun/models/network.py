"""A network: layers in a row over one flat row of numbers per member, forward and backward."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.datasets.source import Truth
from nnrun.errors import BadInput
from nnrun.models.initialisation import SchemeName, initialise
from nnrun.models.layers import Dropout, Layer, Power, Weights
from nnrun.models.module import ModuleLayer
from nnrun.seeding import stream

Known = Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Initialisation:
    """How weights start: a scheme, its scale, and a value for all biases (None: as the scheme says)."""

    scheme: SchemeName
    scale: float
    bias: float | None


@dataclass(frozen=True)
class Network:
    """A model before any weight exists.

    Attributes:
        name: the registry entry.
        description: its shape in a few words, such as `1 -> 10 relu -> 1`.
        short: the same for a title, such as `1-10-1 relu`.
        layers: in order.
        initialisation: how weights start.
        matching: the true weights by name, if data with this truth has weights of this model's form.
    """

    name: str
    description: str
    short: str
    layers: tuple[Layer, ...]
    initialisation: Initialisation
    matching: Callable[[Truth], Known | None]

    @functools.cached_property
    def weights(self) -> tuple[Weights, ...]:
        """Everything that the flat row holds, in its order: what is trained, then a module's buffers."""
        return tuple(weights for layer in self.layers for weights in layer.weights)

    @functools.cached_property
    def size(self) -> int:
        """Number of trainable parameters."""
        return sum(weights.size for weights in self.weights if weights.trained)

    @property
    def has_landscape(self) -> bool:
        """Whether its loss is a surface over its weights: there are two, both trained, and nothing else."""
        return self.size == sum(weights.size for weights in self.weights) == 2

    @functools.cached_property
    def widest(self) -> int:
        """Numbers per sample that the widest layer gives, as far as shapes of weights tell."""
        return max(weights.shape[0] if weights.shape else 1 for weights in self.weights)

    @functools.cached_property
    def module(self) -> ModuleLayer | None:
        """The user's module that this network consists of; None of nnrun's own, which have layers."""
        return next((layer for layer in self.layers if isinstance(layer, ModuleLayer)), None)

    @property
    def is_by_hand(self) -> bool:
        """Whether its gradients are derived by hand."""
        return self.module is None

    @functools.cached_property
    def dropouts(self) -> tuple[Dropout, ...]:
        """The layers that need a mask in training, in order."""
        return tuple(layer for layer in self.layers if isinstance(layer, Dropout))

    def require_domain(self, interval: tuple[float, float] | None) -> None:
        """Checks that inputs within `interval` (None: any number) have a power.

        Raises:
            BadInput: a fractional power of negative inputs, or a negative power of 0.
        """
        low, high = interval or (-np.inf, np.inf)
        for layer in self.layers:
            if not isinstance(layer, Power):
                continue
            if low < 0 and not layer.exponent.is_integer():
                raise BadInput(
                    f"model.exponent={layer.exponent:g}: inputs below 0 have no such power; write a whole one"
                )
            if low <= 0 <= high and layer.exponent < 0:
                raise BadInput(
                    f"model.exponent={layer.exponent:g}: 0 has no such power; write one of at least 0"
                )

    def initial(self, seed: int) -> npt.NDArray[np.float64]:
        """The starting weights of the member with this seed, shape (parameter,)."""
        if self.module is not None:
            return self.module.initial(seed)
        rng = stream(seed, "start")
        start = self.initialisation
        rows = [
            np.full(weights.size, start.bias)
            if weights.is_bias and start.bias is not None
            else initialise(
                start.scheme,
                rng,
                weights.shape,
                weights.fan_in,
                scale=start.scale,
                kind="bias" if weights.is_bias else "weight",
            ).ravel()
            for weights in self.weights
        ]
        return np.concatenate(rows)

    def views(self, flat: Array) -> list[Array]:
        """All weights as their layers take them, sharing the memory of `flat` (member, parameter)."""
        stacked = iter(self._stacked(flat))
        return [
            view for layer in self.layers for view in layer.oriented([next(stacked) for _ in layer.weights])
        ]

    def _stacked(self, flat: Array) -> list[Array]:
        """The arrays (member, *shape) that share the memory of `flat`."""
        arrays, start = [], 0
        for weights in self.weights:
            arrays.append(flat[:, start : start + weights.size].reshape(len(flat), *weights.shape))
            start += weights.size
        return arrays

    def named(self, row: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """One member's weights by name, as a state_dict has them."""
        return {
            weights.name: np.array(array[0], order="C")
            for weights, array in zip(self.weights, self._stacked(row[None]), strict=True)
        }

    def arrange(self, views: Sequence[Array], masks: Sequence[Array] | None = None) -> list[Sequence[Array]]:
        """What each layer needs: its weights from `views`, or its mask in training."""
        arranged: list[Sequence[Array]] = []
        position = drop = 0
        for layer in self.layers:
            if isinstance(layer, Dropout):
                arranged.append((masks[drop],) if masks is not None else ())
                drop += 1
            else:
                count = len(layer.weights)
                arranged.append(views[position : position + count])
                position += count
        return arranged

    def forward(self, arrays: Sequence[Sequence[Array]], x: Array) -> Array:
        """Raw outputs (member, batch, out) for inputs (member or 1, batch, feature)."""
        for layer, own in zip(self.layers, arrays, strict=True):
            x = layer.forward(own, x)
        return x

    def forward_recording(self, arrays: Sequence[Sequence[Array]], x: Array) -> list[Array]:
        """The input, then the output of every layer."""
        tape = [x]
        for layer, own in zip(self.layers, arrays, strict=True):
            tape.append(layer.forward(own, tape[-1]))
        return tape

    def backward(
        self,
        arrays: Sequence[Sequence[Array]],
        tape: Sequence[Array],
        gradient: Array,
        gradients: Sequence[Sequence[Array]],
        signals: list[Array] | None = None,
    ) -> None:
        """Back-propagation: writes d loss / d weights into `gradients`, given d loss / d output.

        Args:
            arrays, tape: as `forward_recording` takes and gives them.
            gradient: d loss / d output, (member, batch, out).
            gradients: arranged as `arrays`, overwritten.
            signals: gets d loss / d output of each layer that it needs, the last layer's first.
        """
        for index in range(len(self.layers) - 1, self._first_trained - 1, -1):
            if signals is not None:
                signals.append(gradient)
            gradient = self.layers[index].backward(
                arrays[index],
                tape[index],
                tape[index + 1],
                gradient,
                gradients[index],
                index > self._first_trained,
            )

    @functools.cached_property
    def _first_trained(self) -> int:
        """Index of the first layer with weights; nothing before it needs a gradient."""
        return next(index for index, layer in enumerate(self.layers) if layer.weights)
