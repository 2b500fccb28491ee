"""Models that a configuration can pick; each factory returns a `Network` for given sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnrun.datasets.source import Truth
from nnrun.models.activations import ActivationName, activations
from nnrun.models.convolution import conv
from nnrun.models.initialisation import SchemeName
from nnrun.models.layers import Activate, Affine, Dropout, Layer, Power
from nnrun.models.network import Initialisation, Known, Network
from nnrun.registry import Registry
from nnrun.schema import Fraction, NonNegative, Sizes

__all__ = ["Network", "build", "models", "register"]

models: Registry[Network] = Registry("model")
register = models.register
build = models.build


@models.register
def linear(
    inputs: int,
    outputs: int,
    *,
    bias: bool = True,
    init: SchemeName = "default",
    init_scale: NonNegative = 1.0,
    bias_init: float | None = None,
) -> Network:
    """A weighted sum: y = x W^T + b."""
    return Network(
        name="linear",
        description=f"{inputs} -> {outputs}",
        short=f"{inputs}-{outputs}",
        layers=(Affine("", inputs, outputs, bias),),
        initialisation=Initialisation(init, init_scale, bias_init),
        matching=lambda truth: _coefficients(truth, 1.0, inputs, bias),
    )


@models.register
def power(
    inputs: int,
    outputs: int,
    *,
    exponent: float = 2.0,
    init: SchemeName = "normal",
    init_scale: NonNegative = 1.0,
    bias_init: float | None = 0.0,
) -> Network:
    """A weighted power: y = w x^p + b, with p given and w, b learned."""
    return Network(
        name="power",
        description=f"w x^{exponent:g} + b",
        short=f"w x^{exponent:g} + b",
        layers=(Power(exponent), Affine("", inputs, outputs, True)),
        initialisation=Initialisation(init, init_scale, bias_init),
        matching=lambda truth: _coefficients(truth, exponent, inputs, True),
    )


@models.register
def mlp(
    inputs: int,
    outputs: int,
    *,
    hidden: Sizes = (10,),
    activation: ActivationName = "relu",
    bias: bool = True,
    output_bias: bool = True,
    dropout: Fraction = 0.0,
    init: SchemeName = "default",
    init_scale: NonNegative = 1.0,
    bias_init: float | None = None,
) -> Network:
    """A multi-layer perceptron: hidden layers, each with an activation (and dropout), then a weighted sum.

    Weights are named as in `torch.nn.Sequential(Linear, Activation, [Dropout,] ..., Linear)`.
    """
    layers: list[Layer] = []
    width = inputs
    for size in hidden:
        layers += [Affine(str(len(layers)), width, size, bias), Activate(activations[activation])]
        layers += [Dropout(dropout, size)] if dropout > 0 else []
        width = size
    layers.append(Affine(str(len(layers)), width, outputs, output_bias))
    return Network(
        name="mlp",
        description=" -> ".join([str(inputs), *(f"{size} {activation}" for size in hidden), str(outputs)]),
        short=f"{_joined((inputs, *hidden, outputs))} {activation}",
        layers=tuple(layers),
        initialisation=Initialisation(init, init_scale, bias_init),
        matching=lambda truth: None,
    )


models.register(conv)


def _joined(sizes: Sequence[int]) -> str:
    return "-".join(map(str, sizes))


def _coefficients(truth: Truth, power: float, inputs: int, bias: bool) -> Known | None:
    """The true weight and bias of a model that is linear in x^power, if the truth is so too."""
    if truth.weights is None or len(truth.weights) != inputs or truth.power != power or not bias:
        return None
    return {
        "weight": np.asarray([truth.weights]),
        "bias": np.asarray([truth.constant + truth.noise_mean]),
    }
