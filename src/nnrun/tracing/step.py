"""One training step as data: batch, layers, loss, gradients three ways, and the update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from nnrun.config import Binding
from nnrun.errors import BadInput
from nnrun.models import Network
from nnrun.models.layers import Activate, Affine, Dropout, Layer
from nnrun.tracing.formulas import backward, forward
from nnrun.tracing.gradients import Floats, Passes, Problem, by_autograd, by_differences, by_hand
from nnrun.tracing.moment import Moment, Numbers, reach
from nnrun.training.engine import CLIP_EPSILON
from nnrun.training.stacking import parts, schedule

AGREEMENT = 1e-6
"""Largest difference, as a share of loss and gradient, that finite differences are allowed."""

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


@dataclass(frozen=True)
class LayerTrace:
    """What one layer did with the batch.

    Attributes:
        layer: which it is.
        title: such as `layer 0: weighted sum 1 -> 5`.
        role: what its output is: pre-activation, activation, prediction, ...
        formula: y of x.
        derivatives: `dW`, `db` and `dx`, of g = d loss / d y.
        names: of its weights.
        x, y: what went in and came out, (batch, width).
        mask: of dropout, (batch, width).
        signal: d loss / d y; None before the first layer with weights, where nobody needs it.
        to_input: d loss / d x is needed, for the layers before.
        kinks: where y has no derivative.
    """

    layer: Layer
    title: str
    role: str
    formula: str
    derivatives: Mapping[str, str]
    names: tuple[str, ...]
    x: Floats
    y: Floats
    mask: Floats | None
    signal: Floats | None
    to_input: bool
    kinks: tuple[Kink, ...]


@dataclass(frozen=True)
class ParameterTrace:
    """One array of weights: its gradient three ways, before and after.

    Attributes:
        name: as in the state_dict.
        layer: index of its layer.
        formula: of its gradient, such as `dW = g^T x`.
        hand, autograd, differences: the gradient, in float64; NaN where finite differences were not taken.
        before, after: the weights themselves, in the run's dtype.
        slots: what the optimizer keeps for it, before and after.
    """

    name: str
    layer: int
    formula: str
    hand: Floats
    autograd: Floats
    differences: Floats
    before: Numbers
    after: Numbers
    slots: Mapping[str, tuple[Numbers, Numbers]]

    @property
    def largest_difference(self) -> float:
        """Between any two of the three, element by element."""
        probed = ~np.isnan(self.differences)
        with np.errstate(all="ignore"):
            pairs = (self.hand - self.autograd, (self.hand - self.differences)[probed])
        return float(np.max([np.max(np.abs(pair), initial=0.0) for pair in pairs]))


@dataclass(frozen=True)
class Clip:
    """What clipping does: the gradient's length, its limit, and what the gradient is multiplied by."""

    norm: float
    limit: float
    scale: float


@dataclass(frozen=True)
class Trace:
    """One step, whole.

    Attributes:
        binding: the run.
        moment: the step as its engine did it.
        layers: in order.
        prediction: (batch, out).
        loss: value.
        loss_signal: d loss / d prediction.
        kink: where the loss has no derivative.
        parameters: every array of weights.
        factor: of the schedule; the rate is lr times this.
        clip: None where gradients are not clipped.
        problem: the same step for further questions.
    """

    binding: Binding
    moment: Moment
    layers: tuple[LayerTrace, ...]
    prediction: Floats
    loss: float
    loss_signal: Floats
    kink: Kink | None
    parameters: tuple[ParameterTrace, ...]
    factor: float
    clip: Clip | None
    problem: Problem

    @property
    def largest_difference(self) -> float:
        """Between any two of the three gradients, of all weights."""
        return float(np.max([own.largest_difference for own in self.parameters], initial=0.0))

    @property
    def agrees(self) -> bool:
        """Whether the three gradients differ by no more than finite differences do from a smooth loss."""
        scale = max(1.0, abs(self.loss), *(float(np.max(np.abs(own.hand))) for own in self.parameters))
        return self.largest_difference <= AGREEMENT * scale

    @property
    def kinks(self) -> tuple[Kink, ...]:
        """All of them."""
        own = [kink for layer in self.layers for kink in layer.kinks]
        return (*own, *(() if self.kink is None else (self.kink,)))


def trace(binding: Binding, step: int, weights: Numbers | None = None) -> Trace:
    """Trains up to a step and takes it apart.

    Args:
        binding: the run.
        step: updates before the one wanted.
        weights: to start from, (parameter,); None: the initial ones.

    Raises:
        BadInput: the run has no such step.
    """
    moment = reach(binding.spec, step, weights)
    with np.errstate(all="ignore"):
        return _taken_apart(binding, moment)


