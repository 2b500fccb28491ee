"""What a loss and a kink look like with numbers in their formulas."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from nnrun.losses import Loss, losses
from nnrun.tracing import formulas
from nnrun.tracing.step import Kink, Trace
from nnrun.tracing.text import Line, filled, indented, number, row

WIDTH = 100


def value(trace: Trace) -> list[Line]:
    """The loss: formula, the same with numbers, value."""
    loss, p, y = _loss(trace), trace.prediction, trace.problem.y[0]
    targets = y.argmax(axis=1).tolist() if loss.task == "classification" else y.ravel().tolist()
    numbers = {"p": row(p.ravel().tolist()), "y": row(targets)} | _options(trace)
    with_numbers = filled(loss.formula, numbers)
    lines = [
        Line(f"loss {loss.name}: {number(trace.loss)}", heading=True),
        *indented([f"L = {loss.formula}", f"  = {with_numbers} = {number(trace.loss)}"]),
    ]
    if loss.task == "classification" and any(trace.binding.spec.loss.options.values()):
        lines += indented(textwrap.wrap(formulas.loss(loss.name), WIDTH))
    return lines + ([] if trace.kink is None else indented(kinks(trace.kink)))


def slope(trace: Trace, p: Sequence[float], y: Sequence[float]) -> str:
    """The formula of d loss / d p, and where it is simple the same with numbers."""
    loss = _loss(trace)
    if loss.task == "classification":
        return loss.gradient_formula
    numbers = {"p": row(p), "y": row(y), "n": str(trace.prediction.size)} | _options(trace)
    return f"{loss.gradient_formula} = {filled(loss.gradient_formula, numbers)}"


def kinks(*met: Kink) -> list[str]:
    """What is said of kinks that the batch meets exactly."""
    return [
        f"{kink.function} has no derivative at {kink.place}, met {_times(kink.count)}:"
        f" {number(kink.used)} is used"
        for kink in met
        if kink.count
    ]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _loss(trace: Trace) -> Loss:
    chosen = trace.binding.spec.loss
    return losses.build(chosen.name, np.asarray, **chosen.options)


def _options(trace: Trace) -> dict[str, str]:
    options = trace.binding.spec.loss.options
    return {key: number(value) for key, value in options.items() if isinstance(value, float)}
