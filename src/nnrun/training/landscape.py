"""The loss of a model of two parameters over a rectangle of its weights, around its path of descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.losses import Loss
from nnrun.models import Network
from nnrun.training.population import Population
from nnrun.training.progress import Floats
from nnrun.training.stacking import parts

COLUMNS, ROWS = 73, 49
"""Points of the rectangle; its sides are about as these where both weights have the same scale."""
MOST_SAMPLES = 2000
"""Samples that the rectangle is measured on; of more, evenly chosen ones."""
MOST_ELEMENTS = 50_000
"""Numbers that the predictions of one piece of the rectangle may hold, so that they stay in the cache."""
NEAR = 1.6
"""A weight is near while it is at most this many times as far from the goal as it was at the start."""
ALIKE = 4.0
"""Weights whose distances differ by no more than this factor share one scale."""
MARGIN = 0.16
"""Free room around the path, as a share of its range."""

Arrays = dict[str, npt.NDArray[Any]]


def landscape(population: Population, member: int, path: npt.NDArray[Any]) -> Arrays:
    """The landscape of one member, by the weights (epoch + 1, 2) on its way.

    `landscape_x` (73,) and `landscape_y` (49,) are values of the first and the second weight,
    `landscape_loss` (49, 73) the training loss there. `landscape_solution` (2,) is the least-squares solution
    of a regression linear in its weights, where there is exactly one.
    """
    with np.errstate(all="ignore"):
        return _Surface(population, member).around(path.astype(np.float64))


class _Surface:
    """One member's training loss as a function of weights, on NumPy whatever the engine."""

    def __init__(self, population: Population, member: int) -> None:
        engine, train = population.engine, population.train
        x, y = (engine.numpy(part).astype(np.float64) for part in (train.x, train.y))
        self._every = tuple(part[member if len(part) > 1 else 0][None] for part in (x, y))
        kept = np.round(np.linspace(0, train.samples - 1, min(train.samples, MOST_SAMPLES))).astype(int)
        self._x, self._y = (part[:, kept] for part in self._every)
        self._network: Network = population.networks[member]
        self._loss: Loss = parts(population.specs[member : member + 1], self._network, np.asarray).loss
        self._regression = population.dataset(member).source.task == "regression"
        self._columns = self._probed()
        # Shrinking weights end elsewhere than at the least-squares solution.
        options = population.specs[member].optim.options
        self._decays = any(bool(part.get("weight_decay")) for part in (options, options.get("options") or {}))

    def around(self, path: Floats) -> Arrays:
        """Arrays as `landscape` gives them."""
        solution = self._solution()
        x, y = _rectangle(path, None if self._decays else solution)
        loss = _parabola(self._losses, x, y)
        if loss is None:
            weights = np.stack(np.meshgrid(x, y), axis=2).reshape(-1, 2)
            loss = self._losses(weights).reshape(len(y), len(x))
        loss = (loss * self._correction(path[0])).astype(np.float32)
        arrays: Arrays = {"landscape_x": x, "landscape_y": y, "landscape_loss": loss}
        return arrays if solution is None else arrays | {"landscape_solution": solution}

    def _predictions(self, weights: Floats, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Raw outputs (point, sample, out) at weights (point, 2)."""
        network = self._network
        arranged = network.arrange(network.views(weights))
        prediction: npt.NDArray[Any] = network.forward(arranged, x)
        return prediction

    def _losses(self, weights: Floats) -> Floats:
        """Losses (point,) at weights (point, 2)."""
        piece = max(1, MOST_ELEMENTS // self._x[0].size)
        pieces = (weights[start : start + piece] for start in range(0, len(weights), piece))
        predict = self._by_hand if self._columns is None else self._by_columns
        return np.concatenate([self._loss.value(predict(some), self._y) for some in pieces])

    def _by_hand(self, weights: Floats) -> npt.NDArray[Any]:
        return self._predictions(weights, self._x)

    def _by_columns(self, weights: Floats) -> npt.NDArray[Any]:
        """The same in one product, where predictions are linear in the weights."""
        rows = np.column_stack([weights, np.ones(len(weights))])
        product = rows @ self._columns
        return np.asarray(product.reshape(len(weights), self._x.shape[1], -1))

    def _correction(self, weights: Floats) -> float:
        """The loss of all samples as a multiple of that of the chosen ones, where some were left out."""
        x, y = self._every
        if x.shape[1] == self._x.shape[1]:
            return 1.0
        whole = self._loss.value(self._predictions(weights[None], x), y)
        return float(whole[0] / self._losses(weights[None])[0])

    def _probed(self) -> Floats | None:
        """What both weights multiply, and what is added, (3, sample x out); None where that is not all."""
        probes = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [-1, -2]], dtype=np.float64)
        predictions = self._predictions(probes, self._x).reshape(len(probes), -1)
        zero, first, second, both, other = predictions
        a, b = first - zero, second - zero
        linear = np.allclose(both, zero + a + b) and np.allclose(other, zero - a - 2 * b)
        return np.stack([a, b, zero]) if linear else None

    def _solution(self) -> Floats | None:
        if self._columns is None or not self._regression:
            return None
        a, b, constant = self._columns
        target = self._y.ravel() - constant
        solution, _, rank, _ = np.linalg.lstsq(np.column_stack([a, b]), target, rcond=None)
        return solution if rank == 2 else None


def _parabola(losses: Callable[[Floats], Floats], x: Floats, y: Floats) -> Floats | None:
    """`losses` on the whole rectangle (49, 73) from nine of its values; None where they are no parabola's."""
    u, v = np.linspace(-1, 1, len(x)), np.linspace(-1, 1, len(y))[:, None]
    probes = np.array(
        [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-0.9, 0.6], [-0.4, -0.8], [0.7, -0.3]]
    )
    middle, half = np.array([x[0] + x[-1], y[0] + y[-1]]) / 2, np.array([x[-1] - x[0], y[-1] - y[0]]) / 2
    found = losses(middle + half * probes)
    constant, right, left, up, down, corner = found[:6]
    a, c = (right + left) / 2 - constant, (up + down) / 2 - constant
    d, e = (right - left) / 2, (up - down) / 2
    b = corner - constant - a - c - d - e

    def value(u: Floats, v: Floats) -> Floats:
        return np.asarray(constant + d * u + e * v + a * u * u + b * u * v + c * v * v)

    same = np.allclose(value(*probes[6:].T), found[6:], rtol=1e-6, atol=1e-9 * np.abs(found).max())
    return value(u, v) if same else None


