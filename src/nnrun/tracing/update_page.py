"""The update: the optimizer's rule, its numbers, and each array before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnrun.tracing.parameters import ParameterTrace
from nnrun.tracing.phrases import Phrases
from nnrun.tracing.scalars import Equation
from nnrun.tracing.settings import name_of, settings_of, written
from nnrun.tracing.step import Clip, Trace
from nnrun.tracing.text import (
    DIGITS,
    TIMES,
    Line,
    Numbers,
    elements,
    filled,
    indented,
    number,
    operand,
    shape,
    wrapped,
)
from nnrun.tracing.updates import Update, updates
from nnrun.training.engine import CLIP_EPSILON

FLOAT32_DIGITS = 7
SQUARES = 6
"""Most squares of a gradient's length that are shown."""


def section(trace: Trace, rows: int, written_out: bool, say: Phrases) -> list[Line]:
    """The whole update; scalar by scalar if it is to be written out."""
    optim = trace.binding.spec.optim
    lines = [Line(say("update", name=name_of(optim)), heading=True)]
    for text in say.optimizer(optim.name):
        lines += indented(wrapped(text))
    lines += indented(_rate(trace, say))
    if trace.clip is not None:
        clip = trace.clip
        limits = {"limit": number(clip.limit), "norm": number(clip.norm), "scale": number(clip.scale)}
        lines += indented([say("clip", **limits)])
        lines += indented(_clipping(trace, clip), 2) if written_out else []
    equations = updates(trace) if written_out else {}
    for own in trace.parameters:
        lines += indented([f"{own.name} {shape(own.before)}"])
        if own.name in equations:
            lines += _equations(trace, own, equations[own.name], say)
        else:
            lines += indented(_table(own, rows, say), 2)
    return lines + _kept(trace, rows, say)


def _rate(trace: Trace, say: Phrases) -> list[str]:
    """The learning rate, and the optimizer's other settings."""
    optim = trace.binding.spec.optim
    settings = [f"{key} {written(value)}" for key, value in settings_of(optim).items()]
    rate = say(
        "rate",
        lr=number(optim.options["lr"]),
        factor=number(trace.factor),
        schedule=trace.binding.spec.schedule.name,
        rate=number(trace.moment.rate),
    )
    return say.packed([rate, *settings])


def _clipping(trace: Trace, clip: Clip) -> list[str]:
    """The gradient's length and the factor, with numbers."""
    gradient = np.concatenate([own.gradient.ravel() for own in trace.parameters]).tolist()
    squares = [f"{operand(value)}^2" for value in gradient[:SQUARES]]
    total = " + ".join([*squares, *(["..."] if len(gradient) > SQUARES else [])])
    ratio = f"{number(clip.limit)} / ({number(clip.norm)} + {number(CLIP_EPSILON)})"
    return [
        f"|g| = sqrt(sum g^2) = sqrt({total}) = {number(clip.norm)}",
        f"min({ratio}, 1) = {number(clip.scale)}",
    ]


def _table(own: ParameterTrace, rows: int, say: Phrases) -> list[str]:
    before, after = say("column.before"), say("column.after")
    slots = {say("column.new", slot=say.slot(slot)): new for slot, (_, new) in own.slots.items()}
    change = own.after.astype(np.float64) - own.before
    columns: dict[str, Numbers] = {before: own.before, say("column.gradient"): own.gradient, **slots}
    columns |= {say("column.change"): change, after: own.after}
    return elements(columns, rows, dict.fromkeys((before, after), FLOAT32_DIGITS))


def _kept(trace: Trace, rows: int, say: Phrases) -> list[Line]:
    """What a module changed by itself, such as the running means of batch normalisation."""
    changed = [own for own in trace.kept if not np.array_equal(own.before, own.after, equal_nan=True)]
    lines = indented([say("changed")] if changed else [])
    for own in changed:
        columns = {say("column.before"): own.before, say("column.after"): own.after}
        lines += indented([f"{own.name} {shape(own.before)}"], 2)
        lines += indented(elements(columns, rows, dict.fromkeys(columns, FLOAT32_DIGITS)), 3)
    return lines


def _equations(trace: Trace, own: ParameterTrace, written: Sequence[Update], say: Phrases) -> list[Line]:
    """Each weight on a line of its own, or with its equations below it where there are several."""
    lines: list[Line] = []
    for update, before, after in zip(written, own.before.ravel(), own.after.ravel(), strict=True):
        *first, last = update.equations
        if not first:
            known, result = (number(float(weight), FLOAT32_DIGITS) for weight in (before, after))
            step = f"{number(trace.moment.rate)} {TIMES} {operand(update.gradient)}"
            lines += indented([f"{update.name} <- {known} - {step} = {result}"], 2)
            continue
        lines += indented([say("element", name=update.name, value=number(update.gradient))], 2)
        lines += indented([_written(equation, equation.value) for equation in first], 3)
        lines += indented([_written(last, float(after))], 3)
    return lines


def _written(equation: Equation, value: float) -> str:
    """`name = symbols = numbers = value`."""
    numbers = {factor.symbol: operand(factor.value, _digits(factor.symbol)) for factor in equation.given}
    with_numbers = filled(equation.formula, numbers)
    return f"{equation.name} = {equation.formula} = {with_numbers} = {number(value, _digits(equation.name))}"


def _digits(symbol: str) -> int:
    """A weight changes by little: more digits show it."""
    return FLOAT32_DIGITS if symbol.rstrip("'") == "p" else DIGITS
