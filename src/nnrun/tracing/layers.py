"""What each layer did with the batch, forward and backward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from nnrun.errors import BadInput
from nnrun.models import Network
from nnrun.models.layers import Activate, Affine, Dropout, Layer
from nnrun.tracing.children import Child
from nnrun.tracing.gradients import Floats, Passes
from nnrun.tracing.kinks import Kink, of_layer

Role: TypeAlias = Literal["pre-activation", "activation", "prediction", "output"]


@dataclass(frozen=True)
class LayerTrace:
    """What one layer did with the batch.

    Attributes:
        layer: which it is.
        index: its place, counted from 0.
        role: what its output is.
        names: of what it trains.
        x, y: what went in and came out, (batch, width).
        mask: of dropout, (batch, width).
        signal: d loss / d y; None before the first layer with weights, where nobody needs it.
        to_input: d loss / d x is needed, for the layers before.
        kinks: where y has no derivative.
        model: the network's name.
        children: of a module, what each of them gave.
    """

    layer: Layer
    index: int
    role: Role
    names: tuple[str, ...]
    x: Floats
    y: Floats
    mask: Floats | None
    signal: Floats | None
    to_input: bool
    kinks: tuple[Kink, ...]
    model: str
    children: tuple[Child, ...] = ()


def layer_traces(network: Network, passes: Passes, masks: list[Floats] | None) -> tuple[LayerTrace, ...]:
    """All layers in order; `masks` are those of the dropout layers, (1, batch, width) each."""
    pending = iter(masks or ())
    last = len(network.layers) - 1
    return tuple(
        LayerTrace(
            layer=layer,
            index=index,
            role="prediction" if index == last else _role(layer),
            names=tuple(weights.name for weights in layer.weights if weights.trained),
            x=passes.tape[index],
            y=passes.tape[index + 1],
            mask=next(pending)[0] if isinstance(layer, Dropout) and masks else None,
            signal=passes.signals[index],
            to_input=any(earlier.weights for earlier in network.layers[:index]),
            kinks=of_layer(layer, passes.tape[index]),
            model=network.name,
            children=passes.children,
        )
        for index, layer in enumerate(network.layers)
    )


def require_layer(network: Network, index: int) -> None:
    """Checks that the model has this layer.

    Raises:
        BadInput: it has not.
    """
    count = len(network.layers)
    if not 0 <= index < count:
        known = "layer 0 alone" if count == 1 else f"layers 0 to {count - 1}"
        raise BadInput(f"--layer {index}: the model has {known}")


def _role(layer: Layer) -> Role:
    if isinstance(layer, Affine):
        return "pre-activation"
    return "activation" if isinstance(layer, Activate) else "output"
