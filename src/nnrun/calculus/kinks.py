"""Where the computed values have no derivative, and what is used there: PyTorch's conventions, said aloud."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from nnrun.calculus.chain import Gradient, rule_of
from nnrun.calculus.graph import Array, Graph, Step
from nnrun.calculus.rules import parameters
from nnrun.expressions import Call, Comparison, Expression, Name, format, parse, postorder

_SHOWN = 3


def kinks(graph: Graph, gradients: tuple[Gradient, ...]) -> tuple[str, ...]:
    """One sentence per step that has no derivative at its values, or whose derivative is 0 everywhere.

    Args:
        graph: the computation.
        gradients: `backward` of it; steps that the gradient does not go through are left out.
    """
    reached = {gradient.label for gradient in gradients} | {graph.out.label}
    notes: list[str] = []
    for step in graph.steps:
        if step.varies and step.label in reached and not isinstance(step.node, Name):
            notes += _choice(graph, step) if _is_where(step) else _kink(graph, step)
    return tuple(notes)


def _is_where(step: Step) -> bool:
    return isinstance(step.node, Call) and step.node.function == "where"


def _kink(graph: Graph, step: Step) -> list[str]:
    rule = rule_of(step.node)
    operands = dict(zip(parameters(step.node), step.formula.operands, strict=True))
    name = getattr(step.node, "function", None) or getattr(step.node, "operator", "")
    notes = []
    is_tie_of_one = name in ("min", "max") and len(set(step.node.operands)) == 1
    if rule.kink is not None and not is_tie_of_one:
        values = {key: Expression("", node).evaluate(graph.labelled) for key, node in operands.items()}
        mask = np.asarray(parse(rule.kink).evaluate(values))
        if mask.any():
            place = _place(format(next(iter(operands.values()))), next(iter(values.values())), mask)
            notes.append(f"{step.label} = {step.text}: {name} has no derivative at {place}; {rule.used}")
    if rule.is_flat:
        notes.append(f"{step.label} = {step.text}: {name} is flat between its jumps, so its derivative is 0")
    return notes


def _choice(graph: Graph, step: Step) -> list[str]:
    """`where` has no derivative at the border, unless its branches happen to meet there."""
    (condition, *_), notes = step.node.operands, []
    for part in postorder(condition):
        if not isinstance(part, Comparison):
            continue
        for left, right in pairwise(part.operands):
            sides = [Expression("", side).evaluate(graph.values) for side in (left, right)]
            mask = np.asarray(sides[0] == sides[1])
            varies = any(isinstance(node, Name) and node.name in graph.values for node in postorder(part))
            if varies and mask.any():
                place = _place(format(left), sides[0], mask)
                notes.append(
                    f"{step.label} = {step.text}: where changes sides at {place}; the side taken is used"
                )
    return notes


def _place(text: str, value: Any, mask: Array) -> str:
    """`x[0], x[2] = 0`: the elements, counted from 0, and their value if it is one; `x = 0` of a number."""
    values = np.broadcast_to(value, np.broadcast_shapes(np.shape(value), mask.shape))
    here = np.unique(values[np.broadcast_to(mask, values.shape)])
    at = f" = {here[0]:g}" if here.size == 1 else ""
    name = text if text.isidentifier() else f"({text})"
    if np.ndim(value) == 0:
        return f"{name}{at}"
    places = np.flatnonzero(np.broadcast_to(mask, values.shape))
    listed = ", ".join(f"{name}[{index}]" for index in places[:_SHOWN])
    return f"{listed}{f' and {places.size - _SHOWN} more' if places.size > _SHOWN else ''}{at}"
