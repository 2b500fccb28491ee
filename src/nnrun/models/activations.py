"""The activation functions: stable NumPy formulas with derivatives by hand, and torch's own for tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array, namespace
from nnrun.models.erf import erfc

Numbers: TypeAlias = npt.NDArray[Any]
ActivationName = Literal[
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "softplus",
    "sigmoid",
    "tanh",
    "softsign",
    "hardtanh",
    "relu6",
    "sine",
    "identity",
]

# Klambauer et al., "Self-normalizing neural networks" (2017): alpha and lambda of SELU.
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


@dataclass(frozen=True)
class Activation:
    """One function applied to every number.

    Attributes:
        formula: for people, of x.
        slope: its derivative, of x and of y = f(x), for people.
        value: takes a NumPy array or a tensor of any shape and keeps its dtype; `identity` returns the very
            array that it was given.
        derivative: from NumPy arrays x and y = value(x) to dy/dx, shaped as x; where there is none, the
            value that torch takes.
        kinks: where there is no derivative.
    """

    name: str
    formula: str
    slope: str
    value: Callable[[Array], Array]
    derivative: Callable[[Numbers, Numbers], Numbers]
    kinks: tuple[float, ...] = ()


_found: dict[str, Activation] = {}
activations: Mapping[str, Activation] = _found


def _define(
    name: ActivationName,
    formula: str,
    slope: str,
    numpy_value: Callable[[Numbers], Numbers],
    derivative: Callable[[Numbers, Numbers], Numbers],
    torch_value: Callable[[Any], Callable[[Array], Array]] | None = None,
    kinks: tuple[float, ...] = (),
) -> None:
    """Adds an activation; `torch_value` finds torch's function, by default the one of the same name."""
    find = torch_value or (lambda torch: getattr(torch.nn.functional, name))

    def value(x: Array) -> Array:
        return numpy_value(x) if isinstance(x, np.ndarray) else find(namespace(x))(x)

    _found[name] = Activation(name, formula, slope, value, derivative, kinks)


def _ones_where(condition: Numbers, x: Numbers) -> Numbers:
    """1 where the condition holds, else 0, in the dtype of `x`."""
    return condition.astype(x.dtype)


def _factor(x: Numbers, y: Numbers, at_zero: float) -> Numbers:
    """g(x) of y = x g(x), without computing g again; `at_zero` is g(0)."""
    factor = np.full_like(x, at_zero)
    np.divide(y, x, out=factor, where=np.abs(x) > 1e-30)
    return factor


def _sigmoid(x: Numbers) -> Numbers:
    shrunk = np.exp(-np.abs(x))
    result: Numbers = np.where(x >= 0, 1, shrunk) / (1 + shrunk)
    return result


def _softplus(x: Numbers) -> Numbers:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _elu(x: Numbers) -> Numbers:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _selu(x: Numbers) -> Numbers:
    return _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0)))


def _selu_derivative(x: Numbers, y: Numbers) -> Numbers:
    return np.where(x > 0, _SELU_SCALE, np.minimum(y, 0) + _SELU_SCALE * _SELU_ALPHA)


def _gelu(x: Numbers) -> Numbers:
    return x * (0.5 * erfc(x * -math.sqrt(0.5)))


def _gelu_derivative(x: Numbers, y: Numbers) -> Numbers:
    density = np.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
    slope: Numbers = _factor(x, y, at_zero=0.5) + x * density
    return slope


def _silu_derivative(x: Numbers, y: Numbers) -> Numbers:
    share = _factor(x, y, at_zero=0.5)
    slope: Numbers = share + y * (1 - share)
    return slope


def _mish_derivative(x: Numbers, y: Numbers) -> Numbers:
    share = _factor(x, y, at_zero=0.6)
    slope: Numbers = share + x * (1 - share * share) * _sigmoid(x)
    return slope


def _softsign_derivative(x: Numbers, _y: Numbers) -> Numbers:
    inverse: Numbers = 1 / (1 + np.abs(x))
    return inverse * inverse


_define(
    "relu",
    "max(x, 0)",
    "1 where x > 0, else 0",
    lambda x: np.maximum(x, 0),
    lambda x, _: _ones_where(x > 0, x),
    kinks=(0,),
)
_define(
    "leaky_relu",
    "x where x > 0, else 0.01 x",
    "1 where x > 0, else 0.01",
    lambda x: np.maximum(x, 0.01 * x),
    lambda x, _: np.maximum(_ones_where(x > 0, x), 0.01),
    kinks=(0,),
)
_define(
    "elu",
    "x where x > 0, else e^x - 1",
    "1 where x > 0, else y + 1",
    _elu,
    lambda _, y: np.minimum(y, 0) + 1,
)
_define(
    "selu",
    "1.0507 x where x > 0, else 1.7581 (e^x - 1)",
    "1.0507 where x > 0, else y + 1.7581",
    _selu,
    _selu_derivative,
    kinks=(0,),
)
_define(
    "gelu",
    "x (1 + erf(x / sqrt(2))) / 2",
    "(1 + erf(x / sqrt(2))) / 2 + x e^(-x^2 / 2) / sqrt(2 pi)",
    _gelu,
    _gelu_derivative,
)
_define("silu", "x / (1 + e^-x)", "s + y (1 - s), s = y / x", lambda x: x * _sigmoid(x), _silu_derivative)
_define(
    "mish",
    "x tanh(log(1 + e^x))",
    "t + x (1 - t^2) / (1 + e^-x), t = y / x",
    lambda x: x * np.tanh(_softplus(x)),
    _mish_derivative,
)
_define("softplus", "log(1 + e^x)", "1 / (1 + e^-x)", _softplus, lambda _, y: -np.expm1(-y))
_define(
    "sigmoid",
    "1 / (1 + e^-x)",
    "y (1 - y)",
    _sigmoid,
    lambda _, y: y * (1 - y),
    lambda torch: torch.sigmoid,
)
_define(
    "tanh",
    "(e^x - e^-x) / (e^x + e^-x)",
    "1 - y^2",
    np.tanh,
    lambda _, y: 1 - y * y,
    lambda torch: torch.tanh,
)
_define("softsign", "x / (1 + |x|)", "1 / (1 + |x|)^2", lambda x: x / (1 + np.abs(x)), _softsign_derivative)
_define(
    "hardtanh",
    "min(max(x, -1), 1)",
    "1 where -1 < x < 1, else 0",
    lambda x: np.minimum(np.maximum(x, -1), 1),
    lambda x, _: _ones_where(np.abs(x) < 1, x),
    kinks=(-1, 1),
)
_define(
    "relu6",
    "min(max(x, 0), 6)",
    "1 where 0 < x < 6, else 0",
    lambda x: np.minimum(np.maximum(x, 0), 6),
    lambda x, _: _ones_where((x > 0) & (x < 6), x),
    kinks=(0, 6),
)
_define("sine", "sin(x)", "cos(x)", np.sin, lambda x, _: np.cos(x), lambda torch: torch.sin)
_define("identity", "x", "1", lambda x: x, lambda x, _: np.ones_like(x), lambda _: lambda x: x)
