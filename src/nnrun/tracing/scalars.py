"""One sample, one scalar at a time: every neuron as w x + b, every gradient as a chain of factors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnrun.errors import BadInput
from nnrun.models import Network
from nnrun.models.layers import Activate, Affine, Dropout, Power
from nnrun.tracing.gradients import Floats
from nnrun.tracing.layers import LayerTrace
from nnrun.tracing.step import Trace

MOST_SCALARS = 64
"""Largest model whose scalars are shown one by one."""


@dataclass(frozen=True)
class Factor:
    """A number with a name."""

    symbol: str
    value: float


Product = tuple[Factor, ...]
_LETTERS = {Activate: "h", Dropout: "d", Power: "u"}


@dataclass(frozen=True)
class Equation:
    """One scalar and how it comes about.

    Attributes:
        name: of the scalar.
        terms: a sum of products; empty where a function gives the value.
        value: number.
        call: the function with its argument's name, such as `sigmoid(z1[0])`.
        formula: of the function, of the symbols in `given`.
        given: the numbers that the formula takes.
    """

    name: str
    terms: tuple[Product, ...]
    value: float
    call: str = ""
    formula: str = ""
    given: tuple[Factor, ...] = ()


@dataclass(frozen=True)
class Scalars:
    """One sample of a batch.

    Attributes:
        x, y: the sample.
        samples: how many the batch has; gradients are this sample's share, the batch's are sums of these.
        forward: up to the prediction.
        backward: derivatives that several gradients share.
        gradients: one per parameter, in the order of the weights.
    """

    x: tuple[Factor, ...]
    y: tuple[Factor, ...]
    samples: int
    forward: tuple[Equation, ...]
    backward: tuple[Equation, ...]
    gradients: tuple[Equation, ...]


def require_small(network: Network) -> None:
    """Checks that a model has layers, and few enough parameters to be shown scalar by scalar.

    Raises:
        BadInput: it has not.
    """
    if not network.is_by_hand:
        raise BadInput(
            f"--scalars: the model {network.name} is a torch.nn.Module, with no gradients by hand to write"
            " out; leave out --scalars"
        )
    parameters = network.size
    if parameters > MOST_SCALARS:
        raise BadInput(
            f"--scalars: the model has {parameters:,} parameters, and at most {MOST_SCALARS} are shown one by"
            " one; leave out --scalars for matrices, or choose fewer units"
        )


def scalars(trace: Trace) -> Scalars:
    """The first sample of the batch.

    Raises:
        BadInput: the model is too large, or is somebody's module.
    """
    require_small(trace.binding.network)
    with np.errstate(all="ignore"):
        return _Walk(trace).result()


class _Walk:
    """Once forward through the layers and once back, naming every scalar on the way."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._weights = {p.name: p.before.astype(np.float64) for p in trace.parameters}
        self._forward: list[Equation] = []
        self._backward: list[Equation] = []
        self._gradients: dict[str, list[Equation]] = {}

    def result(self) -> Scalars:
        trace = self._trace
        x = _named("x", trace.layers[0].x[0])
        y = _named("y", trace.problem.y[0, 0])
        entering = [x]
        for index, layer in enumerate(trace.layers):
            entering.append(self._onward(index, layer, entering[-1]))
        outputs = entering[-1]
        slope = trace.loss_signal[0].tolist()
        signals: list[Product] = [
            (Factor(f"dL/d{unit.symbol}", value),) for unit, value in zip(outputs, slope, strict=True)
        ]
        for index in range(len(trace.layers) - 1, -1, -1):
            if trace.layers[index].signal is not None:
                signals = self._back(trace.layers[index], entering[index], entering[index + 1], signals)
        gradients = [equation for p in trace.parameters for equation in self._gradients[p.name]]
        return Scalars(
            x, y, len(trace.layers[0].x), tuple(self._forward), tuple(self._backward), tuple(gradients)
        )

    def _onward(self, index: int, layer: LayerTrace, x: Product) -> Product:
        values, part = layer.y[0], layer.layer
        block = 1 + sum(isinstance(other.layer, Affine) for other in self._trace.layers[:index])
        letter = f"z{block}" if isinstance(part, Affine) else f"{_LETTERS[type(part)]}{block - 1}"
        y = _named("p", values) if layer.role == "prediction" else _named(letter, values, alone=False)
        if isinstance(part, Power):
            y = tuple(
                Factor(f"{entry.symbol}^{part.exponent:g}", out.value)
                for entry, out in zip(x, y, strict=True)
            )
        for unit, out in enumerate(y):
            if isinstance(part, Affine):
                self._forward.append(Equation(out.symbol, self._sum(layer, unit, x), out.value))
            elif isinstance(part, Activate):
                call = f"{part.activation.name}({x[unit].symbol})"
                given = (Factor("x", x[unit].value),)
                self._forward.append(
                    Equation(out.symbol, (), out.value, call, part.activation.formula, given)
                )
            elif isinstance(part, Power):
                given = (Factor("x", x[unit].value),)
                self._forward.append(Equation(out.symbol, (), out.value, "", f"x^{part.exponent:g}", given))
            elif layer.mask is not None:
                mask = Factor(f"mask[{unit}]", float(layer.mask[0, unit]))
                self._forward.append(Equation(out.symbol, ((x[unit], mask),), out.value))
        return y

    def _sum(self, layer: LayerTrace, unit: int, x: Product) -> tuple[Product, ...]:
        weight = self._weights[layer.names[0]]
        terms: list[Product] = [
            (Factor(f"{layer.names[0]}[{unit},{i}]", float(weight[unit, i])), entry)
            for i, entry in enumerate(x)
        ]
        if len(layer.names) > 1:
            bias = self._weights[layer.names[1]]
            terms.append((Factor(f"{layer.names[1]}[{unit}]", float(bias[unit])),))
        return tuple(terms)

    def _back(self, layer: LayerTrace, x: Product, y: Product, signals: Sequence[Product]) -> list[Product]:
        """From d loss / d y of each unit to d loss / d x, as products."""
        part = layer.layer
        if isinstance(part, Activate):
            slopes = part.activation.derivative(layer.x[0], layer.y[0])
            return [
                (*signal, self._slope(part, before, after, float(slope)))
                for signal, before, after, slope in zip(signals, x, y, slopes, strict=True)
            ]
        if isinstance(part, Dropout) and layer.mask is not None:
            masks = [Factor(f"mask[{unit}]", value) for unit, value in enumerate(layer.mask[0].tolist())]
            return [(*signal, mask) for signal, mask in zip(signals, masks, strict=True)]
        if not isinstance(part, Affine):
            return list(signals)
        self._gradients_of(layer, x, signals)
        return self._through(layer, x, y, signals) if layer.to_input else list(signals)

    def _slope(self, part: Activate, x: Factor, y: Factor, value: float) -> Factor:
        function = part.activation
        name = f"{function.name}'({x.symbol})"
        given = (Factor("x", x.value), Factor("y", y.value))
        self._backward.append(Equation(name, (), value, "", function.slope, given))
        return Factor(name, value)

    def _gradients_of(self, layer: LayerTrace, x: Product, signals: Sequence[Product]) -> None:
        weights, *bias = layer.names
        self._gradients[weights] = [
            _product(f"dL/d{weights}[{unit},{i}]", (*signal, entry))
            for unit, signal in enumerate(signals)
            for i, entry in enumerate(x)
        ]
        for name in bias:
            self._gradients[name] = [
                _product(f"dL/d{name}[{unit}]", signal) for unit, signal in enumerate(signals)
            ]

    def _through(
        self, layer: LayerTrace, x: Product, y: Product, signals: Sequence[Product]
    ) -> list[Product]:
        """One unit above: its product grows by a weight. Several: their products are summed under a name."""
        weight, name = self._weights[layer.names[0]], layer.names[0]
        if len(signals) == 1:
            return [(*signals[0], Factor(f"{name}[0,{i}]", float(weight[0, i]))) for i in range(len(x))]
        collapsed = [self._collapsed(f"dL/d{unit.symbol}", s) for unit, s in zip(y, signals, strict=True)]
        result: list[Product] = []
        for i, entry in enumerate(x):
            terms = tuple(
                (signal, Factor(f"{name}[{unit},{i}]", float(weight[unit, i])))
                for unit, signal in enumerate(collapsed)
            )
            equation = Equation(f"dL/d{entry.symbol}", terms, sum(map(_multiplied, terms)))
            self._backward.append(equation)
            result.append((Factor(equation.name, equation.value),))
        return result

    def _collapsed(self, name: str, product: Product) -> Factor:
        if len(product) == 1:
            return product[0]
        equation = _product(name, product)
        self._backward.append(equation)
        return Factor(name, equation.value)


def _named(letter: str, values: Floats, alone: bool = True) -> Product:
    """Scalars of one row; an index where there are several, or always."""
    if len(values) == 1 and alone:
        return (Factor(letter, float(values[0])),)
    return tuple(Factor(f"{letter}[{index}]", value) for index, value in enumerate(values.tolist()))


def _multiplied(product: Product) -> float:
    return math.prod(factor.value for factor in product)


def _product(name: str, factors: Product) -> Equation:
    return Equation(name, (factors,), _multiplied(factors))
