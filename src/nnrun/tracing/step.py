"""One training step as data: batch, layers, loss, gradients three ways, and the update."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nnrun.config import Binding
from nnrun.errors import BadInput
from nnrun.losses import losses
from nnrun.tracing.gradients import Floats, Problem, by_hand
from nnrun.tracing.kinks import Kink, of_loss
from nnrun.tracing.layers import LayerTrace, layer_traces
from nnrun.tracing.moment import Moment, Numbers, reach
from nnrun.tracing.parameters import ParameterTrace, parameter_traces
from nnrun.training.engine import CLIP_EPSILON
from nnrun.training.stacking import parts, schedule

AGREEMENT = 1e-6
"""Largest difference, as a share of loss and gradient, that finite differences are allowed."""


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
    require_by_hand(binding)
    moment = reach(binding.spec, step, weights)
    with np.errstate(all="ignore"):
        return _taken_apart(binding, moment)


def require_by_hand(binding: Binding) -> None:
    """Checks that the run consists of parts whose gradients are derived by hand, layer by layer.

    Raises:
        BadInput: one is somebody's own.
    """
    spec = binding.spec
    loss = losses.build(spec.loss.name, np.asarray, **spec.loss.options)
    by_hand = {
        f"model={spec.model.name}": binding.network.is_by_hand,
        f"loss={spec.loss.name}": loss.is_by_hand,
        f"optim={spec.optim.name}": spec.optim.name != "torch",
    }
    for part, is_by_hand in by_hand.items():
        if not is_by_hand:
            raise BadInput(f"{part}: has no steps by hand to show; trace a run of nnrun's own parts")


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
        layers=layer_traces(network, passes, masks),
        prediction=passes.tape[-1],
        loss=passes.loss,
        loss_signal=signal,
        kink=of_loss(loss, passes.tape[-1], y[0]),
        parameters=parameter_traces(network, moment, passes, problem),
        factor=float(schedule([spec]).factor(moment.epoch - 1)[0, 0]),
        clip=None if limit is None else Clip(norm, limit, min(limit / (norm + CLIP_EPSILON), 1.0)),
        problem=problem,
    )


def of_layer(trace: Trace, index: int) -> Trace:
    """The same step with one layer and its weights alone."""
    parameters = tuple(own for own in trace.parameters if own.index == index)
    return replace(trace, layers=(trace.layers[index],), parameters=parameters)
