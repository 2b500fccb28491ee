"""What verdicts need beside losses, measured once when training is over: idle hidden units, curvature, floors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.models.layers import Activate, Affine, Power
from nnrun.training.data import Portion
from nnrun.training.population import Floats, Population

MOST_POINTS = 2000
"""Training inputs at which hidden units are looked at; more would cost a large run a good part of an epoch."""
MOST_ELEMENTS = 4_000_000
"""Numbers that one layer of a look may hold; larger populations are looked at in groups of members."""
MOST_COLUMNS = 64
MOST_PRODUCTS = 10**8
"""Columns, and multiplications, up to which a curvature counts as cheap."""
FLAT = 0.02
"""A slope below this share of the activation's largest counts as none: a sigmoid's beyond about +-5.3."""
LARGEST_SLOPES = {
    "relu": 1.0,
    "relu6": 1.0,
    "hardtanh": 1.0,
    "tanh": 1.0,
    "softsign": 1.0,
    "sigmoid": 0.25,
    "elu": 1.0,
    "selu": 1.0507,
    "softplus": 1.0,
    "gelu": 1.0,
    "silu": 1.0,
    "mish": 1.0,
}
"""Activations that go flat somewhere, and their slope where they are steep; the others never do."""
ZERO = frozenset({"relu", "relu6", "gelu", "silu", "mish"})
"""Those that are 0 where they go flat below."""


def diagnoses(population: Population) -> list[dict[str, Any]]:
    """The diagnosis of every member, with the weights that it ends with.

    `hidden` has one entry per hidden layer whose activation can go flat: `units`, of which `dead` ones are 0
    and `saturated` ones flat at another value, at every one of `points` training inputs (evenly chosen ones
    where there are more than 2,000). `curvature` is the largest eigenvalue of the loss's second derivative,
    averaged over batches, where it is constant and cheap: models linear in their parameters with `mse` or
    `half_sse`; else None. `floor` has the truth's loss on validation and test data where there are any.
    """
    members = range(len(population.specs))
    with np.errstate(all="ignore"):
        points, hidden = _hidden(population)
        curvature = _curvatures(population)
        floors = {
            part: floor
            for part in ("val", "test")
            if (data := getattr(population, part)) is not None
            and (floor := _floors(population, part, data)) is not None
        }
    return [
        {
            "points": points,
            "hidden": [{key: int(counts[index]) for key, counts in layer.items()} for layer in hidden],
            "curvature": None if curvature is None else float(curvature[index]),
            "floor": {part: float(floor[index]) for part, floor in floors.items()},
        }
        for index in members
    ]


def _hidden(population: Population) -> tuple[int, list[dict[str, npt.NDArray[Any]]]]:
    """Number of points looked at, and counts (member,) per hidden layer that can go flat."""
    network = population.network
    x = population.engine.numpy(population.train.x)
    if x.shape[1] > MOST_POINTS:
        x = x[:, np.round(np.linspace(0, x.shape[1] - 1, MOST_POINTS)).astype(int)]
    if not any(isinstance(layer, Activate) for layer in network.layers):
        return x.shape[1], []
    weights = population.engine.weights()
    widest = max(width for layer in network.weights for width in layer.shape)
    size = max(1, MOST_ELEMENTS // (widest * x.shape[1]))
    groups = [
        _looked(population, weights[start : start + size], x if len(x) == 1 else x[start : start + size])
        for start in range(0, len(weights), size)
    ]
    return x.shape[1], [
        {key: np.concatenate([layer[key] for layer in layers]) for key in layers[0]}
        for layers in zip(*groups, strict=True)
    ]


def _looked(
    population: Population, weights: npt.NDArray[Any], x: npt.NDArray[Any]
) -> list[dict[str, npt.NDArray[Any]]]:
    """Counts (member,) per hidden layer for some members, by their weights (member, parameter)."""
    network = population.network
    tape = network.forward_recording(network.arrange(network.views(weights)), x)
    layers = []
    for layer, before, after in zip(network.layers, tape[:-1], tape[1:], strict=True):
        if not isinstance(layer, Activate) or layer.activation.name not in LARGEST_SLOPES:
            continue
        name = layer.activation.name
        slope = np.abs(layer.activation.derivative(before, after))
        flat = (slope <= FLAT * LARGEST_SLOPES[name]).all(axis=1)
        below = (before <= 0).all(axis=1) if name in ZERO else np.zeros_like(flat)
        units = np.full(len(weights), flat.shape[1])
        layers.append(
            {"units": units, "dead": (flat & below).sum(axis=1), "saturated": (flat & ~below).sum(axis=1)}
        )
    return layers


def _curvatures(population: Population) -> Floats | None:
    """The largest curvature (member,) of a loss that is quadratic in the parameters; None of any other."""
    columns = _columns(population)
    loss = population.specs[0].loss.name
    if columns is None or loss not in ("mse", "half_sse"):
        return None
    samples, width = columns.shape[1:]
    if width > MOST_COLUMNS or columns.size * width > MOST_PRODUCTS or not np.isfinite(columns).all():
        return None
    largest = np.linalg.eigvalsh(columns.swapaxes(1, 2) @ columns)[:, -1]
    outputs = population.datasets[0].source.outputs
    batch = min(population.specs[0].batch_size or samples, samples)
    scale = 2 / (samples * outputs) if loss == "mse" else batch / samples
    return np.broadcast_to(largest * scale, len(population.specs))


def _columns(population: Population) -> Floats | None:
    """What the parameters of a linear model multiply, (member or 1, sample, parameter); None of other models."""
    power, last = None, population.network.layers[-1]
    match population.network.layers:
        case (Affine(),):
            power = 1.0
        case (Power(exponent=exponent), Affine()):
            power = exponent
    if power is None or not isinstance(last, Affine):
        return None
    x: Floats = population.engine.numpy(population.train.x).astype(np.float64) ** power
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2) if last.bias else x


def _floors(population: Population, part: str, data: Portion) -> Floats | None:
    """The truth's loss (member,) on one part of the data; None where the truth is not known."""
    means: Sequence[Floats] = [
        dataset.source.truth.mean(getattr(dataset, part).x)
        for dataset in population.datasets
        if dataset.source.truth is not None
    ]
    if not means:
        return None
    return np.broadcast_to(population.loss(np.stack(means), data), len(population.specs))
