"""Places without a derivative that a batch meets: how often, and which value stands in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnrun.losses import Loss
from nnrun.models.layers import Activate, Layer
from nnrun.tracing.gradients import Floats

NEAR = 1e-4
"""How near to a kink a number must lie for finite differences to feel it: they move weights by 6e-6."""


@dataclass(frozen=True)
class Kink:
    """A place where a function has no derivative, met by this batch.

    Attributes:
        function: its name.
        place: where, such as `x = 0`.
        count: how many numbers of the batch lie there exactly.
        near: how many lie so near to it that finite differences may see both of its sides.
        used: the value that stands for the derivative.
    """

    function: str
    place: str
    count: int
    near: int
    used: float


def of_layer(layer: Layer, x: Floats) -> tuple[Kink, ...]:
    """Those of an activation that its inputs (batch, width) meet."""
    if not isinstance(layer, Activate):
        return ()
    function = layer.activation
    found = [
        _met(function.name, f"x = {place:g}", x - place, _slope_at(layer, float(place)))
        for place in function.kinks
    ]
    return tuple(kink for kink in found if kink is not None)


def of_loss(loss: Loss, prediction: Floats, target: Floats) -> Kink | None:
    """That of a loss with a corner where the prediction is the target."""
    return _met(loss.name, "p = y", prediction - target, 0.0) if loss.has_corner else None


def _slope_at(layer: Activate, place: float) -> float:
    x = np.array([place])
    return float(layer.activation.derivative(x, np.asarray(layer.activation.value(x)))[0])


def _met(function: str, place: str, distances: Floats, used: float) -> Kink | None:
    exact = int(np.count_nonzero(distances == 0))
    near = int(np.count_nonzero(np.abs(distances) < NEAR)) - exact
    return Kink(function, place, exact, near, used) if exact or near else None
