"""What a loss looks like with numbers in its formulas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnrun.losses import Loss, losses
from nnrun.tracing.phrases import Phrases
from nnrun.tracing.settings import written
from nnrun.tracing.step import Trace
from nnrun.tracing.text import Line, filled, indented, number, row, wrapped


def value(trace: Trace, say: Phrases) -> list[Line]:
    """The loss: formula, the same with numbers, value."""
    loss, p, y = _loss(trace), trace.prediction, trace.problem.y[0]
    targets = y.argmax(axis=1).tolist() if loss.task == "classification" else y.ravel().tolist()
    numbers = {"p": row(p.ravel().tolist()), "y": row(targets)} | _options(trace)
    formula = say.loss(loss)
    with_numbers = filled(formula, numbers)
    if not loss.is_by_hand:
        settings = [f"{key} {written(value)}" for key, value in trace.binding.spec.loss.options.items()]
        formula, with_numbers = (
            say.listed([formula, *settings]),
            f"{loss.name}({numbers['p']}, {numbers['y']})",
        )
    lines = [
        Line(say("loss", name=loss.name, value=number(trace.loss)), heading=True),
        *indented([f"L = {formula}", f"  = {with_numbers} = {number(trace.loss)}"]),
    ]
    if loss.task == "classification" and any(trace.binding.spec.loss.options.values()):
        lines += indented(wrapped(say.loss_text(loss.name)))
    return lines + ([] if trace.kink is None else indented(say.kinks(trace.kink)))


def slope(trace: Trace, p: Sequence[float], y: Sequence[float], say: Phrases) -> str:
    """What d loss / d p is: a formula, where it is simple the same with numbers; or how it was found."""
    loss = _loss(trace)
    if not loss.is_by_hand:
        return say("loss.own", part=f"loss={trace.binding.spec.loss.name}")
    formula = say.loss_slope(loss)
    if loss.task == "classification":
        return f"= {formula}"
    numbers = {"p": row(p), "y": row(y), "n": str(trace.prediction.size)} | _options(trace)
    return f"= {formula} = {filled(formula, numbers)}"


def _loss(trace: Trace) -> Loss:
    chosen = trace.binding.spec.loss
    return losses.build(chosen.name, np.asarray, **chosen.options)


def _options(trace: Trace) -> dict[str, str]:
    options = trace.binding.spec.loss.options
    return {key: number(value) for key, value in options.items() if isinstance(value, float)}
