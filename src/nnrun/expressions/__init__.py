"""The safe expression language: formulas of datasets, filters of runs, and what `nnrun grad` differentiates.

A text is read by a parser of its own and computed on arrays; nothing in it can reach Python.
"""

from __future__ import annotations

from nnrun.expressions.evaluation import NUMPY, Arithmetic
from nnrun.expressions.expression import Expression, parse
from nnrun.expressions.formatting import format
from nnrun.expressions.functions import CONSTANTS, FUNCTIONS, Function
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

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "NUMPY",
    "Arithmetic",
    "Binary",
    "Call",
    "Comparison",
    "Expression",
    "Function",
    "Logical",
    "Name",
    "Node",
    "Not",
    "Number",
    "Text",
    "Unary",
    "format",
    "parse",
    "postorder",
]
