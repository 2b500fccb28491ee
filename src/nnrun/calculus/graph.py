"""An expression and the values of its names -> the steps of its computation, each named, with its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.errors import ExpressionError
from nnrun.expressions import (
    Binary,
    Call,
    Comparison,
    Expression,
    Logical,
    Name,
    Node,
    Not,
    Number,
    Text,
    Unary,
    format,
    postorder,
)

Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Step:
    """One operation, done.

    Attributes:
        label: `y1`, `y2`, ...; the last one is `out`.
        node: the operation, its operands in full.
        formula: the operation on labels, names and numbers.
        value: float64, or bool of a condition; a number or one vector.
        varies: whether it depends on a name that has a value.
    """

    label: str
    node: Node
    formula: Node
    value: Array
    varies: bool

    @property
    def text(self) -> str:
        """The operation as `mean(y3)`."""
        return format(self.formula)

    @property
    def equation(self) -> str:
        """The operation with its label: `out = mean(y3)`."""
        return f"{self.label} = {self.text}"


@dataclass(frozen=True, eq=False)
class Graph:
    """A computation, done: equal operations on equal operands are one step.

    Attributes:
        expression: what was computed; `min` and `max` of more than two are nested ones of two.
        values: number or vector of each name.
        steps: operands before what is made of them.
    """

    expression: Expression
    values: Mapping[str, Array]
    steps: tuple[Step, ...]

    @property
    def out(self) -> Step:
        """The result."""
        return self.steps[-1]

    @property
    def labelled(self) -> dict[str, Array]:
        """The values of all names and steps."""
        return dict(self.values) | {step.label: step.value for step in self.steps}


def is_literal(node: Node) -> bool:
    """Whether it is a number with its sign, which is no step."""
    return isinstance(node, Number) or (isinstance(node, Unary) and is_literal(node.operand))


def trace(expression: Expression, values: Mapping[str, Array]) -> Graph:
    """Compute, step by step.

    Args:
        expression: with nothing but numbers in it.
        values: number or vector for each of its names.

    Raises:
        ExpressionError: a name without value; what has no gradient: a text, `//`,
            a condition that is not one of `where`; shapes that do not fit.
    """
    expression.requires(values)
    expression = Expression(expression.text, _in_pairs(expression.root))
    computed: dict[Node, Array] = {}
    for node, value in expression.steps(values):
        if isinstance(node, Text):
            raise ExpressionError("a text has no gradient", expression.text, node.position)
        computed.setdefault(node, np.asarray(value))
    varying = {node for node in computed if any(name.name in values for name in _names(node))}
    _refuse(expression, varying)
    labels = _labels(expression, list(computed), values)
    steps = tuple(
        Step(label, node, _named(node, labels), computed[node], node in varying)
        for node, label in labels.items()
    )
    return Graph(expression, dict(values), steps)


def _in_pairs(root: Node) -> Node:
    """The tree with `max(a, b, c)` as `max(max(a, b), c)`, and `min` likewise."""
    built: list[Node] = []
    for node in postorder(root):
        split = len(built) - len(node.operands)
        built[split:] = [_paired(node, tuple(built[split:]))]
    return built[0]


def _paired(node: Node, operands: tuple[Node, ...]) -> Node:
    match node:
        case Call("min" | "max" as name):
            nested = operands[0]
            for operand in operands[1:]:
                nested = Call(name, (nested, operand), node.position)
            return nested
        case _:
            return with_operands(node, operands)


def with_operands(node: Node, operands: tuple[Node, ...]) -> Node:
    """The same operation on other operands."""
    match node:
        case Unary(sign):
            return Unary(sign, operands[0], node.position)
        case Binary(sign):
            return Binary(sign, operands[0], operands[1], node.position)
        case Comparison(signs):
            return Comparison(signs, operands, node.position)
        case Logical(word):
            return Logical(word, operands[0], operands[1], node.position)
        case Not():
            return Not(operands[0], node.position)
        case Call(name):
            return Call(name, operands, node.position)
    return node


def _names(node: Node) -> list[Name]:
    return [part for part in postorder(node) if isinstance(part, Name)]


def _refuse(expression: Expression, varying: set[Node]) -> None:
    """Raise where something that varies has no gradient; nobody asks for one behind a condition."""
    pending = [expression.root]
    while pending:
        node = pending.pop()
        problem = _problem(node) if node in varying else None
        if problem is not None:
            raise ExpressionError(problem, expression.text, node.position)
        is_choice = isinstance(node, Call) and node.function == "where"
        pending.extend(node.operands[1:] if is_choice else node.operands)


def _problem(node: Node) -> str | None:
    match node:
        case Comparison() | Logical() | Not():
            return "a condition has no gradient; use it as where(condition, a, b)"
        case Binary("//"):
            return "'//' has no gradient; write floor(a/b), whose derivative counts as 0"
    return None


def _labels(expression: Expression, nodes: list[Node], values: Mapping[str, Array]) -> dict[Node, str]:
    """A name for each operation that no variable has."""
    letter = next(
        letter
        for letter in ("y", "z", "v", "step")
        if not any(re.fullmatch(rf"{letter}\d+", n) for n in values)
    )
    root = expression.root
    steps = [node for node in nodes if not isinstance(node, Name) and not is_literal(node) and node != root]
    labels = {node: f"{letter}{number}" for number, node in enumerate(steps, start=1)}
    return labels | {root: "out" if "out" not in values else "result"}


def _named(node: Node, labels: Mapping[Node, str]) -> Node:
    operands = (Name(labels[part]) if part in labels else part for part in node.operands)
    return with_operands(node, tuple(operands))
