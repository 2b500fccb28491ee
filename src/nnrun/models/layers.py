"""Layers for stacked weights: each maps forward on NumPy arrays or tensors, and backward by hand on NumPy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from nnrun.arrays import Array, namespace
from nnrun.models.activations import Activation


@dataclass(frozen=True)
class Weights:
    """One array of trainable numbers of a model.

    Attributes:
        name: as in the state_dict of the equivalent `torch.nn` module.
        shape: of one member's array.
        fan_in: number of inputs that each output sums over.
        trained: whether they follow a gradient; buffers, which a module keeps itself, do not.
    """

    name: str
    shape: tuple[int, ...]
    fan_in: int
    trained: bool = True

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def is_bias(self) -> bool:
        """Biases are one-dimensional."""
        return len(self.shape) == 1


class Layer(ABC):
    """A map from (member, batch, in) to (member, batch, out)."""

    @property
    def weights(self) -> tuple[Weights, ...]:
        """What this layer trains."""
        return ()

    def oriented(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """Views of stacked weights (member, *shape) as `forward` and `backward` take them."""
        return arrays

    @abstractmethod
    def forward(self, arrays: Sequence[Array], x: Array) -> Array:
        """The layer's output; `arrays` are its oriented weights.

        Tensors of a lone member may come without the axis `member`, all of them.
        """

    @abstractmethod
    def backward(
        self,
        arrays: Sequence[Array],
        x: Array,
        y: Array,
        gradient: Array,
        gradients: Sequence[Array],
        to_input: bool,
    ) -> Array:
        """Writes d loss / d weights into `gradients` and returns d loss / d x, if `to_input`.

        Args:
            arrays: oriented weights.
            x: what went in, (member or 1, batch, in).
            y: what came out, (member, batch, out).
            gradient: d loss / d y.
            gradients: arrays like `arrays`, overwritten.
            to_input: whether d loss / d x is wanted; anything may be returned otherwise.
        """


NARROW = 64
"""Most inputs of a layer whose products are summed one by one, which takes room for all of them."""


@final
@dataclass(frozen=True)
class Affine(Layer):
    """y = x W^T + b, as `torch.nn.Linear`; weight (out, in), bias (out)."""

    name: str
    inputs: int
    outputs: int
    bias: bool

    @property
    def weights(self) -> tuple[Weights, ...]:
        """The matrix, then the bias if there is one."""
        prefix = f"{self.name}." if self.name else ""
        matrix = Weights(f"{prefix}weight", (self.outputs, self.inputs), self.inputs)
        return (matrix, Weights(f"{prefix}bias", (self.outputs,), self.inputs)) if self.bias else (matrix,)

    def oriented(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """W^T, (member, in, out), and b, (member, 1, out): automatic differentiation need not turn them."""
        return [arrays[0].swapaxes(1, 2), *(bias[:, None] for bias in arrays[1:])]

    def forward(self, arrays: Sequence[Array], x: Array) -> Array:
        """(member or 1, batch, in) -> (member, batch, out).

        NumPy's result lies in memory as (member, out, batch): what follows then runs along the batch, which
        is long where layers are narrow, two to four times as fast. Torch's products of stacked matrices are
        slow for a single output: summing products takes two thirds of the time of a step.
        """
        if isinstance(x, np.ndarray):
            y = _product(arrays[0].swapaxes(1, 2), x.swapaxes(1, 2)).swapaxes(1, 2)
            if self.bias:
                y += arrays[1]
            return y
        if self.outputs == 1 and self.inputs <= NARROW and x.ndim == 3:
            y = (x * arrays[0].swapaxes(1, 2)).sum(2, True)
            return y + arrays[1] if self.bias else y
        if not self.bias:
            return x @ arrays[0]
        transposed, offset = arrays
        torch = namespace(x)
        if x.ndim == 2:
            return torch.addmm(offset, x, transposed)
        if len(x) != len(transposed):
            x = x.expand(len(transposed), -1, -1)
        return torch.baddbmm(offset, x, transposed)

    def backward(
        self,
        arrays: Sequence[Array],
        x: Array,
        y: Array,
        gradient: Array,
        gradients: Sequence[Array],
        to_input: bool,
    ) -> Array:
        """dW = g^T x, db = sum of g over the batch, dx = g W."""
        np.matmul(gradient.swapaxes(1, 2), x, out=gradients[0].swapaxes(1, 2))
        if self.bias:
            np.add.reduce(gradient, axis=1, keepdims=True, out=gradients[1])
        return _product(arrays[0], gradient.swapaxes(1, 2)).swapaxes(1, 2) if to_input else gradient


def _product(left: Array, right: Array) -> Array:
    """Of stacked matrices in NumPy; what sums over nothing is multiplied, in a third of the time."""
    return left * right if left.shape[-1] == 1 else left @ right


@final
@dataclass(frozen=True)
class Activate(Layer):
    """y = f(x), element by element."""

    activation: Activation

    def forward(self, arrays: Sequence[Array], x: Array) -> Array:
        """Same shape in and out."""
        return self.activation.value(x)

    def backward(
        self,
        arrays: Sequence[Array],
        x: Array,
        y: Array,
        gradient: Array,
        gradients: Sequence[Array],
        to_input: bool,
    ) -> Array:
        """dx = g f'(x)."""
        return gradient * self.activation.derivative(x, y)


@final
@dataclass(frozen=True)
class Dropout(Layer):
    """y = x * mask, where the mask is 0 with `probability` and 1 / (1 - probability) otherwise.

    The mask, (member, batch, width), stands where other layers have their weights; without one
    (evaluation) y = x.
    """

    probability: float
    width: int

    def mask(self, rng: np.random.Generator, batch: int) -> Array:
        """One member's mask, (batch, width), float64."""
        return (rng.random((batch, self.width)) >= self.probability) / (1.0 - self.probability)

    def forward(self, arrays: Sequence[Array], x: Array) -> Array:
        """Same shape in and out."""
        return x * arrays[0] if arrays else x

    def backward(
        self,
        arrays: Sequence[Array],
        x: Array,
        y: Array,
        gradient: Array,
        gradients: Sequence[Array],
        to_input: bool,
    ) -> Array:
        """dx = g * mask."""
        return gradient * arrays[0] if arrays else gradient


@final
@dataclass(frozen=True)
class Power(Layer):
    """y = x^p with a fixed exponent p."""

    exponent: float

    def forward(self, arrays: Sequence[Array], x: Array) -> Array:
        """Same shape in and out."""
        return x**self.exponent

    def backward(
        self,
        arrays: Sequence[Array],
        x: Array,
        y: Array,
        gradient: Array,
        gradients: Sequence[Array],
        to_input: bool,
    ) -> Array:
        """dx = g p x^(p-1)."""
        return gradient * (self.exponent * x ** (self.exponent - 1)) if to_input else gradient
