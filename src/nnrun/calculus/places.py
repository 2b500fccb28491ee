"""Where something happens to the elements of an operand, as a person would point at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnrun.calculus.graph import Array, Graph, Step
from nnrun.calculus.rules import parameters
from nnrun.expressions import Call, Expression, Node, parse
from nnrun.words.notes import Note

_SHOWN = 3


def called(node: Node) -> str:
    """The function's name, or the operator's sign."""
    return node.function if isinstance(node, Call) else str(getattr(node, "operator", ""))


def name_of(node: Node) -> Note:
    """What people call it: a function by its name, an operator in words."""
    if isinstance(node, Call):
        return Note("grad.name.function", {"function": node.function})
    return Note(f"grad.name.{called(node)}", {})


def operands(step: Step) -> Mapping[str, Node]:
    """What stands for each of the rule's parameters, in labels and names."""
    return dict(zip(parameters(step.node), step.formula.operands, strict=True))


def values(graph: Graph, step: Step) -> dict[str, Any]:
    """The number or vector of each of the rule's parameters."""
    return {name: Expression("", node).evaluate(graph.labelled) for name, node in operands(step).items()}


def holds(condition: str | None, given: Mapping[str, Any]) -> Array:
    """Where `condition` is true of the parameters' values; nowhere if there is no condition."""
    return np.asarray(False if condition is None else parse(condition).evaluate(given))


def place(text: str, value: Any, mask: Array) -> str | Note:
    """`x[0], x[2] = 0`: the elements, counted from 0, and their value if it is one; `x = 0` of a number."""
    elements = np.broadcast_to(value, np.broadcast_shapes(np.shape(value), mask.shape))
    here = np.unique(elements[np.broadcast_to(mask, elements.shape)])
    at = f" = {here[0]:g}" if here.size == 1 else ""
    name = text if text.isidentifier() else f"({text})"
    if np.ndim(value) == 0:
        return f"{name}{at}"
    found = np.flatnonzero(np.broadcast_to(mask, elements.shape))
    listed = ", ".join(f"{name}[{index}]" for index in found[:_SHOWN])
    if found.size <= _SHOWN:
        return f"{listed}{at}"
    return Note("grad.place.more", {"listed": listed, "count": found.size - _SHOWN, "at": at})