def _rectangle(path: Floats, solution: Floats | None) -> tuple[Floats, Floats]:
    """Values of both weights that enclose start, goal and that part of the path which stays near them."""
    there = path[np.isfinite(path).all(axis=1) & (np.abs(path) < 1e12).all(axis=1)]
    start = path[0]
    goal = there[-1] if solution is None else solution
    reach = np.abs(start - goal)
    if not reach.max() > 1e-9 * np.abs(goal).max():
        reach = np.full(2, 0.5 * np.abs(goal).max() or 1.0)
    same_scale = reach.max() <= ALIKE * reach.min() or reach.min() < 1e-3 * np.abs(goal).max()
    reach = np.full(2, reach.max()) if same_scale else reach
    near = there[(np.abs(there - goal) <= NEAR * reach).all(axis=1)]
    points = np.concatenate([near, [start, goal]])
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, (1 + 2 * MARGIN) * np.maximum(high - low, 0.5 * reach) / 2
    if same_scale:
        ratio = COLUMNS / ROWS
        half = np.array([max(half[0], half[1] * ratio), max(half[1], half[0] / ratio)])
    x, y = (
        np.linspace(middle[axis] - half[axis], middle[axis] + half[axis], count)
        for axis, count in enumerate((COLUMNS, ROWS))
    )
    return x, y
