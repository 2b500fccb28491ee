"""The gradient by PyTorch's autograd, on the same tree; the only module here that loads torch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from nnrun.calculus.graph import Array
from nnrun.expressions import Arithmetic, Expression


def _array(number: Any) -> torch.Tensor:
    return torch.as_tensor(number, dtype=torch.float64)


def _step(x: torch.Tensor) -> torch.Tensor:
    # torch.heaviside has no derivative; this one is 0 everywhere, as that of torch.sign.
    return torch.heaviside(x.detach(), torch.zeros((), dtype=x.dtype))


def _clip(x: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    # torch.clamp does not broadcast a number against vectors of bounds.
    shape = np.broadcast_shapes(x.shape, low.shape, high.shape)
    return torch.clamp(x.expand(shape), low, high)


FUNCTIONS: Mapping[str, Callable[..., torch.Tensor]] = {
    **{name: getattr(torch, name) for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2")},
    **{name: getattr(torch, name) for name in ("sinh", "cosh", "tanh", "exp", "log", "log2", "log10")},
    **{name: getattr(torch, name) for name in ("sqrt", "hypot", "abs", "sign", "floor", "ceil", "round")},
    **{name: getattr(torch, name) for name in ("sigmoid", "relu", "sum", "mean")},
    "min": lambda *arrays: functools.reduce(torch.minimum, arrays),
    "max": lambda *arrays: functools.reduce(torch.maximum, arrays),
    "clip": _clip,
    "where": lambda condition, a, b: torch.where(condition != 0, a, b),
    "softplus": lambda x: torch.logaddexp(torch.zeros((), dtype=x.dtype), x),
    "step": _step,
}
"""torch's implementation of each function of the language."""


def autograd(expression: Expression, values: Mapping[str, Array]) -> dict[str, Array]:
    """d expression/d name for each name, float64, shaped as its value; 0 where nothing depends on it."""
    leaves = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in values.items()
    }
    out = expression.evaluate(leaves, Arithmetic(array=_array, functions=FUNCTIONS))
    if not out.requires_grad:
        return {name: np.zeros(value.shape) for name, value in values.items()}
    found = torch.autograd.grad(out.sum(), list(leaves.values()), allow_unused=True)
    return {
        name: np.zeros(values[name].shape) if gradient is None else gradient.numpy()
        for name, gradient in zip(leaves, found, strict=True)
    }
