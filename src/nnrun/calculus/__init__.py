"""Gradients of expressions, three ways: by the chain rule in symbols, by autograd, by finite differences."""

from __future__ import annotations

from nnrun.calculus.chain import Gradient, Link, backward
from nnrun.calculus.differences import finite_differences
from nnrun.calculus.domains import steep, undefined
from nnrun.calculus.graph import Graph, Step, trace
from nnrun.calculus.kinks import kinks
from nnrun.calculus.rules import FUNCTION_RULES, OPERATOR_RULES, Rule
from nnrun.words.notes import Note

__all__ = [
    "FUNCTION_RULES",
    "OPERATOR_RULES",
    "Gradient",
    "Graph",
    "Link",
    "Note",
    "Rule",
    "Step",
    "backward",
    "finite_differences",
    "kinks",
    "steep",
    "trace",
    "undefined",
]
