"""What verdicts need beside losses, measured when training is over: idle units, curvature, floors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.datasets import Dataset
from nnrun.models.layers import Activate, Affine, Power
from nnrun.training.data import Portion
from nnrun.training.loop import Epoch
from nnrun.training.population import Population
from nnrun.training.progress import Floats
from nnrun.training.stacking import parts

MOST_POINTS = 2000
"""Training inputs at which hidden units are looked at; all of them would cost a large run dearly."""
MOST_ELEMENTS = 4_000_000
"""Numbers that one layer of a look may hold; larger populations are looked at in groups of members."""
MOST_COLUMNS = 64
MOST_PRODUCTS = 10**8
"""Columns, and multiplications, up to which a curvature counts as cheap."""
MOST_WEIGHTED = 200_000
"""Samples times parameters up to which sharpness is cheap: it takes twelve gradients by hand."""
ROUNDS = 6
"""Of power iteration; the result is then within 0.1 % of the limit for 95 of 100 default runs."""
STRIDE = 1e-4
"""Length of the steps between which gradients are compared, in float64."""
FLAT = 0.001
"""A slope below this share of the activation's largest counts as none: a sigmoid's beyond about +-8.3."""
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

COLUMNS = ("lr", "train/loss", "val/loss", "seconds")
"""Of a course; the last one is the same for all members."""
BLOCK = 4096
"""Epochs of which it packs the rows."""


class Course:
    """Rates and losses of all members by epoch, as verdicts read them from metrics.csv, and the time.

    Rows of many epochs are packed into one array: a row of few members takes many times its numbers.
    """

    def __init__(self) -> None:
        self._packed: dict[str, list[Floats]] = {name: [] for name in COLUMNS}
        self._rows: dict[str, list[Floats | float]] = {name: [] for name in COLUMNS}
        self._tables: dict[str, Floats] = {}

    def take(self, epoch: Epoch) -> None:
        """Keeps what one epoch measured."""
        rows = self._rows
        rows["lr"].append(epoch.rate)
        rows["train/loss"].append(epoch.train["loss"])
        if epoch.val:
            rows["val/loss"].append(epoch.val["loss"])
        rows["seconds"].append(epoch.seconds)
        self._tables.clear()
        if len(rows["seconds"]) == BLOCK:
            self._pack()

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as arrays (epoch, member), and `seconds` (epoch + 1,), of which the first is 0."""
        tables = {name: table for name in COLUMNS[:-1] if len(table := self._table(name))}
        return tables | {"seconds": np.concatenate([[0.0], self._table("seconds")])}

    def resume(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Goes on from a state."""
        self._packed = {name: [state[name]] if name in state else [] for name in COLUMNS[:-1]}
        self._packed["seconds"] = [state["seconds"][1:]]
        self._tables.clear()

    def first_losses(self, members: int) -> Floats:
        """Training losses (member,) of the first epoch; NaN where there was none."""
        losses = self._table("train/loss")
        return losses[0] if len(losses) else np.full(members, np.nan)

    def seconds(self, epochs: int) -> float:
        """How long so many epochs took."""
        return float(self._table("seconds")[epochs - 1]) if epochs else 0.0

    def of_member(self, index: int, epochs: int) -> dict[str, Floats]:
        """One member's columns (epoch,)."""
        tables = {name: self._table(name) for name in COLUMNS[:-1]}
        return {
            name: table[:epochs, index] if len(table) else table
            for name, table in tables.items()
            if len(table) or name != "val/loss"
        }

    def _table(self, name: str) -> Floats:
        """A column (epoch, member), or (epoch,) of times."""
        if name not in self._tables:
            self._pack()
            blocks = self._packed[name]
            self._tables[name] = blocks[0] if len(blocks) == 1 else np.concatenate(blocks or [np.empty(0)])
        return self._tables[name]

    def _pack(self) -> None:
        for name, rows in self._rows.items():
            if rows:
                self._packed[name].append(np.array(rows, dtype=np.float64))
                rows.clear()


def diagnoses(population: Population) -> list[dict[str, Any]]:
    """The diagnosis of every member, with the weights that it ends with.

    `hidden` has one entry per hidden layer whose activation can go flat: `units`, of which `dead` ones are 0
    and `saturated` ones flat at another value, at every one of `points` training inputs (evenly chosen ones
    where there are more than 2,000). `curvature` is the largest eigenvalue of the loss's second derivative,
    averaged over batches, where it is constant and cheap: models linear in their parameters with `mse` or
    `half_sse`; else None. `sharpness` is an estimate of the same of any loss, over all training data at the
    weights that the member ends with; None where it is not cheap. `floor` has the truth's loss on validation
    and test data where there are any; `truth_spread` is the largest distance between the truth at a training
    point and its mean over them.
    """
    members = range(len(population.specs))
    with np.errstate(all="ignore"):
        points, hidden = _hidden(population)
        curvature = _curvatures(population)
        sharpness = _sharpness(population)
        spreads = [_spread(dataset) for dataset in population.datasets]
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
            "sharpness": None if sharpness is None else float(sharpness[index]),
            "floor": {part: float(floor[index]) for part, floor in floors.items()},
            "truth_spread": spreads[index if len(spreads) > 1 else 0],
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
    """What a linear model's parameters multiply, (member or 1, sample, parameter); None of other models."""
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


def _sharpness(population: Population) -> Floats | None:
    """The loss's largest curvature (member,) here, by power iteration on differences of gradients.

    H v is (g(w + e v) - g(w - e v)) / 2 e with g derived by hand, whatever the engine; None where it is not.
    """
    network, samples = population.network, population.train.samples
    is_by_hand = network.is_by_hand and parts(population.specs[:1], network, _double).loss.is_by_hand
    if not is_by_hand or samples * network.size > MOST_WEIGHTED:
        return None
    weights = _double(population.engine.weights())
    gradient = _gradient(population)
    # One direction for all members, so that a member's number does not depend on its neighbours.
    direction = np.tile(np.random.default_rng(0).standard_normal(network.size), (len(weights), 1))
    sharpness = np.full(len(weights), np.nan)
    for _ in range(ROUNDS):
        direction /= np.sqrt((direction * direction).sum(axis=1, keepdims=True))
        step = STRIDE * direction
        ahead, behind = np.split(gradient(np.concatenate([weights + step, weights - step])), 2)
        turned = (ahead - behind) / (2 * STRIDE)
        sharpness = (direction * turned).sum(axis=1)
        direction = turned
    return sharpness


def _gradient(population: Population) -> Callable[[Floats], Floats]:
    """The gradient (2 member, parameter) over all training data, at two sets of weights in a row."""
    network = population.network
    by_hand = parts(population.specs * 2, network, _double)
    x, y = (_double(population.engine.numpy(array)) for array in (population.train.x, population.train.y))
    if len(x) > 1:
        x, y = np.concatenate([x, x]), np.concatenate([y, y])
    flat = np.zeros((2 * len(population.specs), network.size))
    gradients = network.arrange(network.views(flat))

    def gradient(rows: Floats) -> Floats:
        arrays = network.arrange(network.views(rows))
        tape = network.forward_recording(arrays, x)
        network.backward(arrays, tape, by_hand.loss.gradient(tape[-1], y), gradients)
        return flat

    return gradient


def _double(values: npt.ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _spread(dataset: Dataset) -> float | None:
    """Largest distance of the truth at a training point from its mean; None where it is not known."""
    if dataset.source.truth is None:
        return None
    mean = dataset.source.truth.mean(dataset.train.x)
    return float(np.abs(mean - mean.mean(axis=0)).max())


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
