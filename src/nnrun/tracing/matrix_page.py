"""Forward and backward layer by layer, as matrices with their shapes."""

from __future__ import annotations

from nnrun.models.layers import Affine
from nnrun.tracing import loss_page
from nnrun.tracing.step import LayerTrace, Trace
from nnrun.tracing.text import Line, indented, matrix, shape


def sections(trace: Trace, rows: int) -> list[list[Line]]:
    """Forward, loss, backward."""
    return [_forward(trace, rows), _loss(trace, rows), _backward(trace, rows)]


def _forward(trace: Trace, rows: int) -> list[Line]:
    lines = [Line("forward", heading=True)]
    for layer in trace.layers:
        lines += [*indented([layer.title]), *indented([layer.formula, *_shapes(layer)], 2)]
        if layer.mask is not None:
            lines += [*indented([f"mask {shape(layer.mask)}"], 2), *indented(matrix(layer.mask, rows), 3)]
        lines += [*indented([f"{layer.role} {shape(layer.y)}"], 2), *indented(matrix(layer.y, rows), 3)]
        lines += indented(loss_page.kinks(*layer.kinks), 2)
    return lines


def _shapes(layer: LayerTrace) -> list[str]:
    """The shapes of a weighted sum, and which arrays stand in it."""
    part = layer.layer
    if not isinstance(part, Affine):
        return []
    named = ", ".join(f"{symbol} = {name}" for symbol, name in zip("Wb", layer.names, strict=False))
    bias = f" + ({part.outputs})" if part.bias else ""
    return [f"{shape(layer.y)} = {shape(layer.x)} ({part.inputs}, {part.outputs}){bias}, {named}"]


def _loss(trace: Trace, rows: int) -> list[Line]:
    p, y = trace.prediction, trace.problem.y[0]
    slope = loss_page.slope(trace, p.ravel().tolist(), y.ravel().tolist())
    return [
        *loss_page.value(trace),
        *indented([f"d loss / d p {shape(trace.loss_signal)} = {slope}"]),
        *indented(matrix(trace.loss_signal, rows), 2),
    ]


def _backward(trace: Trace, rows: int) -> list[Line]:
    lines = [Line("backward, g = d loss / d y of each layer", heading=True)]
    for layer in reversed(trace.layers):
        if layer.signal is None:
            continue
        lines += indented([layer.title])
        lines += [*indented([f"g {shape(layer.signal)}"], 2), *indented(matrix(layer.signal, rows), 3)]
        wanted = {*("dW", "db")[: len(layer.names)], *(("dx",) if layer.to_input else ())}
        lines += indented(
            [
                f"{symbol} = {text}{_product(layer, symbol)}"
                for symbol, text in layer.derivatives.items()
                if symbol in wanted
            ],
            2,
        )
    return lines


def _product(layer: LayerTrace, symbol: str) -> str:
    """The shapes of a product of matrices."""
    part, signal = layer.layer, layer.signal
    if not isinstance(part, Affine) or signal is None:
        return ""
    weight = f"({part.outputs}, {part.inputs})"
    return {
        "dW": f": {weight} = {shape(signal)}^T {shape(layer.x)}",
        "db": f": ({part.outputs}) from {shape(signal)}",
        "dx": f": {shape(layer.x)} = {shape(signal)} {weight}",
    }[symbol]