def _taken_apart(binding: Binding, moment: Moment) -> Trace:
    spec, network = binding.spec, binding.network
    masks = None if moment.masks is None else [mask.astype(np.float64) for mask in moment.masks]
    weights, x, y = (values.astype(np.float64) for values in (moment.before, moment.x, moment.y))
    problem = Problem(spec, network, weights, x, y, masks)
    passes = by_hand(problem)
    loss = parts([spec], network, lambda values: np.asarray(values, dtype=np.float64)).loss
    signal = passes.signals[-1]
    assert signal is not None
    limit = spec.clip_norm
    norm = float(np.sqrt(np.sum(passes.gradient**2)))
    return Trace(
        binding=binding,
        moment=moment,
        layers=_layers(network, passes, masks),
        prediction=passes.tape[-1],
        loss=passes.loss,
        loss_signal=signal,
        kink=_met(loss.name, "p = y", passes.tape[-1] - y[0], 0.0) if loss.has_corner else None,
        parameters=_parameters(network, moment, passes, problem),
        factor=float(schedule([spec]).factor(moment.epoch - 1)[0, 0]),
        clip=None if limit is None else Clip(norm, limit, min(limit / (norm + CLIP_EPSILON), 1.0)),
        problem=problem,
    )


def _layers(network: Network, passes: Passes, masks: list[Floats] | None) -> tuple[LayerTrace, ...]:
    pending = iter(masks or ())
    last = len(network.layers) - 1
    return tuple(
        LayerTrace(
            layer=layer,
            title=f"layer {index}: {_kind(layer)}",
            role="prediction" if index == last else _role(layer),
            formula=forward(layer),
            derivatives=backward(layer),
            names=tuple(weights.name for weights in layer.weights),
            x=passes.tape[index],
            y=passes.tape[index + 1],
            mask=next(pending)[0] if isinstance(layer, Dropout) and masks else None,
            signal=passes.signals[index],
            to_input=any(earlier.weights for earlier in network.layers[:index]),
            kinks=_kinks(layer, passes.tape[index]),
        )
        for index, layer in enumerate(network.layers)
    )


def _kind(layer: Layer) -> str:
    if isinstance(layer, Affine):
        return f"weighted sum {layer.inputs} -> {layer.outputs}"
    return layer.activation.name if isinstance(layer, Activate) else type(layer).__name__.lower()


def _role(layer: Layer) -> str:
    if isinstance(layer, Affine):
        return "pre-activation"
    return "activation" if isinstance(layer, Activate) else "output"


def _kinks(layer: Layer, x: Floats) -> tuple[Kink, ...]:
    if not isinstance(layer, Activate):
        return ()
    function = layer.activation
    found = [
        _met(function.name, f"x = {place:g}", x - place, _slope_at(layer, float(place)))
        for place in function.kinks
    ]
    return tuple(kink for kink in found if kink is not None)


def _slope_at(layer: Activate, place: float) -> float:
    x = np.array([place])
    return float(layer.activation.derivative(x, np.asarray(layer.activation.value(x)))[0])


def _met(function: str, place: str, distances: Floats, used: float) -> Kink | None:
    exact = int(np.count_nonzero(distances == 0))
    near = int(np.count_nonzero(np.abs(distances) < NEAR)) - exact
    return Kink(function, place, exact, near, used) if exact or near else None


def _parameters(
    network: Network, moment: Moment, passes: Passes, problem: Problem
) -> tuple[ParameterTrace, ...]:
    def named(row: Numbers) -> dict[str, Numbers]:
        return network.named(row)

    hand, autograd = named(passes.gradient), named(by_autograd(problem))
    differences = named(by_differences(problem))
    before, after = named(moment.before[0]), named(moment.after[0])
    slots = {
        slot: (named(old[0]), named(moment.state_after[slot][0])) for slot, old in moment.state_before.items()
    }
    return tuple(
        ParameterTrace(
            name=weights.name,
            layer=index,
            formula=_own_formula(layer, weights.is_bias),
            hand=hand[weights.name],
            autograd=autograd[weights.name],
            differences=differences[weights.name],
            before=before[weights.name],
            after=after[weights.name],
            slots={slot: (old[weights.name], new[weights.name]) for slot, (old, new) in slots.items()},
        )
        for index, layer in enumerate(network.layers)
        for weights in layer.weights
    )


def _own_formula(layer: Layer, is_bias: bool) -> str:
    symbol = "db" if is_bias else "dW"
    return f"{symbol} = {backward(layer)[symbol]}"


def require_layer(network: Network, index: int) -> None:
    """Checks that the model has this layer.

    Raises:
        BadInput: it has not.
    """
    count = len(network.layers)
    if not 0 <= index < count:
        known = "layer 0 alone" if count == 1 else f"layers 0 to {count - 1}"
        raise BadInput(f"--layer {index}: the model has {known}")


def of_layer(trace: Trace, index: int) -> Trace:
    """The same step with one layer and its weights alone."""
    parameters = tuple(own for own in trace.parameters if own.layer == index)
    return replace(trace, layers=(trace.layers[index],), parameters=parameters)
