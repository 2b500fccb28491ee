"""How functions of mathematics, NumPy and PyTorch that the language does not have are written in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nnrun.expressions.functions import FUNCTIONS
from nnrun.expressions.tokens import fold

MODULES = frozenset({"np", "numpy", "torch", "math", "jnp", "tf", "F", "nn", "tensor"})

SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "ln": "log",
        "lg": "log10",
        "tg": "tan",
        "arcsin": "asin",
        "arccos": "acos",
        "arctan": "atan",
        "arctg": "atan",
        "arctan2": "atan2",
        "sgn": "sign",
        "heaviside": "step",
        "fabs": "abs",
        "absolute": "abs",
        "maximum": "max",
        "fmax": "max",
        "minimum": "min",
        "fmin": "min",
        "clamp": "clip",
        "average": "mean",
        "avg": "mean",
        "logistic": "sigmoid",
        "expit": "sigmoid",
    }
)

FORMULAS: Mapping[str, str] = MappingProxyType(
    {
        "pow": "{a}^{b}",
        "power": "{a}^{b}",
        "sq": "{a}^2",
        "sqr": "{a}^2",
        "square": "{a}^2",
        "cube": "{a}^3",
        "cbrt": "sign({x})*abs({x})^(1/3)",
        "exp2": "2^{a}",
        "log1p": "log(1 + {x})",
        "expm1": "(exp({x}) - 1)",
        "cot": "1/tan({x})",
        "sec": "1/cos({x})",
        "csc": "1/sin({x})",
        "dot": "sum({a}*{b})",
        "inner": "sum({a}*{b})",
        "vdot": "sum({a}*{b})",
        "matmul": "sum({a}*{b})",
        "norm": "sqrt(sum({a}^2))",
        "var": "mean(({x} - mean({x}))^2)",
        "std": "sqrt(mean(({x} - mean({x}))^2))",
        "softmax": "exp({x})/sum(exp({x}))",
        "logsumexp": "log(sum(exp({x})))",
        "mse": "mean(({x} - {b})^2)",
        "mae": "mean(abs({x} - {b}))",
        "relu6": "clip({x}, 0, 6)",
        "leaky_relu": "max({x}, 0.01*{a})",
        "elu": "where({x} > 0, {x}, exp({x}) - 1)",
        "silu": "{a}*sigmoid({x})",
        "swish": "{a}*sigmoid({x})",
        "gelu": "0.5*{a}*(1 + tanh(sqrt(2/pi)*({x} + 0.044715*{a}^3)))",
        "reciprocal": "1/{a}",
        "neg": "-{a}",
        "add": "({x} + {y})",
        "sub": "({x} - {b})",
        "subtract": "({x} - {b})",
        "mul": "{a}*{b}",
        "multiply": "{a}*{b}",
        "div": "{a}/{b}",
        "divide": "{a}/{b}",
        "mod": "{a} % {b}",
        "fmod": "{a} % {b}",
    }
)
"""`x` and `y` are the arguments, `a` and `b` the same in parentheses where they need them."""

_ATOM = re.compile(r"[\w.]+(?:\([^()]*\))?")


def rewritten(name: str, arguments: Sequence[str]) -> str | None:
    """A call as the language writes it: `ln(x)` as `log(x)`, `x.sum()` as `sum(x)`; None where it cannot.

    Args:
        name: before the parenthesis, dots included; no function of the language.
        arguments: what stands inside, as typed; where their number does not fit, letters take their places.
    """
    *owners, last = name.split(".")
    is_method = bool(owners) and owners[0] not in MODULES
    given = [".".join(owners), *arguments] if is_method else list(arguments)
    plain = SPELLINGS.get(last, last)
    if plain in FUNCTIONS:
        fits = FUNCTIONS[plain].accepts(len(given))
        return f"{plain}({', '.join(given)})" if fits else FUNCTIONS[plain].signature
    if last not in FORMULAS:
        return None
    formula = FORMULAS[last]
    wanted = 2 if "{b}" in formula or "{y}" in formula else 1
    x, y = [*(given if len(given) == wanted else ["x", "y"]), ""][:2]
    return formula.format(x=x, y=y, a=_enclosed(x), b=_enclosed(y))


def known(name: str) -> bool:
    """Whether something is called so, here or elsewhere."""
    return name in FUNCTIONS or name in SPELLINGS or name in FORMULAS


def arguments(text: str, opening: int) -> list[str]:
    """What stands between the commas of the parenthesis that opens at `opening`."""
    folded = fold(text)
    depth, start, found = 0, opening + 1, []
    for index in range(opening, len(folded)):
        character = folded[index]
        depth += (character == "(") - (character == ")")
        if depth == 0 or (depth == 1 and character == ","):
            found.append(folded[start:index].strip())
            start = index + 1
        if depth == 0:
            break
    return [argument for argument in found if argument]


def _enclosed(argument: str) -> str:
    return argument if _ATOM.fullmatch(argument) else f"({argument})"
