"""The initial weights: schemes that draw them from a random generator, always in float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Weights: TypeAlias = npt.NDArray[np.float64]
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, ...], int, float], Weights]
SchemeName = Literal[
    "default",
    "normal",
    "uniform",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
    "orthogonal",
    "zeros",
]


@dataclass(frozen=True)
class Scheme:
    """One way to draw initial weights.

    Attributes:
        draw: takes the generator, the shape, the number of inputs of one unit and the scale; its docstring is
            the formula.
        biases: biases are drawn as weights are; otherwise they are 0.
    """

    draw: Draw
    biases: bool


def initialise(
    scheme: str,
    rng: np.random.Generator,
    shape: tuple[int, ...],
    fan_in: int,
    *,
    scale: float,
    kind: Literal["weight", "bias"],
) -> Weights:
    """Initial values of one array of one member.

    Args:
        scheme: a key of `schemes`.
        rng: where chance comes from; nothing is drawn from it for zeros.
        shape: (out, in) of a weight, (out,) of a bias.
        fan_in: how many inputs a unit has: `in`, for its bias too.
        scale: multiplies what the scheme draws.
        kind: weights and biases differ in most schemes.
    """
    chosen = schemes[scheme]
    if kind == "bias" and not chosen.biases:
        return np.zeros(shape)
    return chosen.draw(rng, shape, fan_in, scale)


def _fan_out(shape: tuple[int, ...]) -> int:
    return shape[0] * math.prod(shape[2:])


def _default(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, scale: float) -> Weights:
    """U(-b, b) with b = scale / sqrt(fan_in), biases too: `torch.nn.Linear`'s own."""
    bound = scale / math.sqrt(fan_in)
    return rng.uniform(-bound, bound, shape)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], _fan_in: int, scale: float) -> Weights:
    """N(0, scale^2), biases too."""
    return rng.normal(0.0, scale, shape)


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], _fan_in: int, scale: float) -> Weights:
    """U(-scale, scale), biases too."""
    return rng.uniform(-scale, scale, shape)


def _xavier_uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, scale: float) -> Weights:
    """U(-b, b) with b = scale sqrt(6 / (fan_in + fan_out)); biases 0 (Glorot and Bengio, AISTATS 2010)."""
    bound = scale * math.sqrt(6 / (fan_in + _fan_out(shape)))
    return rng.uniform(-bound, bound, shape)


def _xavier_normal(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, scale: float) -> Weights:
    """N(0, s^2) with s = scale sqrt(2 / (fan_in + fan_out)); biases 0 (Glorot and Bengio, AISTATS 2010)."""
    return rng.normal(0.0, scale * math.sqrt(2 / (fan_in + _fan_out(shape))), shape)


def _kaiming_uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, scale: float) -> Weights:
    """U(-b, b) with b = scale sqrt(6 / fan_in), made for ReLU; biases 0 (He et al., ICCV 2015)."""
    bound = scale * math.sqrt(6 / fan_in)
    return rng.uniform(-bound, bound, shape)


def _kaiming_normal(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, scale: float) -> Weights:
    """N(0, s^2) with s = scale sqrt(2 / fan_in), made for ReLU; biases 0 (He et al., ICCV 2015)."""
    return rng.normal(0.0, scale * math.sqrt(2 / fan_in), shape)


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...], _fan_in: int, scale: float) -> Weights:
    """Scale times orthonormal rows or columns, whichever are fewer; biases 0 (Saxe et al., ICLR 2014).

    The Q of a normal matrix, with R's diagonal made positive, so that it is distributed uniformly.
    """
    rows, columns = shape[0], math.prod(shape[1:])
    tall = rng.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q *= np.where(np.diagonal(r) < 0, -scale, scale)
    return np.ascontiguousarray(q if rows >= columns else q.T).reshape(shape)


def _zeros(_rng: np.random.Generator, shape: tuple[int, ...], _fan_in: int, _scale: float) -> Weights:
    """0: hidden units of one layer then stay equal to each other for ever."""
    return np.zeros(shape)


schemes: Mapping[str, Scheme] = MappingProxyType(
    {
        "default": Scheme(_default, biases=True),
        "normal": Scheme(_normal, biases=True),
        "uniform": Scheme(_uniform, biases=True),
        "xavier_uniform": Scheme(_xavier_uniform, biases=False),
        "xavier_normal": Scheme(_xavier_normal, biases=False),
        "kaiming_uniform": Scheme(_kaiming_uniform, biases=False),
        "kaiming_normal": Scheme(_kaiming_normal, biases=False),
        "orthogonal": Scheme(_orthogonal, biases=False),
        "zeros": Scheme(_zeros, biases=False),
    }
)
