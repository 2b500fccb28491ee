"""The gradient of one batch's loss three ways: by hand, by autograd, by finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.losses import Loss
from nnrun.models import Network
from nnrun.spec import Spec
from nnrun.training.stacking import parts

if TYPE_CHECKING:
    from nnrun.tracing.children import Child

Floats: TypeAlias = npt.NDArray[np.float64]

REACH = float(np.finfo(np.float64).eps ** (1 / 3))
"""Half the width of a central difference for parameters up to 1, larger for larger ones: 6e-6, where its
error from curvature, of order width^2, meets that from rounding, of order eps / width."""

MOST_PROBED = 2000
"""Largest network whose every parameter is probed by finite differences."""

PROBES = 100
"""How many parameters of each array are probed in a larger one."""

MODULE_PROBES = 20
"""The same of somebody's module, which is run for one probe after the other."""

ELEMENTS = 4_000_000
"""Most weights that are held at once for probing."""


@dataclass(frozen=True)
class Problem:
    """One batch at one point in the space of weights, in float64.

    Attributes:
        spec: names the loss.
        network: the model.
        weights: (1, parameter).
        x, y: (1, batch, feature) and (1, batch, out).
        masks: of the dropout layers, (1, batch, width); None without dropout.
        step: number of the update, from 1.
    """

    spec: Spec
    network: Network
    weights: Floats
    x: Floats
    y: Floats
    masks: Sequence[Floats] | None
    step: int


@dataclass(frozen=True)
class Passes:
    """Forward and backward by hand.

    Attributes:
        tape: the input, then the output of every layer, each (batch, width).
        signals: d loss / d output of every layer, shaped as that; None before the first layer with weights.
        loss: its value.
        gradient: d loss / d weights, (parameter,).
        children: of a module, what each of them gave.
    """

    tape: list[Floats]
    signals: list[Floats | None]
    loss: float
    gradient: Floats
    children: tuple[Child, ...] = ()


@dataclass(frozen=True)
class Ways:
    """d loss / d weights, each (parameter,).

    Attributes:
        hand: None of a module, which has none by hand.
        autograd: by PyTorch.
        differences: finite ones; NaN where they were not taken.
    """

    hand: Floats | None
    autograd: Floats
    differences: Floats


def three_ways(problem: Problem, passes: Passes) -> Ways:
    """The gradient of a network of nnrun's own layers."""
    return Ways(passes.gradient, by_autograd(problem), by_differences(problem))


def by_hand(problem: Problem) -> Passes:
    """Forward and backward through the layers' own formulas, from the loss's own or its automatic one."""
    network = problem.network
    loss = parts([problem.spec], network, _as_float64).loss
    arrays = network.arrange(network.views(problem.weights), problem.masks)
    flat = np.zeros_like(problem.weights)
    gradients = network.arrange(network.views(flat))
    tape = network.forward_recording(arrays, problem.x)
    found: list[Floats] = []
    network.backward(arrays, tape, _signal(loss, tape[-1], problem.y), gradients, found)
    untouched = len(network.layers) - len(found)
    signals = [*[None] * untouched, *(signal[0] for signal in reversed(found))]
    value = float(loss.value(tape[-1], problem.y)[0])
    return Passes([values[0] for values in tape], signals, value, flat[0])


def _signal(loss: Loss, prediction: Floats, y: Floats) -> Floats:
    """d loss / d prediction, (1, batch, out); by autograd where the loss is somebody's own."""
    if loss.is_by_hand:
        return np.asarray(loss.gradient(prediction, y))
    import torch

    leaf = torch.tensor(prediction, requires_grad=True)
    value = loss.value(leaf, torch.tensor(y)).sum()
    (signal,) = torch.autograd.grad(value, leaf, allow_unused=True, materialize_grads=True)
    result: Floats = signal.numpy()
    return result


def by_autograd(problem: Problem) -> Floats:
    """d loss / d weights, (parameter,), by PyTorch, which sees the forward formulas alone."""
    import torch

    def cast(values: npt.ArrayLike) -> Array:
        return torch.tensor(np.asarray(values), dtype=torch.float64)

    network = problem.network
    weights = cast(problem.weights).requires_grad_()
    masks = None if problem.masks is None else [cast(mask) for mask in problem.masks]
    prediction = network.forward(network.arrange(network.views(weights), masks), cast(problem.x))
    loss = parts([problem.spec], network, cast).loss.value(prediction, cast(problem.y))
    (gradient,) = torch.autograd.grad(loss.sum(), weights)
    result: Floats = gradient.numpy()[0]
    return result


def by_differences(problem: Problem) -> Floats:
    """(loss(w + h) - loss(w - h)) / 2h for each weight w, (parameter,); NaN where it was not probed."""
    value = _loss_of(problem)
    probes = probed(problem.network)
    result = np.full(problem.network.size, np.nan)
    chunk = max(1, ELEMENTS // (2 * problem.network.size))
    for start in range(0, len(probes), chunk):
        some = probes[start : start + chunk]
        result[some] = _differences(problem.weights, some, value)
    return result


def probed(network: Network) -> npt.NDArray[np.int64]:
    """Which parameters are probed: all of a small network, else of each array the first and some more."""
    if network.size <= MOST_PROBED:
        return np.arange(network.size)
    chosen, start = [], 0
    most = probes_of(network)
    for weights in network.weights:
        if not weights.trained:
            continue
        half = min(most // 2, weights.size)
        spread = np.linspace(0, weights.size - 1, half).astype(np.int64)
        chosen.append(start + np.union1d(np.arange(half), spread))
        start += weights.size
    return np.concatenate(chosen)


def probes_of(network: Network) -> int:
    """How many of each array of a large network."""
    return PROBES if network.is_by_hand else MODULE_PROBES


def reach_of(weights: Floats) -> Floats:
    """How far each weight is moved to either side."""
    return REACH * np.maximum(1.0, np.abs(weights))


def _differences(weights: Floats, probes: npt.NDArray[np.int64], value: Callable[[Floats], Floats]) -> Floats:
    count, own = len(probes), weights[0, probes]
    rows = np.repeat(weights, 2 * count, axis=0)
    rows[np.arange(count), probes] = own + reach_of(own)
    rows[np.arange(count, 2 * count), probes] = own - reach_of(own)
    losses = value(rows)
    # What was added in floating point is not quite the reach.
    width = rows[np.arange(count), probes] - rows[np.arange(count, 2 * count), probes]
    return (losses[:count] - losses[count:]) / width


def _loss_of(problem: Problem) -> Callable[[Floats], Floats]:
    """Weights (member, parameter) -> losses (member,)."""
    network = problem.network
    loss = parts([problem.spec], network, _as_float64).loss

    def value(rows: Floats) -> Floats:
        prediction = network.forward(network.arrange(network.views(rows), problem.masks), problem.x)
        return np.asarray(loss.value(prediction, problem.y))

    return value


def _as_float64(values: npt.ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
