"""The parts of the model `conv`, one by one: a network holds them as a single module of torch's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from nnrun.models.activations import activations
from nnrun.models.layers import Activate, Affine, Layer
from nnrun.models.module import ModuleLayer


@dataclass(frozen=True)
class Unflatten:
    """(batch, feature) -> (batch, 1, row, column)."""

    rows: int
    columns: int


@dataclass(frozen=True)
class Convolve:
    """(batch, in, row, column) -> (batch, out, row, column); zeros around the edges."""

    inputs: int
    outputs: int
    kernel: int


@dataclass(frozen=True)
class Pool:
    """The largest of every 2 x 2; a last odd row or column is left out."""


@dataclass(frozen=True)
class Flatten:
    """(batch, ...) -> (batch, feature)."""


Part: TypeAlias = Layer | Unflatten | Convolve | Pool | Flatten


def written_parts(layers: Sequence[Layer]) -> list[Part]:
    """Layers in order, with the parts of `conv` in its place."""
    return [part for layer in layers for part in (_parts(layer) if is_conv(layer) else (layer,))]


def is_conv(layer: Layer) -> bool:
    """Whether it is all of the model `conv`, not a module of a user's own."""
    return isinstance(layer, ModuleLayer) and isinstance(layer.key, tuple) and layer.key[0] == "conv"


def _parts(layer: Layer) -> list[Part]:
    from torch import nn

    assert isinstance(layer, ModuleLayer)
    _, rows, columns, _, _, _, activation, _ = cast("tuple[object, ...]", layer.key)
    found: list[Part] = []
    for name, module in layer.module.named_children():
        match module:
            case nn.Unflatten():
                found.append(Unflatten(cast("int", rows), cast("int", columns)))
            case nn.Conv2d():
                found.append(Convolve(module.in_channels, module.out_channels, module.kernel_size[0]))
            case nn.MaxPool2d():
                found.append(Pool())
            case nn.Flatten():
                found.append(Flatten())
            case nn.Linear():
                found.append(Affine(name, module.in_features, module.out_features, True))
            case _:
                found.append(Activate(activations[str(activation)]))
    return found
