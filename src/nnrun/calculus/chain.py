"""The chain rule: from the result back to the variables, as formulas and as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnrun.calculus.algebra import ONE, ZERO, product, summed, total
from nnrun.calculus.graph import Array, Graph, Step
from nnrun.calculus.rules import (
    FUNCTION_RULES,
    OPERATOR_RULES,
    POWER_OF_ZERO,
    SIGN_RULES,
    Rule,
    parameters,
    partial,
)
from nnrun.expressions import Binary, Call, Expression, Name, Node, Unary, format, postorder

MAX_NODES = 500
"""Formulas that would be larger are not written out; an expression has no more either."""


@dataclass(frozen=True, eq=False)
class Link:
    """One way from an operand to the result: d out/d operand = d out/d parent * d parent/d operand + ...

    Attributes:
        parent: label of the step that uses the operand.
        local: d parent/d operand, a formula of labels.
        is_summed: whether the parent has a vector made of this one number, so that its elements add up.
    """

    parent: str
    local: Node
    is_summed: bool


@dataclass(frozen=True, eq=False)
class Gradient:
    """d out/d something, by the chain rule.

    Attributes:
        label: of a step, or a variable.
        links: one for each use.
        formula: of the variables alone, simplified; None where it is too large to be written out.
        value: in the shape of what the derivative is taken by.
    """

    label: str
    links: tuple[Link, ...]
    formula: Node | None
    value: Array

    @property
    def text(self) -> str | None:
        """The formula's source."""
        return None if self.formula is None else format(self.formula)


def rule_of(node: Node) -> Rule:
    """The row of the tables for an operation."""
    match node:
        case Call(name):
            return FUNCTION_RULES[name]
        case Unary(sign):
            return SIGN_RULES[sign]
        case Binary(sign):
            return OPERATOR_RULES[sign]
    raise TypeError(f"no derivative of {node}")


def backward(graph: Graph) -> tuple[Gradient, ...]:
    """The derivative of the result, which must be one number, by each step that it goes through, last step
    first, and then by each variable."""
    return _Backward(graph).gradients()


class _Backward:
    """Collects, step by step from the result, what reaches each operand."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.labelled = graph, graph.labelled
        self.values: dict[Node, Array] = {step.node: step.value for step in graph.steps}
        self.values |= {Name(name): value for name, value in graph.values.items()}
        self.links: dict[Node, list[Link]] = {}
        self.parts: dict[Node, list[Node | None]] = {graph.out.node: [ONE]}
        self.sums: dict[Node, Array] = {graph.out.node: np.ones(graph.out.value.shape)}
        self.cut: dict[Node, Array] = {}

    def gradients(self) -> tuple[Gradient, ...]:
        found = []
        for step in reversed(self.graph.steps):
            if step.varies and step.node in self.parts and not isinstance(step.node, Name):
                gradient = self.gradient(step.label, step.node)
                self.propagate(step, gradient)
                found.append(gradient)
        variables = [self.variable(name) for name in self.graph.values]
        return (*found[1:], *variables) if found else tuple(variables)

    def variable(self, name: str) -> Gradient:
        """The formula's own value where there is a formula."""
        gradient = self.gradient(name, Name(name))
        if gradient.formula is None:
            return gradient
        value = Expression(name, gradient.formula).evaluate(self.graph.values)
        value = np.broadcast_to(value, gradient.value.shape)
        return Gradient(name, gradient.links, gradient.formula, value)

    def gradient(self, label: str, node: Node) -> Gradient:
        parts = self.parts.get(node, [])
        known = [part for part in parts if part is not None]
        formula = _bounded(total(known)) if len(known) == len(parts) else None
        value = self.sums.get(node, np.zeros(self.values[node].shape))
        return Gradient(label, tuple(self.links.get(node, ())), formula, value)

    def propagate(self, step: Step, gradient: Gradient) -> None:
        """Add what reaches the operands of `step`."""
        rules = self.rules(step.node)
        operands = step.node.operands
        names, count = parameters(step.node), int(np.size(self.values.get(operands[0], 0.0)))
        for position, operand in enumerate(operands):
            if operand not in self.values or not self.varies(operand):
                continue
            local = partial(rules, position, names, step.formula.operands, count)
            if local == ZERO:
                continue
            is_summed = self.values[operand].size < step.value.size
            self.links.setdefault(operand, []).insert(0, Link(step.label, local, is_summed))
            full = None
            if gradient.formula is not None:
                inner = partial(rules, position, names, operands, count)
                full = self.joined(gradient.formula, inner, step.value.size if is_summed else 1)
            self.parts.setdefault(operand, []).insert(0, full)
            self.add(step, gradient.value, operand, local)

    def rules(self, node: Node) -> Rule:
        if isinstance(node, Binary) and node.operator == "^" and self.is_zero_somewhere(node.left):
            varying = POWER_OF_ZERO.partials if self.varies(node.right) else OPERATOR_RULES["^"].partials
            return Rule((varying[0], POWER_OF_ZERO.partials[1]))
        return rule_of(node)

    def is_zero_somewhere(self, node: Node) -> bool:
        value = self.values[node] if node in self.values else Expression("", node).evaluate({})
        return bool(np.any(value == 0))

    def joined(self, outer: Node, local: Node, count: int) -> Node | None:
        joined = _bounded(product(local, outer))
        if joined is None or count == 1:
            return joined
        return _bounded(summed(joined, count, self.is_wide))

    def add(self, step: Step, outer: Array, operand: Node, local: Node) -> None:
        """Add the numbers; behind a branch that was not taken, 0, even where the derivative is infinite."""
        with np.errstate(all="ignore"):
            factor = np.asarray(Expression("", local).evaluate(self.labelled))
            cut = np.asarray(self.cut.get(step.node, False))
            if isinstance(local, Call) and local.function == "where":
                cut = cut | (factor == 0)
            part = np.where(cut, 0.0, outer * factor)
            shape = self.values[operand].shape
            if self.values[operand].size < step.value.size:
                whole = np.broadcast_to(part, step.value.shape)
                part, cut = np.sum(whole).reshape(shape), np.asarray(np.all(cut)).reshape(shape)
            part, cut = np.broadcast_to(part, shape), np.broadcast_to(cut, shape)
            self.sums[operand] = self.sums.get(operand, np.zeros(shape)) + part
        self.cut[operand] = self.cut.get(operand, np.ones(shape, dtype=bool)) & cut

    def varies(self, node: Node) -> bool:
        return any(isinstance(part, Name) and part.name in self.graph.values for part in postorder(node))

    def is_wide(self, node: Node) -> bool:
        """Whether it has more than one element."""
        if isinstance(node, Call) and node.function in ("sum", "mean"):
            return False
        if isinstance(node, Name):
            return node.name in self.graph.values and self.graph.values[node.name].size > 1
        return any(self.is_wide(operand) for operand in node.operands)


def _bounded(node: Node) -> Node | None:
    return node if len(postorder(node)) <= MAX_NODES else None


def link_texts(links: Sequence[Link], out: str) -> str:
    """The right side of the chain rule: `d out/d y2 * 3`, over all uses."""
    texts = []
    for link in links:
        local = format(link.local)
        enclosed = local.startswith("-") or (isinstance(link.local, Binary) and link.local.operator in "+-")
        outer = f"d {out}/d {link.parent}"
        if link.parent == out:
            text = local
        elif link.local == ONE:
            text = outer
        else:
            text = f"{outer} * {f'({local})' if enclosed else local}"
        texts.append(f"sum({text})" if link.is_summed else text)
    return " + ".join(texts)
