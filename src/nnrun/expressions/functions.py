"""The functions and constants that an expression may use: the one table of them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "e": math.e, "true": 1.0, "false": 0.0})


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: elementwise with broadcasting, unless it says that it reduces.

    Args:
        name: as it is called.
        parameters: names of its arguments, for messages and the guide.
        summary: what it computes, one line.
        compute: float64 arrays -> float64 array.
        variadic: whether more arguments may follow.
    """

    name: str
    parameters: tuple[str, ...]
    summary: str
    compute: Callable[..., Any]
    variadic: bool = False

    @property
    def signature(self) -> str:
        """How it is called: `clip(x, low, high)`."""
        more = ("...",) if self.variadic else ()
        return f"{self.name}({', '.join(self.parameters + more)})"

    def accepts(self, count: int) -> bool:
        """Whether it can be called with this many arguments."""
        return count == len(self.parameters) or (self.variadic and count > len(self.parameters))


def _minimum(*arrays: Array) -> Array:
    return functools.reduce(np.minimum, arrays)


def _maximum(*arrays: Array) -> Array:
    return functools.reduce(np.maximum, arrays)


def _where(condition: Array, yes: Array, no: Array) -> Array:
    return np.where(condition != 0, yes, no)


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _relu(x: Array) -> Array:
    return np.maximum(x, 0.0)


def _softplus(x: Array) -> Array:
    return np.logaddexp(0.0, x)


def _step(x: Array) -> Array:
    return np.heaviside(x, 0.0)


def _clip(x: Array, low: Array, high: Array) -> Array:
    return np.minimum(np.maximum(x, low), high)


def _mean(x: Array) -> Array:
    # numpy.mean warns of an empty array whatever errstate says; 0 / 0 is the same nan.
    return np.asarray(np.sum(x) / np.size(x))


_TABLE = (
    Function("sin", ("x",), "sine of x in radians", np.sin),
    Function("cos", ("x",), "cosine of x in radians", np.cos),
    Function("tan", ("x",), "tangent of x in radians", np.tan),
    Function("asin", ("x",), "inverse sine, in [-pi/2, pi/2]", np.arcsin),
    Function("acos", ("x",), "inverse cosine, in [0, pi]", np.arccos),
    Function("atan", ("x",), "inverse tangent, in (-pi/2, pi/2)", np.arctan),
    Function("atan2", ("y", "x"), "angle of the point (x, y), in [-pi, pi]", np.arctan2),
    Function("sinh", ("x",), "hyperbolic sine", np.sinh),
    Function("cosh", ("x",), "hyperbolic cosine", np.cosh),
    Function("tanh", ("x",), "hyperbolic tangent", np.tanh),
    Function("exp", ("x",), "e to the power of x", np.exp),
    Function("log", ("x",), "natural logarithm", np.log),
    Function("log2", ("x",), "logarithm to base 2", np.log2),
    Function("log10", ("x",), "logarithm to base 10", np.log10),
    Function("sqrt", ("x",), "square root", np.sqrt),
    Function("hypot", ("x", "y"), "distance of the point (x, y) from the origin", np.hypot),
    Function("abs", ("x",), "absolute value", np.abs),
    Function("sign", ("x",), "-1, 0 or 1", np.sign),
    Function("floor", ("x",), "largest integer that is at most x", np.floor),
    Function("ceil", ("x",), "smallest integer that is at least x", np.ceil),
    Function("round", ("x",), "nearest integer, halves to the even one", np.round),
    Function("min", ("a", "b"), "smallest of two or more, element by element", _minimum, variadic=True),
    Function("max", ("a", "b"), "largest of two or more, element by element", _maximum, variadic=True),
    Function("clip", ("x", "low", "high"), "x, but at least low and at most high", _clip),
    Function("where", ("condition", "a", "b"), "a where the condition holds, b elsewhere", _where),
    Function("sigmoid", ("x",), "1 / (1 + exp(-x))", _sigmoid),
    Function("relu", ("x",), "x where x > 0, 0 elsewhere", _relu),
    Function("softplus", ("x",), "log(1 + exp(x))", _softplus),
    Function("step", ("x",), "1 where x > 0, 0 elsewhere", _step),
    Function("sum", ("x",), "sum of all elements: one number", np.sum),
    Function("mean", ("x",), "mean of all elements: one number", _mean),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _TABLE})
