"""How far rounding alone may put finite differences off: the digits that large sums have no room for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnrun.calculus.differences import step_of
from nnrun.calculus.graph import Array, Graph
from nnrun.expressions import Binary, Call, Node, Unary

_ERRORS = 8.0
"""Roundings of the result, of either side of the difference, that may add up."""


def size_of_terms(graph: Graph) -> float:
    """The largest finite number that is added up to the result: `sum(x) - 1e9` has no more digits than 1e9."""
    values: dict[Node, Array] = {step.node: step.value for step in graph.steps}
    pending, largest, seen = [graph.out.node], 0.0, set[Node]()
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in values:
            finite = np.abs(values[node][np.isfinite(values[node])])
            largest = max(largest, float(finite.max(initial=0.0)))
        if isinstance(node, Unary) or (isinstance(node, Binary) and node.operator in "+-"):
            pending += node.operands
        elif isinstance(node, Call) and node.function in ("sum", "mean"):
            pending += node.operands
    return largest


def rounding(graph: Graph) -> Mapping[str, Array]:
    """The error of the finite differences by each element of each name: 8 eps size / h."""
    unit = _ERRORS * float(np.finfo(np.float64).eps) * size_of_terms(graph)
    return {
        name: np.reshape([unit / step_of(float(x)) for x in value.ravel()], value.shape)
        for name, value in graph.values.items()
    }
