"""The model `conv`: convolutions and pooling over pictures, built from torch's own modules."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from nnrun.arrays import Array
from nnrun.errors import BadInput
from nnrun.models.activations import ActivationName, activations
from nnrun.models.module import ModuleLayer
from nnrun.models.network import Initialisation, Network
from nnrun.schema import Bounds, Sizes

if TYPE_CHECKING:
    import torch

Kernel = Annotated[int, Bounds(least=1, most=31)]


def conv(
    inputs: int,
    outputs: int,
    *,
    channels: Sizes = (16, 32),
    kernel: Kernel = 3,
    hidden: Sizes = (),
    activation: ActivationName = "relu",
    shape: Sizes | None = None,
) -> Network:
    """A convolutional network: convolutions over pictures, each followed by max pooling, then weighted sums.

    Weights are named as in `torch.nn.Sequential(Unflatten, Conv2d, Activation, MaxPool2d, ..., Linear)`, and
    start as torch's do.
    """
    rows, columns = _sides(inputs, shape)
    options = (rows, columns, tuple(channels), kernel, tuple(hidden), activation, outputs)

    def make() -> torch.nn.Module:
        return _sequence(*options)

    from nnrun.models.module import seeded

    with seeded(0):
        module = make()
    widths = "-".join(map(str, (*channels, *hidden, outputs)))
    return Network(
        name="conv",
        description=f"{rows} x {columns} -> {widths} {activation}, {kernel} x {kernel}",
        short=f"{widths} {activation}",
        layers=(ModuleLayer(("conv", *options), make, module, inputs, False),),
        initialisation=Initialisation("default", 1.0, None),
        matching=lambda truth: None,
    )


def _sides(inputs: int, shape: tuple[int, ...] | None) -> tuple[int, int]:
    """Rows and columns of a picture.

    Raises:
        BadInput: so many features are no picture of that shape.
    """
    side = math.isqrt(inputs)
    if shape is None and side * side == inputs:
        return side, side
    if shape is None:
        raise BadInput(f"model=conv: {inputs} features are no square picture; write model.shape=ROWSxCOLUMNS")
    if len(shape) != 2 or math.prod(shape) != inputs:
        written = "x".join(map(str, shape))
        raise BadInput(f"model.shape={written}: wants rows and columns whose product is {inputs}")
    return shape[0], shape[1]


def _sequence(
    rows: int,
    columns: int,
    channels: tuple[int, ...],
    kernel: int,
    hidden: tuple[int, ...],
    activation: str,
    outputs: int,
) -> torch.nn.Module:
    from torch import nn

    layers: list[nn.Module] = [nn.Unflatten(1, (1, rows, columns))]
    depth = 1
    for width in channels:
        layers += [nn.Conv2d(depth, width, kernel, padding="same"), _activation(activation)]
        depth = width
        if min(rows, columns) >= 2:
            layers.append(nn.MaxPool2d(2))
            rows, columns = rows // 2, columns // 2
    layers.append(nn.Flatten())
    size = depth * rows * columns
    for width in hidden:
        layers += [nn.Linear(size, width), _activation(activation)]
        size = width
    return nn.Sequential(*layers, nn.Linear(size, outputs))


def _activation(name: str) -> torch.nn.Module:
    """An activation of nnrun's as a module."""
    from torch import nn

    class Activation(nn.Module):
        def forward(self, x: Array) -> Array:
            return activations[name].value(x)

    return Activation()
