"""The derivatives of all functions and operators, as formulas in the expression language: the one table."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from nnrun.calculus.algebra import rebuilt
from nnrun.expressions import FUNCTIONS, Call, Node, Number, parse


@dataclass(frozen=True, slots=True)
class Rule:
    """How the value of a function changes with each of its arguments.

    Args:
        partials: for each argument the derivative, a formula of the function's parameters (operators: `a`,
            `b`; signs: `x`) and of `n`, the number of elements of the first argument.
        kink: where there is no derivative although all is finite, a condition; None: nowhere.
        used: what is used there, PyTorch's convention, as the last part of a key of the words `grad.used.*`;
            or `FORMULA`.
        undefined: where there is no value, a condition; None: nowhere.
        steep: where there may be a value and no finite derivative, a condition; None: nowhere.
        about: the parameters to name the place by, the first that is no number; empty: the first parameter.
    """

    partials: tuple[str, ...]
    kink: str | None = None
    used: str = ""
    undefined: str | None = None
    steep: str | None = None
    about: tuple[str, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether the derivative is 0 wherever there is one."""
        return set(self.partials) == {"0"}


FORMULA = "formula"
"""No convention: what the formula gives there, whatever that is."""

_ZERO, _HALF, _WHOLE = "zero", "half", "whole"

FUNCTION_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "sin": Rule(("cos(x)",)),
        "cos": Rule(("-sin(x)",)),
        "tan": Rule(("1/cos(x)^2",)),
        "asin": Rule(("1/sqrt(1 - x^2)",), undefined="abs(x) > 1", steep="abs(x) == 1"),
        "acos": Rule(("-1/sqrt(1 - x^2)",), undefined="abs(x) > 1", steep="abs(x) == 1"),
        "atan": Rule(("1/(1 + x^2)",)),
        "atan2": Rule(("x/(x^2 + y^2)", "-y/(x^2 + y^2)"), "y == 0 and x <= 0", FORMULA),
        "sinh": Rule(("cosh(x)",)),
        "cosh": Rule(("sinh(x)",)),
        "tanh": Rule(("1 - tanh(x)^2",)),
        "exp": Rule(("exp(x)",)),
        "log": Rule(("1/x",), undefined="x <= 0"),
        "log2": Rule(("1/(x*log(2))",), undefined="x <= 0"),
        "log10": Rule(("1/(x*log(10))",), undefined="x <= 0"),
        "sqrt": Rule(("1/(2*sqrt(x))",), undefined="x < 0", steep="x == 0"),
        "hypot": Rule(("x/hypot(x, y)", "y/hypot(x, y)"), "x == 0 and y == 0", FORMULA),
        "abs": Rule(("sign(x)",), "x == 0", _ZERO),
        "sign": Rule(("0",), "x == 0", _ZERO),
        "floor": Rule(("0",), "x == floor(x)", _ZERO),
        "ceil": Rule(("0",), "x == floor(x)", _ZERO),
        "round": Rule(("0",), "x - floor(x) == 0.5", _ZERO),
        "min": Rule(
            ("where(a < b, 1, where(a == b, 0.5, 0))", "where(b < a, 1, where(a == b, 0.5, 0))"),
            "a == b",
            _HALF,
        ),
        "max": Rule(
            ("where(a > b, 1, where(a == b, 0.5, 0))", "where(b > a, 1, where(a == b, 0.5, 0))"),
            "a == b",
            _HALF,
        ),
        "clip": Rule(
            (
                "where(low <= x <= high, 1, 0)",
                "where(x < low and low < high, 1, 0)",
                "where(x > high or low > high, 1, 0)",
            ),
            "x == low or x == high",
            _WHOLE,
        ),
        "where": Rule(("0", "where(condition, 1, 0)", "where(condition, 0, 1)")),
        "sigmoid": Rule(("sigmoid(x)*(1 - sigmoid(x))",)),
        "relu": Rule(("step(x)",), "x == 0", _ZERO),
        "softplus": Rule(("sigmoid(x)",)),
        "step": Rule(("0",), "x == 0", _ZERO),
        "sum": Rule(("1",)),
        "mean": Rule(("1/n",)),
    }
)

OPERATOR_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "+": Rule(("1", "1")),
        "-": Rule(("1", "-1")),
        "*": Rule(("b", "a")),
        "/": Rule(("1/b", "-a/b^2"), undefined="b == 0", about=("b",)),
        "%": Rule(("1", "-(a//b)"), "a % b == 0", FORMULA, undefined="b == 0", about=("b",)),
        "^": Rule(
            ("b*a^(b - 1)", "a^b*log(a)"),
            "a == 0 and b == 0",
            FORMULA,
            undefined="(a == 0 and b < 0) or (a < 0 and b != round(b))",
            steep="(a == 0 and 0 < b < 1) or (a < 0 and b == round(b))",
            about=("a", "b"),
        ),
    }
)

SIGN_RULES: Mapping[str, Rule] = MappingProxyType({"+": Rule(("1",)), "-": Rule(("-1",))})

POWER_OF_ZERO = Rule(("where(b == 0, 0, b*a^(b - 1))", "where(a == 0 and b >= 0, 0, a^b*log(a))"))
"""`^` where a base is 0: the limits, which the plain formulas would compute as 0 times infinity."""


def parameters(node: Node) -> tuple[str, ...]:
    """What the operands of `node` are called in its rule."""
    if isinstance(node, Call):
        return FUNCTIONS[node.function].parameters
    return ("x",) if len(node.operands) == 1 else ("a", "b")


def partial(rule: Rule, position: int, names: Sequence[str], operands: Sequence[Node], count: int) -> Node:
    """One partial derivative with the operands in their places, simplified.

    Args:
        rule: of the function or operator.
        position: of the argument.
        names: the rule's names of the operands.
        operands: what they are.
        count: elements of the first argument.
    """
    places = dict(zip(names, operands, strict=True)) | {"n": Number(float(count))}
    return rebuilt(_formula(rule.partials[position]), places)


@functools.cache
def _formula(text: str) -> Node:
    return parse(text).root
