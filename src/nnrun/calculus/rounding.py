"""How far rounding alone may put finite differences off: the digits that large sums have no room for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnrun.calculus.differences import step_of
from nnrun.calculus.graph import Array, Graph
from nnrun.expressions import Binary, Call, Name, Node, Unary

_ERRORS = 8.0
"""Roundings of the result, of either side of the difference, that may add up."""


def size_of_terms(graph: Graph) -> float:
    """The largest finite number added up to the result: `sum(x) - 1e9` is rounded as 1e9 is."""
    values: dict[Node, Array] = {step.node: step.value for step in graph.steps}
    values |= {Name(name): value for name, value in graph.values.items()}
    pending, largest, seen = [graph.out.node], 0.0, set[Node]()
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in values:
            finite = np.abs(values[node][np.isfinite(values[node])])
            largest = max(largest, float(finite.max(initial=0.0)))
        if _adds_up(node):
            pending += node.operands
    return largest


def _adds_up(node: Node) -> bool:
    match node:
        case Unary() | Binary("+" | "-") | Call("sum" | "mean"):
            return True
    return False


def rounding(graph: Graph) -> Mapping[str, Array]:
    """The error of the finite differences by each element of each name: 8 eps size / h."""
    unit = _ERRORS * float(np.finfo(np.float64).eps) * size_of_terms(graph)
    return {
        name: np.reshape([unit / step_of(float(x)) for x in value.ravel()], value.shape)
        for name, value in graph.values.items()
    }
