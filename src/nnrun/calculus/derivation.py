"""A computation with the gradient of its result, three ways, and what there is to say about it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from nnrun.calculus.chain import Gradient, backward
from nnrun.calculus.differences import finite_differences
from nnrun.calculus.domains import steep, undefined
from nnrun.calculus.graph import Array, Graph
from nnrun.calculus.kinks import kinks
from nnrun.calculus.numbers import brief, number
from nnrun.calculus.rounding import rounding, size_of_terms
from nnrun.calculus.slopes import without_product
from nnrun.expressions import format
from nnrun.words.notes import Note

WAYS = ("chain_rule", "autograd", "finite_differences")
_NOTED = 3
_DIFFERENT = 1e-4
"""Relative to the gradient, or to 1 where it is smaller; finite differences of small sums are far nearer."""


@dataclass(frozen=True, eq=False)
class Derivation:
    """A computation with the gradient of its result.

    Attributes:
        graph: the computation.
        gradients: by the chain rule, by each step and then by each variable.
        ways: way -> variable -> gradient.
        notes: what has no derivative, what is not finite, where the ways differ.
    """

    graph: Graph
    gradients: tuple[Gradient, ...]
    ways: Mapping[str, Mapping[str, Array]]
    notes: tuple[Note, ...]

    @property
    def variables(self) -> tuple[Gradient, ...]:
        """The gradients by the variables."""
        return tuple(gradient for gradient in self.gradients if gradient.label in self.graph.values)

    def difference(self, name: str) -> float:
        """The largest difference between two ways, where all are finite; NaN where they never are."""
        stacked = np.stack([self.ways[way][name] for way in WAYS])
        spread = _spread(stacked)[np.isfinite(stacked).all(axis=0)]
        return float(spread.max()) if spread.size else math.nan

    def left_out(self, name: str) -> list[int]:
        """Elements of a variable of which no difference can be taken, as one of the ways is not finite."""
        stacked = np.stack([self.ways[way][name].ravel() for way in WAYS])
        return np.flatnonzero(~np.isfinite(stacked).all(axis=0)).tolist()


def derived(graph: Graph) -> Derivation:
    """The gradient of `graph`, three ways; loads torch."""
    from nnrun.calculus.autograd import autograd

    gradients = backward(graph)
    by_rule = {gradient.label: gradient.value for gradient in gradients if gradient.label in graph.values}
    by_torch = autograd(graph.expression, graph.values)
    by_steps = finite_differences(graph.expression, graph.values)
    ways = dict(zip(WAYS, (by_rule, by_torch, by_steps), strict=True))
    notes = (
        *_not_finite(graph, gradients),
        *steep(graph, gradients),
        *without_product(graph, gradients),
        *kinks(graph, gradients),
        *_rounded(graph, ways),
        *_disagreements(graph, ways),
    )
    return Derivation(graph, gradients, ways, notes)


def _not_finite(graph: Graph, gradients: tuple[Gradient, ...]) -> Iterator[Note]:
    """The steps that have no value, and those where numbers that are not finite first appear."""
    outside = undefined(graph, gradients)
    for step in graph.steps:
        used = [graph.labelled.get(format(operand)) for operand in step.formula.operands]
        if step.label in outside:
            yield outside[step.label]
        elif not np.isfinite(step.value).all() and all(v is None or np.isfinite(v).all() for v in used):
            yield Note("grad.not_finite", {"step": step.equation, "value": brief(step.value)})


def _rounded(graph: Graph, ways: Mapping[str, Mapping[str, Array]]) -> Iterator[Note]:
    """The names whose finite differences are so far from the gradient that only rounding excuses it."""
    for name, limit in rounding(graph).items():
        by_rule, by_steps = (ways[way][name].ravel() for way in ("chain_rule", "finite_differences"))
        finite = np.isfinite(by_rule) & np.isfinite(by_steps)
        apart = np.abs(by_steps[finite] - by_rule[finite])
        excused = (apart > _tolerance(by_rule[finite])) & (apart <= limit.ravel()[finite])
        if excused.any():
            size, most = number(size_of_terms(graph)), f"{limit.ravel()[finite][excused].max():.1g}"
            yield Note("grad.rounding", {"place": name, "size": size, "limit": most})


def _tolerance(gradient: Array) -> Array:
    return np.asarray(_DIFFERENT * np.maximum(1.0, np.abs(gradient)))


def _disagreements(graph: Graph, ways: Mapping[str, Mapping[str, Array]]) -> Iterator[Note]:
    """What each way gives where they differ, or where the gradient is not finite."""
    limits = rounding(graph)
    for name, value in graph.values.items():
        stacked = np.stack([ways[way][name] for way in WAYS]).reshape(len(WAYS), -1)
        finite = np.isfinite(stacked).all(axis=0)
        tolerance = _tolerance(np.min(np.abs(stacked), axis=0))
        allowed = np.maximum(tolerance, limits[name].ravel())
        differ = (_spread(stacked) > allowed) | (_spread(stacked[:2]) > tolerance)
        noted = np.flatnonzero(~finite | differ)
        for index in noted[:_NOTED]:
            each = {way: number(row[index]) for way, row in zip(WAYS, stacked, strict=True)}
            place = f"{name}[{index}]" if value.ndim else name
            yield Note("grad.differ" if finite[index] else "grad.not_all_finite", {"place": place, **each})
        if noted.size > _NOTED:
            yield Note("grad.differ.more", {"count": int(noted.size) - _NOTED, "name": name})


def _spread(stacked: Array) -> Array:
    """Largest less smallest of the finite numbers along the first axis; 0 where there are none."""
    finite = np.isfinite(stacked)
    largest = np.where(finite, stacked, -np.inf).max(axis=0)
    smallest = np.where(finite, stacked, np.inf).min(axis=0)
    some = finite.any(axis=0)
    return np.asarray(np.where(some, largest, 0.0) - np.where(some, smallest, 0.0))
