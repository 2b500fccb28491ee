"""The tree of an expression: what each node holds, and how strongly its operator binds.

Two trees are equal where they say the same; `position`, the index in the source where a node is marked in
an error (for an operator, the operator itself), does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

NOT_STRENGTH = 3
SIGN_STRENGTH = 7
ATOM_STRENGTH = 9

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

STRENGTH: Mapping[str, int] = MappingProxyType(
    {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "^": 8}
    | dict.fromkeys(COMPARISONS, 4)
)
"""How strongly each infix operator binds; `not` stands below the comparisons, a sign below the power."""


@dataclass(frozen=True, slots=True)
class Number:
    """A finite float64."""

    value: float
    position: int = field(default=0, compare=False)

    @property
    def operands(self) -> tuple[Node, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Text:
    """What stood between quotes."""

    value: str
    position: int = field(default=0, compare=False)

    @property
    def operands(self) -> tuple[Node, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Name:
    """A constant, a value given at evaluation (`x`, `optim.lr`), or a bare word compared with a text."""

    name: str
    position: int = field(default=0, compare=False)

    @property
    def operands(self) -> tuple[Node, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign, `-` or `+`, before a number."""

    operator: str
    operand: Node
    position: int = field(default=0, compare=False)

    @property
    def operands(self) -> tuple[Node, ...]:
        """What the sign applies to."""
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Binary:
    """One of `+ - * / // % ^` between two numbers; `**` is read as `^`."""

    operator: str
    left: Node
    right: Node
    position: int = field(default=0, compare=False)

    @property
    def operands(self) -> tuple[Node, ...]:
        """Left, right."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A chain like `a < b <= c`: n operators between n + 1 operands, true where each neighbouring pair is."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Logical:
    """`and` or `or`; both sides are always computed."""

    operator: str
    left: Node
    right: Node
    position: int = field(default=0, compare=False)

    @property
    def operands(self) -> tuple[Node, ...]:
        """Left, right."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Not:
    """True where its operand is 0."""

    operand: Node
    position: int = field(default=0, compare=False)

    @property
    def operands(self) -> tuple[Node, ...]:
        """What is denied."""
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table, applied."""

    function: str
    arguments: tuple[Node, ...]
    position: int = field(default=0, compare=False)

    @property
    def operands(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments


Node: TypeAlias = Number | Text | Name | Unary | Binary | Comparison | Logical | Not | Call


def postorder(root: Node) -> tuple[Node, ...]:
    """All nodes, each after its operands, left to right.

    A walk in this order needs a stack of values but no recursion, so a long sum cannot exhaust Python's.
    """
    order: list[Node] = []
    pending = [root]
    while pending:
        node = pending.pop()
        order.append(node)
        pending.extend(node.operands)
    return tuple(reversed(order))
