"""The formulas of layers, losses and optimizers, read from where they are written: their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from nnrun.losses import losses
from nnrun.models.layers import Activate, Dropout, Layer, Power
from nnrun.models.module import ModuleLayer
from nnrun.optimizers import optimizers

_DERIVATIVE = re.compile(r"(d\w+) = (.+?)(?:, (?=d\w+ = )|\.?$)")


def forward(layer: Layer) -> str:
    """What a layer computes, such as `y = x W^T + b`, with its own function or numbers."""
    text = _first_line(type(layer))
    if isinstance(layer, Activate):
        return f"y = {layer.activation.name}(x) = {layer.activation.formula}"
    if isinstance(layer, ModuleLayer):
        return f"y = {type(layer.module).__name__}(x)"
    if isinstance(layer, Power):
        return f"{text}, p = {layer.exponent:g}"
    if isinstance(layer, Dropout):
        return text.replace("with probability", f"with probability {layer.probability:g}").replace(
            "1 - probability", f"1 - {layer.probability:g}"
        )
    return text


def backward(layer: Layer) -> Mapping[str, str]:
    """Derivatives of the loss by name: `dW`, `db`, `dx`; g stands for d loss / d y."""
    found = dict(_DERIVATIVE.findall(_first_line(layer.backward)))
    if isinstance(layer, Activate):
        found["dx"] += f", f'(x) = {layer.activation.slope}"
    return found


def optimizer(name: str) -> tuple[str, str]:
    """The update rule, and what explains its symbols; one line each."""
    summary, _, rest = (inspect.getdoc(optimizers[name].factory) or "").partition("\n")
    return _plain(summary), _plain(" ".join(rest.split()))


def loss(name: str) -> str:
    """A loss in words and formula, with all that its settings do."""
    return _plain(" ".join((inspect.getdoc(losses[name].factory) or "").split()))


def _first_line(documented: Any) -> str:
    return _plain((inspect.getdoc(documented) or "").partition("\n")[0])


def _plain(text: str) -> str:
    return text.removesuffix(".").replace("`", "")
