"""One training step as data: batch, layers, loss, gradients three ways, and the update."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nnrun.config import Binding
from nnrun.tracing.gradients import Floats, Passes, Problem, Ways, by_hand, probed, three_ways
from nnrun.tracing.kinks import Kink, of_loss
from nnrun.tracing.layers import LayerTrace, layer_traces
from nnrun.tracing.moment import Moment, Numbers, reach
from nnrun.tracing.own import failures_told
from nnrun.tracing.parameters import KeptTrace, ParameterTrace, kept_traces, parameter_traces
from nnrun.training.engine import CLIP_EPSILON
from nnrun.training.stacking import parts, schedule

AGREEMENT = 1e-6
"""Largest difference, as a share of loss and gradient, that finite differences are allowed."""

REPEATED = 1e-3
"""Largest difference, as a share of the predictions, between the run's own and the same in float64."""


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
        parameters: every array of weights that is trained.
        kept: what a module keeps beside these.
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
    kept: tuple[KeptTrace, ...]
    factor: float
    clip: Clip | None
    problem: Problem

    @property
    def largest_difference(self) -> float:
        """Between any two of the gradients, of all weights."""
        return float(np.max([own.largest_difference for own in self.parameters], initial=0.0))

    @property
    def agrees(self) -> bool:
        """Whether the gradients differ by no more than finite differences do from a smooth loss."""
        scale = max(1.0, abs(self.loss), *(float(np.max(np.abs(own.gradient))) for own in self.parameters))
        return self.largest_difference <= AGREEMENT * scale

    @property
    def drift(self) -> float | None:
        """How far predictions are from the run's own, if that is more than rounding; None: it is not."""
        with np.errstate(all="ignore"):
            drift = float(np.max(np.abs(self.prediction - self.moment.prediction[0]), initial=0.0))
        scale = max(1.0, float(np.max(np.abs(self.prediction), initial=0.0)))
        return drift if drift > REPEATED * scale else None

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
        BadInput: the run has no such step, or somebody's code fails.
    """
    with failures_told(binding):
        moment = reach(binding.spec, step, weights)
        with np.errstate(all="ignore"):
            return _taken_apart(binding, moment)


def _taken_apart(binding: Binding, moment: Moment) -> Trace:
    spec, network = binding.spec, binding.network
    masks = None if moment.masks is None else [mask.astype(np.float64) for mask in moment.masks]
    weights, x, y = (values.astype(np.float64) for values in (moment.before, moment.x, moment.y))
    problem = Problem(spec, network, weights, x, y, masks, moment.step + 1)
    passes, ways = _solved(problem)
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
        parameters=parameter_traces(network, moment, ways),
        kept=kept_traces(network, moment),
        factor=float(schedule([spec]).factor(moment.epoch - 1)[0, 0]),
        clip=None if limit is None else Clip(norm, limit, min(limit / (norm + CLIP_EPSILON), 1.0)),
        problem=problem,
    )


def _solved(problem: Problem) -> tuple[Passes, Ways]:
    """Forward and backward, and the gradient in every way that there is."""
    if problem.network.is_by_hand:
        passes = by_hand(problem)
        return passes, three_ways(problem, passes)
    from nnrun.tracing.repeating import Repetition

    repetition = Repetition(problem)
    passes = repetition.passes()
    return passes, Ways(None, passes.gradient, repetition.differences(probed(problem.network)))


def of_layer(trace: Trace, index: int) -> Trace:
    """The same step with one layer and its weights alone."""
    parameters = tuple(own for own in trace.parameters if own.index == index)
    return replace(trace, layers=(trace.layers[index],), parameters=parameters)
