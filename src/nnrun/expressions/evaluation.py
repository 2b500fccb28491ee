"""A tree and the values of its names -> the value of every node, on NumPy arrays or any that behave alike."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from nnrun.errors import ExpressionError
from nnrun.expressions.functions import CONSTANTS, FUNCTIONS
from nnrun.expressions.hints import unknown_name
from nnrun.expressions.nodes import (
    Binary,
    Call,
    Comparison,
    Logical,
    Name,
    Node,
    Not,
    Number,
    Text,
    Unary,
    postorder,
)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The kind of array to compute on; its arrays need Python's operators and a `shape`.

    Args:
        array: a number, a sequence of numbers or an array -> an array of floats. What it makes of a value
            may be the result of an evaluation, so it copies where the caller's own must stay untouched.
        functions: an implementation for each name in `FUNCTIONS`; `where` gets a condition of floats.
    """

    array: Callable[[Any], Any]
    functions: Mapping[str, Callable[..., Any]]


NUMPY = Arithmetic(
    array=functools.partial(np.array, dtype=np.float64),
    functions=MappingProxyType({name: function.compute for name, function in FUNCTIONS.items()}),
)

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "//": operator.floordiv,
        "%": operator.mod,
        "^": operator.pow,
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)


class BareWord(str):
    """A name that has no value: a text where it is compared with one, an error everywhere else."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One expression, computed once for given values.

    Args:
        text: the source, for errors.
        root: its tree.
        values: number, array, text or None (the text `null`) for each name.
        arithmetic: the kind of array.
    """

    text: str
    root: Node
    values: Mapping[str, Any]
    arithmetic: Arithmetic

    def steps(self) -> Iterator[tuple[Node, Any]]:
        """Every node with its value, operands before what is made of them.

        Raises:
            ExpressionError: an unknown name, a text where a number is needed, shapes that do not fit.
        """
        stack: list[Any] = []
        for node in postorder(self.root):
            split = len(stack) - len(node.operands)
            value = self._value(node, stack[split:])
            stack[split:] = [value]
            yield node, value

    def number(self, node: Node, value: Any) -> Any:
        """The value of `node` as an array of floats; ExpressionError where it is a text."""
        if isinstance(value, BareWord):
            raise self._unknown(node, value)
        if isinstance(value, str):
            raise self._error(f"a number is needed here, and '{value}' is a text", node)
        # NumPy refuses to subtract truth values and adds them as 'or'.
        return self.arithmetic.array(value) if isinstance(node, Comparison | Logical | Not) else value

    def _value(self, node: Node, operands: Sequence[Any]) -> Any:
        match node:
            case Number(value):
                return self.arithmetic.array(value)
            case Text(value):
                return value
            case Name(name):
                return self._named(node, name)
            case Comparison(operators):
                return self._compared(node, operators, operands)
        numbers = [self.number(*pair) for pair in zip(node.operands, operands, strict=True)]
        self._check_shapes(node, numbers)
        match node:
            case Unary(sign):
                return -numbers[0] if sign == "-" else numbers[0]
            case Binary(name):
                return _OPERATORS[name](*numbers)
            case Logical(name):
                left, right = (number != 0 for number in numbers)
                return left & right if name == "and" else left | right
            case Not():
                return numbers[0] == 0
            case Call(name):
                return self.arithmetic.functions[name](*numbers)

    def _named(self, node: Name, name: str) -> Any:
        if name in CONSTANTS:
            return self.arithmetic.array(CONSTANTS[name])
        if name not in self.values:
            return BareWord(name)
        value = self.values[name]
        if value is None or isinstance(value, str):
            return "null" if value is None else value
        try:
            return self.arithmetic.array(value)
        except (TypeError, ValueError, OverflowError):
            raise self._error(f"the value of '{name}' is not a number", node) from None

    def _compared(self, node: Comparison, operators: Sequence[str], values: Sequence[Any]) -> Any:
        sides = list(zip(node.operands, values, strict=True))
        pairs = zip(operators, sides, sides[1:], strict=False)
        return functools.reduce(operator.and_, (self._pair(node, *pair) for pair in pairs))

    def _pair(self, node: Comparison, name: str, left: tuple[Node, Any], right: tuple[Node, Any]) -> Any:
        texts = [value for _, value in (left, right) if isinstance(value, str)]
        bare = [side for side in (left, right) if isinstance(side[1], BareWord)]
        if bare and (name not in ("==", "!=") or len(texts) < 2 or len(bare) == 2):
            raise self._unknown(*bare[0])
        if len(texts) == 2:
            return np.bool_(_OPERATORS[name](*map(str, texts)))
        if not texts:
            numbers = [self.number(*left), self.number(*right)]
            self._check_shapes(node, numbers)
            return _OPERATORS[name](*numbers)
        if name not in ("==", "!="):
            raise self._error(f"'{name}' cannot compare the text '{texts[0]}' with a number", node)
        number = right[1] if isinstance(left[1], str) else left[1]
        return np.full(np.shape(number), name == "!=")

    def _check_shapes(self, node: Node, numbers: Sequence[Any]) -> None:
        shapes = [tuple(number.shape) for number in numbers]
        try:
            np.broadcast_shapes(*shapes)
        except ValueError:
            listed = " and ".join(map(str, dict.fromkeys(shapes)))
            raise self._error(f"shapes {listed} do not fit together", node) from None

    def _unknown(self, node: Node, name: str) -> ExpressionError:
        with_texts = any(isinstance(value, str) for value in self.values.values())
        return self._error(unknown_name(name, self.values, with_texts=with_texts), node)

    def _error(self, problem: str, node: Node) -> ExpressionError:
        return ExpressionError(problem, self.text, node.position)
