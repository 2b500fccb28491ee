"""Where the computed values have no derivative, and what is used there: PyTorch's conventions, said aloud."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nnrun.calculus.chain import Gradient, rule_of
from nnrun.calculus.graph import Array, Graph, Step, is_literal
from nnrun.calculus.places import called, holds, name_of, operands, place, values
from nnrun.calculus.rules import FORMULA
from nnrun.calculus.slopes import given, joined
from nnrun.expressions import Call, Comparison, Expression, Name, format, postorder
from nnrun.words.notes import Note


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
            notes += _choice(graph, step) if _is_where(step) else _kink(graph, step, gradients)
    return tuple(notes)


def _is_where(step: Step) -> bool:
    return isinstance(step.node, Call) and step.node.function == "where"


def _kink(graph: Graph, step: Step, gradients: tuple[Gradient, ...]) -> list[Note]:
    rule, notes = rule_of(step.node), []
    named: dict[str, str | int | Note] = {"step": step.equation, "name": name_of(step.node)}
    if rule.kink is not None and not _is_smooth_here(graph, step):
        mask = holds(rule.kink, values(graph, step))
        if mask.any():
            named["place"] = _place(graph, step, mask)
            if rule.used == FORMULA:
                notes.append(given(Note("grad.steep", named), graph, step, mask, gradients))
            else:
                notes.append(Note("grad.kink", named | {"used": Note(f"grad.used.{rule.used}", {})}))
    if rule.is_flat:
        notes.append(Note("grad.flat", {"step": step.equation, "name": named["name"]}))
    return notes


def _is_smooth_here(graph: Graph, step: Step) -> bool:
    """`max(x, x)` is x, and `x^0` is 1 at 0 too: only a varying exponent jumps there."""
    name = called(step.node)
    if name == "^":
        exponent = postorder(step.node.operands[1])
        return not any(isinstance(node, Name) and node.name in graph.values for node in exponent)
    return name in ("min", "max") and len(set(step.node.operands)) == 1


def _place(graph: Graph, step: Step, mask: Array) -> str | Note:
    """All operands that the kink is a matter of, each once; bounds and other numbers are known."""
    numbers = values(graph, step)
    nodes = {format(node): name for name, node in operands(step).items() if not is_literal(node)}
    about = list(nodes.items()) if rule_of(step.node).used == FORMULA else list(nodes.items())[:1]
    return joined([place(text, numbers[name], mask) for text, name in about])


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
