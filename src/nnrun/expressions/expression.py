"""An expression, parsed once and evaluated as often as needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnrun.errors import ExpressionError
from nnrun.expressions.evaluation import NUMPY, Arithmetic, Evaluation
from nnrun.expressions.functions import CONSTANTS
from nnrun.expressions.hints import unknown_name
from nnrun.expressions.nodes import Name, Node, postorder
from nnrun.expressions.parser import parse_tree


@dataclass(frozen=True)
class Expression:
    """A formula such as `sin(3*x) + 0.1*x` or a condition such as `optim.lr > 0.1 and status == completed`.

    Args:
        text: the source.
        root: its tree.
    """

    text: str
    root: Node

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are not constants, in order of appearance, each once; bare words are among them."""
        return tuple(dict.fromkeys(node.name for node in self._free()))

    def requires(self, allowed: Collection[str]) -> None:
        """Check that no name is used but the `allowed` and the constants.

        Raises:
            ExpressionError: another name is, with the nearest allowed one.
        """
        for node in self._free():
            if node.name not in allowed:
                raise ExpressionError(unknown_name(node.name, allowed), self.text, node.position)

    def evaluate(self, values: Mapping[str, Any], arithmetic: Arithmetic = NUMPY) -> Any:
        """The value of the expression: float64, or bool for a condition; an array, or a scalar.

        Shapes broadcast as in NumPy, so an expression that names no array gives a scalar. Numbers that are
        not finite are results like others. The result never shares memory with NumPy arrays in `values`.

        Args:
            values: number, array, text or None (read as the text `null`) for each name. A name without
                value is taken as a text where `==` or `!=` compares it with one.
            arithmetic: the kind of array to compute on.

        Raises:
            ExpressionError: an unknown name, a text where a number is needed, shapes that do not fit.
        """
        evaluation = Evaluation(self.text, self.root, values, arithmetic)
        with np.errstate(all="ignore"):
            node, value = deque(evaluation.steps(), maxlen=1).pop()
        if isinstance(value, str):
            evaluation.number(node, value)
        return value[()]

    def steps(
        self, values: Mapping[str, Any], arithmetic: Arithmetic = NUMPY
    ) -> tuple[tuple[Node, Any], ...]:
        """Every node with its value, operands before what is made of them: the last one is the whole.

        Arguments and errors are those of `evaluate`.
        """
        with np.errstate(all="ignore"):
            return tuple(Evaluation(self.text, self.root, values, arithmetic).steps())

    def _free(self) -> list[Name]:
        nodes = postorder(self.root)
        return [node for node in nodes if isinstance(node, Name) and node.name not in CONSTANTS]


def parse(text: str) -> Expression:
    """Read an expression; `docs/expressions.md` is the language.

    Raises:
        ExpressionError: the text is empty, not an expression, longer than 1000 characters, nested deeper
            than 50, or of more than 500 nodes.
    """
    return Expression(text, parse_tree(text))
