"""Forward and backward layer by layer, as matrices with their shapes."""

from __future__ import annotations

from nnrun.models.layers import Affine
from nnrun.tracing import loss_page
from nnrun.tracing.children import Child
from nnrun.tracing.layers import LayerTrace
from nnrun.tracing.phrases import Phrases
from nnrun.tracing.step import Trace
from nnrun.tracing.text import Line, indented, matrix, number, row, shape, side_by_side

FIRST = 4
"""Numbers that are shown of what a module's child gave."""


def sections(trace: Trace, rows: int, say: Phrases) -> list[list[Line]]:
    """Forward, loss, backward."""
    return [_forward(trace, rows, say), _loss(trace, rows, say), _backward(trace, rows, say)]


def _forward(trace: Trace, rows: int, say: Phrases) -> list[Line]:
    lines = [Line(say("forward"), heading=True)]
    for layer in trace.layers:
        lines += indented([say.title(layer.index, layer.layer, layer.model)])
        lines += indented([say.forward(layer.layer), *_shapes(layer, say), *_weights(trace, layer, say)], 2)
        lines += _children(layer, say)
        if layer.mask is not None:
            lines += indented([f"{say('mask')} {shape(layer.mask)}"], 2)
            lines += indented(matrix(layer.mask, rows), 3)
        lines += indented([f"{say(f'role.{layer.role}')} {shape(layer.y)}"], 2)
        lines += indented(matrix(layer.y, rows), 3)
        lines += indented(say.kinks(*layer.kinks), 2)
    return lines


def _shapes(layer: LayerTrace, say: Phrases) -> list[str]:
    """The shapes of a weighted sum, and which arrays stand in it."""
    part = layer.layer
    if not isinstance(part, Affine):
        return []
    named = [f"{symbol} = {name}" for symbol, name in zip("Wb", layer.names, strict=False)]
    bias = f" + ({part.outputs})" if part.bias else ""
    product = f"{shape(layer.y)} = {shape(layer.x)} ({part.inputs}, {part.outputs}){bias}"
    return [say.listed([product, *named])]


def _weights(trace: Trace, layer: LayerTrace, say: Phrases) -> list[str]:
    """What a module trains, and what it keeps beside that, by name and shape."""
    if trace.binding.network.is_by_hand:
        return []
    trained = [f"{own.name} {shape(own.before)}" for own in trace.parameters if own.index == layer.index]
    lines = say.packed([say("parameters", first=trained[0]), *trained[1:]])
    for key, frozen in (("frozen", True), ("buffers", False)):
        kept = [f"{own.name} {shape(own.before)}" for own in trace.kept if own.frozen == frozen]
        lines += say.packed([say(key, first=kept[0]), *kept[1:]]) if kept else []
    return lines


def _children(layer: LayerTrace, say: Phrases) -> list[Line]:
    """A line for each call of a module's child: its output's shape, and the first sample's first numbers."""
    if not layer.children:
        return []
    table = [[child.name, child.kind, shape(child.y), _beginning(child)] for child in layer.children]
    return [*indented([say("children")], 2), *indented(side_by_side(list(zip(*table, strict=True)), "  "), 3)]


def _beginning(child: Child) -> str:
    numbers = child.y[0].ravel().tolist()
    return number(numbers[0]) if len(numbers) == 1 else row(numbers, FIRST)


def _loss(trace: Trace, rows: int, say: Phrases) -> list[Line]:
    p, y = trace.prediction, trace.problem.y[0]
    slope = loss_page.slope(trace, p.ravel().tolist(), y.ravel().tolist(), say)
    return [
        *loss_page.value(trace, say),
        *indented([f"d loss / d p {shape(trace.loss_signal)} {slope}"]),
        *indented(matrix(trace.loss_signal, rows), 2),
    ]


def _backward(trace: Trace, rows: int, say: Phrases) -> list[Line]:
    if not trace.binding.network.is_by_hand:
        why = say("backward.why", part=f"model={trace.binding.spec.model.name}")
        return [Line(say("backward.module"), heading=True), *indented([why])]
    lines = [Line(say("backward"), heading=True)]
    for layer in reversed(trace.layers):
        if layer.signal is None:
            continue
        lines += indented([say.title(layer.index, layer.layer, layer.model)])
        lines += [*indented([f"g {shape(layer.signal)}"], 2), *indented(matrix(layer.signal, rows), 3)]
        wanted = {*("dW", "db")[: len(layer.names)], *(("dx",) if layer.to_input else ())}
        lines += indented(
            [
                _product(layer, symbol, f"{symbol} = {text}", say)
                for symbol, text in say.backward(layer.layer).items()
                if symbol in wanted
            ],
            2,
        )
    return lines


def _product(layer: LayerTrace, symbol: str, formula: str, say: Phrases) -> str:
    """A formula, with the shapes where it is a product of matrices."""
    part, signal = layer.layer, layer.signal
    if not isinstance(part, Affine) or signal is None:
        return formula
    weight = f"({part.outputs}, {part.inputs})"
    shapes = {
        "dW": f"{weight} = {shape(signal)}^T {shape(layer.x)}",
        "db": say("product.bias", outputs=part.outputs, shape=shape(signal)),
        "dx": f"{shape(layer.x)} = {shape(signal)} {weight}",
    }[symbol]
    return say("product", formula=formula, shapes=shapes)
