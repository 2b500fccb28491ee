"""A trained network as an ONNX file, which other runtimes and languages can load."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun import __version__
from nnrun.config import Binding
from nnrun.datasets import Scale
from nnrun.errors import BadInput, Refused
from nnrun.exporting.convolutions import Convolve, Flatten, Part, Pool, Unflatten, written_parts
from nnrun.models.layers import Activate, Affine, Dropout, Power

OPSET = 20
"""The first one with every operator that is used here."""
IR_VERSION = 9
"""Of the file format, which belongs to that."""

Numbers = npt.NDArray[Any]


def onnx_bytes(binding: Binding, weights: Numbers, scale: Scale | None, title: str) -> bytes:
    """The content of the file: input `x` (batch, feature), with as many rows as are given.

    Its output is `prediction` (batch, out); of classes `logits` and `probabilities` (batch, class) and
    `class` (batch,). Both are in the units of the data: standardizing is part of the graph.

    Args:
        binding: of the run.
        weights: (parameter,).
        scale: what its data were standardized by; None: by nothing.
        title: what to call it.

    Raises:
        BadInput: the package onnx is not installed.
        Refused: a layer has no form in ONNX.
    """
    graph = _Graph(np.dtype(binding.spec.dtype))
    parts = iter(binding.network.named(weights).items())
    name = "x" if scale is None else _standardized(graph, scale)
    for part in written_parts(binding.network.layers):
        own = dict(itertools.islice(parts, _arrays(part)))
        name = _part(graph, part, name, own)
    source = binding.source
    graph.input("x", source.inputs)
    if source.task == "classification":
        graph.output(graph.op("Identity", name, result="logits"), source.outputs)
        graph.output(graph.op("Softmax", "logits", result="probabilities", axis=1), source.outputs)
        graph.output(graph.op("ArgMax", "logits", result="class", axis=1, keepdims=0), None)
    else:
        name = name if scale is None else _in_units(graph, scale, name)
        graph.output(graph.op("Identity", name, result="prediction"), source.outputs)
    return graph.content(title)


def _standardized(graph: _Graph, scale: Scale) -> str:
    """(x - mean) / deviation; a missing input, NaN, is filled in first."""
    filled = graph.op("Where", graph.op("IsNaN", "x"), graph.constant(scale.fill), "x")
    centred = graph.op("Sub", filled, graph.constant(scale.x_mean))
    return graph.op("Div", centred, graph.constant(scale.x_deviation))


def _in_units(graph: _Graph, scale: Scale, name: str) -> str:
    if scale.y_mean is None:
        return name
    return graph.op(
        "Add",
        graph.op("Mul", name, graph.constant(scale.y_deviation)),
        graph.constant(scale.y_mean),
    )


class _Graph:
    """Nodes in order, each named by what it gives.

    Args:
        dtype: of all numbers.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._onnx = _library()
        self.dtype = dtype
        self._kind = self._onnx.helper.np_dtype_to_tensor_dtype(dtype)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def op(self, kind: str, *inputs: str, result: str | None = None, **attributes: Any) -> str:
        """Adds an operator; returns the name of its result."""
        name = result or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, values: Any, name: str | None = None) -> str:
        """Adds numbers, in the graph's dtype; returns their name."""
        array = np.ascontiguousarray(values, dtype=self.dtype)
        named = name or f"constant_{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(array, named))
        return named

    def whole_numbers(self, values: Sequence[int]) -> str:
        """Adds a shape; returns its name."""
        named = f"constant_{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.array(values, np.int64), named))
        return named

    def cast(self, name: str, dtype: str) -> str:
        """The same numbers in another dtype."""
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.op("Cast", name, to=kind)

    def input(self, name: str, width: int) -> None:
        """Declares an input (batch, width)."""
        self._inputs.append(self._onnx.helper.make_tensor_value_info(name, self._kind, ["batch", width]))

    def output(self, name: str, width: int | None) -> None:
        """Declares an output (batch, width), or whole numbers (batch,)."""
        kind, shape = (self._kind, ["batch", width]) if width else (self._onnx.TensorProto.INT64, ["batch"])
        self._outputs.append(self._onnx.helper.make_tensor_value_info(name, kind, shape))

    def content(self, title: str) -> bytes:
        """The checked model as bytes."""
        helper = self._onnx.helper
        graph = helper.make_graph(self._nodes, "nnrun", self._inputs, self._outputs, self._constants)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="nnrun",
            producer_version=__version__,
            doc_string=title,
        )
        self._onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))


