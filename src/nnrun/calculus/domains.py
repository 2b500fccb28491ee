"""Where the computed values lie outside a function's domain, or where its slope is infinite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnrun.calculus.chain import Gradient, rule_of
from nnrun.calculus.graph import Array, Graph, Step, is_literal
from nnrun.calculus.places import holds, name_of, operands, place, values
from nnrun.calculus.rules import OPERATOR_RULES
from nnrun.calculus.slopes import given
from nnrun.expressions import Binary, Call, Expression, format
from nnrun.words.notes import Note


def undefined(graph: Graph, gradients: tuple[Gradient, ...] = ()) -> dict[str, Note]:
    """A note for each step, by its label, that has no value somewhere: `log(-1)`, `1/0`.

    Args:
        graph: the computation.
        gradients: `backward` of it, to say what it gives there.
    """
    found = {}
    for step in graph.steps:
        rule = rule_of(step.node) if _has_domain(step) else None
        if rule is None or rule.undefined is None:
            continue
        mask = holds(rule.undefined, values(graph, step))
        if mask.any():
            found[step.label] = given(
                _note("grad.undefined", graph, step, mask), graph, step, mask, gradients
            )
    return found


def steep(graph: Graph, gradients: tuple[Gradient, ...]) -> Iterator[Note]:
    """A note for each step that has no finite derivative where the gradient needs one: `sqrt(x)` at 0.

    Args:
        graph: the computation.
        gradients: `backward` of it.
    """
    steps = {step.label: step for step in graph.steps if _has_domain(step)}
    for gradient in gradients:
        for link in () if np.isfinite(gradient.value).all() else gradient.links:
            if link.parent not in steps:
                continue
            step = steps[link.parent]
            with np.errstate(all="ignore"):
                slope = np.asarray(Expression("", link.local).evaluate(graph.labelled))
            mask = holds(rule_of(step.node).steep, values(graph, step)) & ~np.isfinite(slope)
            if mask.any():
                yield given(_note("grad.steep", graph, step, mask), graph, step, mask, [gradient])


def _has_domain(step: Step) -> bool:
    return isinstance(step.node, Call) or (
        isinstance(step.node, Binary) and step.node.operator in OPERATOR_RULES
    )


def _note(key: str, graph: Graph, step: Step, mask: Array) -> Note:
    """With the place by the first operand that the rule names and that is no number."""
    nodes, numbers = operands(step), values(graph, step)
    about = [key for key in rule_of(step.node).about or tuple(nodes) if not is_literal(nodes[key])]
    fields: dict[str, str | int | Note] = {"step": step.equation, "name": name_of(step.node)}
    if not about:
        return Note(f"{key}.here", fields)
    return Note(key, fields | {"place": place(format(nodes[about[0]]), numbers[about[0]], mask)})
