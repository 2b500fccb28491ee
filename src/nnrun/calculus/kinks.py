"""Where the computed values have no derivative, and what is used there: PyTorch's conventions, said aloud."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nnrun.calculus.chain import Gradient, rule_of
from nnrun.calculus.graph import Graph, Step
from nnrun.calculus.notes import Note
from nnrun.calculus.places import called, holds, operands, place, values
from nnrun.expressions import Call, Comparison, Expression, Name, format, postorder


def kinks(graph: Graph, gradients: tuple[Gradient, ...]) -> tuple[Note, ...]:
    """One note per step that has no derivative at its values, or whose derivative is 0 everywhere.

    Args:
        graph: the computation.
        gradients: `backward` of it; steps that the gradient does not go through are left out.
    """
    reached = {gradient.label for gradient in gradients} | {graph.out.label}
    notes: list[Note] = []
    for step in graph.steps:
        if step.varies and step.label in reached and not isinstance(step.node, Name):
            notes += _choice(graph, step) if _is_where(step) else _kink(graph, step)
    return tuple(notes)


def _is_where(step: Step) -> bool:
    return isinstance(step.node, Call) and step.node.function == "where"


def _kink(graph: Graph, step: Step) -> list[Note]:
    rule, name = rule_of(step.node), called(step.node)
    notes = []
    is_tie_of_one = name in ("min", "max") and len(set(step.node.operands)) == 1
    if rule.kink is not None and not is_tie_of_one:
        given = values(graph, step)
        mask = holds(rule.kink, given)
        if mask.any():
            first, node = next(iter(operands(step).items()))
            where = place(format(node), given[first], mask)
            used = Note(f"grad.used.{rule.used}", {})
            notes.append(
                Note("grad.kink", {"step": step.equation, "name": name, "place": where, "used": used})
            )
    if rule.is_flat:
        notes.append(Note("grad.flat", {"step": step.equation, "name": name}))
    return notes


def _choice(graph: Graph, step: Step) -> list[Note]:
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
                where = place(format(left), sides[0], mask)
                notes.append(Note("grad.border", {"step": step.equation, "place": where}))
    return notes