def _library() -> Any:
    """The package onnx.

    Raises:
        BadInput: it is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise BadInput('--to onnx: needs the package onnx; pip install "nnrun[export]"') from error
    return onnx


def _arrays(part: Part) -> int:
    """How many arrays of weights it takes."""
    match part:
        case Convolve():
            return 2
        case Unflatten() | Pool() | Flatten():
            return 0
    return len(part.weights)


def _part(graph: _Graph, part: Part, x: str, own: Mapping[str, Numbers]) -> str:
    """Adds a part in evaluation mode; returns the name of what it gives."""
    match part:
        case Affine():
            names = [graph.constant(array, key) for key, array in own.items()]
            return graph.op("Gemm", x, *names, transB=1)
        case Power(exponent):
            return graph.op("Pow", x, graph.constant(exponent))
        case Dropout():
            return x
        case Activate(activation) if activation.name in _EXACT:
            return _EXACT[activation.name](graph, x)
        case Activate(activation) if activation.name in _SINGLE:
            single = graph.dtype == np.float32
            return (_SINGLE if single else _DOUBLE)[activation.name](graph, x)
        case Unflatten(rows, columns):
            return graph.op("Reshape", x, graph.whole_numbers((-1, 1, rows, columns)))
        case Convolve(kernel=kernel):
            return _convolved(graph, x, [graph.constant(array, key) for key, array in own.items()], kernel)
        case Pool():
            return graph.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
        case Flatten():
            return graph.op("Flatten", x)
    raise Refused(f"--to onnx: {part} has no form in ONNX that nnrun knows")


def _convolved(graph: _Graph, x: str, weights: list[str], kernel: int) -> str:
    """Convolution in float32: runtimes have no other. Of an even kernel, the end has one more zero."""
    before, after = (kernel - 1) // 2, kernel // 2
    inputs = [x, *weights]
    if graph.dtype != np.float32:
        inputs = [graph.cast(name, "float32") for name in inputs]
    found = graph.op("Conv", *inputs, pads=[before, before, after, after])
    return found if graph.dtype == np.float32 else graph.cast(found, str(graph.dtype))


Write = Callable[[_Graph, str], str]


def _one(kind: str, **attributes: Any) -> Write:
    """A single operator."""
    return lambda graph, x: graph.op(kind, x, **attributes)


def _clipped(low: float, high: float) -> Write:
    return lambda graph, x: graph.op("Clip", x, graph.constant(low), graph.constant(high))


def _bent(below: float, scale: float) -> Write:
    """scale (x where x > 0, else below (e^x - 1))."""

    def write(graph: _Graph, x: str) -> str:
        zero, one = graph.constant(0.0), graph.constant(1.0)
        negative = graph.op("Sub", graph.op("Exp", graph.op("Min", x, zero)), one)
        sunk = graph.op("Mul", negative, graph.constant(below))
        bent = graph.op("Where", graph.op("Greater", x, zero), x, sunk)
        return graph.op("Mul", bent, graph.constant(scale))

    return write


def _leaky(graph: _Graph, x: str) -> str:
    return graph.op("Max", x, graph.op("Mul", x, graph.constant(0.01)))


def _softplus(graph: _Graph, x: str) -> str:
    """max(x, 0) + log(1 + e^-|x|)."""
    small = graph.op("Exp", graph.op("Neg", graph.op("Abs", x)))
    grown = graph.op("Log", graph.op("Add", small, graph.constant(1.0)))
    return graph.op("Add", graph.op("Max", x, graph.constant(0.0)), grown)


def _mish(graph: _Graph, x: str) -> str:
    return graph.op("Mul", x, graph.op("Tanh", _softplus(graph, x)))


def _softsign(graph: _Graph, x: str) -> str:
    return graph.op("Div", x, graph.op("Add", graph.op("Abs", x), graph.constant(1.0)))


def _gelu(graph: _Graph, x: str) -> str:
    """x (1 + erf(x / sqrt(2))) / 2, with an erf in float32: runtimes have no other."""
    scaled = graph.op("Mul", x, graph.constant(np.sqrt(0.5)))
    erf = graph.cast(graph.op("Erf", graph.cast(scaled, "float32")), "float64")
    share = graph.op("Mul", graph.op("Add", erf, graph.constant(1.0)), graph.constant(0.5))
    return graph.op("Mul", x, share)


_EXACT: Mapping[str, Write] = {
    "relu": _one("Relu"),
    "sigmoid": _one("Sigmoid"),
    "tanh": _one("Tanh"),
    "hardtanh": _clipped(-1.0, 1.0),
    "relu6": _clipped(0.0, 6.0),
    "sine": _one("Sin"),
    "identity": _one("Identity"),
}
"""Operators that runtimes have in float32 and in float64."""

_SINGLE: Mapping[str, Write] = {
    "leaky_relu": _one("LeakyRelu", alpha=0.01),
    "elu": _one("Elu"),
    "selu": _one("Selu"),
    "gelu": _one("Gelu"),
    "silu": lambda graph, x: graph.op("Mul", x, graph.op("Sigmoid", x)),
    "mish": _one("Mish"),
    "softplus": _one("Softplus"),
    "softsign": _one("Softsign"),
}
"""Operators that runtimes have in float32."""

_DOUBLE: Mapping[str, Write] = {
    "leaky_relu": _leaky,
    "elu": _bent(1.0, 1.0),
    "selu": _bent(1.6732632423543772, 1.0507009873554805),
    "gelu": _gelu,
    "silu": _SINGLE["silu"],
    "mish": _mish,
    "softplus": _softplus,
    "softsign": _softsign,
}
"""The same, put together from operators that they have in float64."""
