"""A traced step as lines for people, in the order of computing; long arrays show their beginning."""

from __future__ import annotations

import textwrap

import numpy as np

from nnrun.tracing import formulas, matrix_page, scalar_page
from nnrun.tracing.gradients import MOST_PROBED, PROBES
from nnrun.tracing.scalars import Scalars
from nnrun.tracing.step import ParameterTrace, Trace
from nnrun.tracing.text import (
    TIMES,
    Line,
    Numbers,
    elements,
    indented,
    matrix,
    number,
    operand,
    shape,
    side_by_side,
)

WIDTH = 100
"""Where explanations in words are wrapped."""

FLOAT32_DIGITS = 7


def page(trace: Trace, rows: int, origin: str | None = None, scalars: Scalars | None = None) -> list[Line]:
    """The whole step.

    Args:
        trace: the step.
        rows: of a matrix, and elements of a gradient, that are shown.
        origin: the run whose weights it starts from, if any.
        scalars: shown in place of layers and signals.
    """
    passes = matrix_page.sections(trace, rows) if scalars is None else scalar_page.sections(trace, scalars)
    written_out = scalars is not None
    lines = _opening(trace, origin)
    for section in (_batch(trace, rows), *passes, _gradients(trace, rows), _update(trace, rows, written_out)):
        lines += [Line(""), *section]
    return lines


def _opening(trace: Trace, origin: str | None) -> list[Line]:
    moment, binding = trace.moment, trace.binding
    spec, network = binding.spec, binding.network
    place = f"epoch {moment.epoch} of {moment.epochs}, batch {moment.batch} of {moment.batches}"
    facts = [
        f"data   {binding.source.name}: {binding.source.description}",
        f"model  {network.name}: {network.description}, {network.size:,} parameters",
        *([f"start  the weights of {origin}"] if origin is not None else []),
        *(f"note   {note}" for note in binding.notes),
        f"Weights are {spec.dtype}, as the {spec.engine} engine has them; the other numbers are float64.",
    ]
    return [Line(f"step {moment.step}: {place}", heading=True), *indented(facts)]


def _batch(trace: Trace, rows: int) -> list[Line]:
    x, y = trace.moment.x[0], trace.moment.y[0]
    count = "1 sample" if len(x) == 1 else f"{len(x)} samples"
    blocks = [[f"{name} {shape(array)}", *matrix(array, rows)] for name, array in (("x", x), ("y", y))]
    return [Line(f"batch: {count}", heading=True), *indented(side_by_side(blocks))]


def _gradients(trace: Trace, rows: int) -> list[Line]:
    """Three ways beside each other."""
    lines = [Line("gradients, three ways", heading=True)]
    for own in trace.parameters:
        columns = {"by hand": own.hand, "autograd": own.autograd, "differences": own.differences}
        lines += indented([f"{own.name} {shape(own.hand)}: {own.formula}"])
        lines += indented(elements(columns, rows), 2)
    if not trace.parameters:
        return [*lines, *indented(["this layer has no weights"])]
    lines += indented([f"largest difference {number(trace.largest_difference)}"])
    if trace.binding.network.size > MOST_PROBED:
        lines += indented([f"finite differences: of at most {PROBES} elements of each array"])
    if trace.kinks and not trace.agrees:
        places = ", ".join(f"{kink.function} at {kink.place}" for kink in trace.kinks)
        lines += indented([f"finite differences see both sides of a kink: {places}"])
    return lines


def _update(trace: Trace, rows: int, written_out: bool) -> list[Line]:
    """The rule, its numbers, and each array before and after."""
    optim, moment = trace.binding.spec.optim, trace.moment
    settings = "".join(f", {key} {_setting(value)}" for key, value in optim.options.items() if key != "lr")
    rate = (
        f"lr = {number(optim.options['lr'])} {TIMES} {number(trace.factor)}"
        f" ({trace.binding.spec.schedule.name}) = {number(moment.rate)}{settings}"
    )
    lines = [Line(f"update by {optim.name}", heading=True)]
    for text in formulas.optimizer(optim.name):
        lines += indented(textwrap.wrap(text, WIDTH))
    lines += indented([rate])
    if trace.clip is not None:
        clip = trace.clip
        lines += indented(
            [
                f"clip_norm {number(clip.limit)}: the gradient's length is {number(clip.norm)},"
                f" so it is multiplied by {number(clip.scale)}"
            ]
        )
    for own in trace.parameters:
        written = _subtractions(trace, own) if written_out else []
        lines += indented([f"{own.name} {shape(own.before)}"])
        lines += indented(
            written or elements(_columns(own), rows, dict.fromkeys(("before", "after"), FLOAT32_DIGITS)), 2
        )
    return lines


def _columns(own: ParameterTrace) -> dict[str, Numbers]:
    slots = {f"new {slot}": after for slot, (_, after) in own.slots.items()}
    change = own.after.astype(np.float64) - own.before
    return {"before": own.before, "gradient": own.hand, **slots, "change": change, "after": own.after}


def _subtractions(trace: Trace, own: ParameterTrace) -> list[str]:
    """`before - rate x gradient = after`, where that is what the optimizer did."""
    rate = trace.moment.rate
    if not np.allclose(own.before - rate * own.hand, own.after, rtol=1e-6, atol=1e-6):
        return []
    entries = zip(
        np.ndindex(own.before.shape), *map(np.ravel, (own.before, own.hand, own.after)), strict=True
    )
    return [
        f"{own.name}[{','.join(map(str, index))}] <- {number(float(before), FLOAT32_DIGITS)} - {number(rate)}"
        f" {TIMES} {operand(float(slope))} = {number(float(after), FLOAT32_DIGITS)}"
        for index, before, slope, after in entries
    ]


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return number(value) if isinstance(value, float) else str(value)
