"""The `torch.nn.Module` that computes what a network computes, with the same names for its weights."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from nnrun.models.layers import Activate, Affine, Dropout, Layer, Power
from nnrun.models.network import Network

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softsign": nn.Softsign,
    "hardtanh": nn.Hardtanh,
    "relu6": nn.ReLU6,
    "identity": nn.Identity,
}


@final
class Sine(nn.Module):
    """y = sin(x)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of each element."""
        return torch.sin(x)


@final
class PowerLinear(nn.Linear):
    """y = x^p W^T + b, for inputs (sample, feature).

    Args:
        affine: what is done to the power.
        exponent: p.
    """

    def __init__(self, affine: Affine, exponent: float) -> None:
        super().__init__(affine.inputs, affine.outputs, affine.bias)
        self.exponent = exponent

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(sample, feature) -> (sample, out)."""
        return super().forward(input**self.exponent)

    def extra_repr(self) -> str:
        """What its printed form says."""
        return f"{super().extra_repr()}, exponent={self.exponent:g}"


def as_module(network: Network, weights: npt.NDArray[Any], dtype: str = "float32") -> nn.Module:
    """A module in evaluation mode, inputs (sample, feature) -> raw outputs (sample, out), on the CPU.

    Torch's global random state is left as it was.

    Args:
        network: one of nnrun's own, or one around somebody's module, of which this is then another one.
        weights: (parameter,), in the order of the network's flat row; a copy is taken.
        dtype: of the module.
    """
    kind: torch.dtype = getattr(torch, dtype)
    with torch.random.fork_rng([]):
        module = _built(network)
    values = {name: torch.as_tensor(np.array(array)) for name, array in network.named(weights).items()}
    module.to(kind).load_state_dict(values)
    return module.eval()


def _built(network: Network) -> nn.Module:
    """The module with whatever weights it starts with."""
    if network.module is not None:
        return network.module.make()
    match network.layers:
        case (Affine() as affine,) if not affine.name:
            return _layer(affine)
        case (Power(exponent=exponent), Affine() as affine):
            return PowerLinear(affine, exponent)
    return nn.Sequential(*map(_layer, network.layers))


def _layer(layer: Layer) -> nn.Module:
    match layer:
        case Affine():
            return nn.Linear(layer.inputs, layer.outputs, layer.bias)
        case Dropout():
            return nn.Dropout(layer.probability)
        case Activate(activation) if activation.name == "sine":
            return Sine()
        case Activate(activation) if activation.name in _ACTIVATIONS:
            return _ACTIVATIONS[activation.name]()
    raise NotImplementedError(f"{layer} has no form in torch that nnrun knows")
