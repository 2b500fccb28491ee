"""Forward and backward of one sample, one equation per scalar."""

from __future__ import annotations

from nnrun.tracing import loss_page
from nnrun.tracing.scalars import Equation, Scalars
from nnrun.tracing.step import Trace
from nnrun.tracing.text import TIMES, Line, filled, indented, number, operand


def sections(trace: Trace, scalars: Scalars) -> list[list[Line]]:
    """Forward, loss, backward."""
    return [_forward(trace, scalars), loss_page.value(trace), _backward(trace, scalars)]


def _forward(trace: Trace, scalars: Scalars) -> list[Line]:
    sample = ", ".join(f"{factor.symbol} = {number(factor.value)}" for factor in (*scalars.x, *scalars.y))
    which = "" if scalars.samples == 1 else ", the first sample"
    return [
        Line(f"forward, scalar by scalar{which}: {sample}", heading=True),
        *indented([_written(equation) for equation in scalars.forward]),
        *indented(loss_page.kinks(*(kink for layer in trace.layers for kink in layer.kinks))),
    ]


def _backward(trace: Trace, scalars: Scalars) -> list[Line]:
    title = "backward, each gradient by the chain rule"
    if scalars.samples > 1:
        title += f": this sample's share, {scalars.samples} of which make up the batch's"
    p, y = trace.prediction[0].tolist(), [factor.value for factor in scalars.y]
    slope, signal = loss_page.slope(trace, p, y), trace.loss_signal[0].tolist()
    several = [f"dL/dp[{output}] = {number(value)}" for output, value in enumerate(signal)]
    first = [f"dL/dp = {slope} = {number(signal[0])}"] if len(signal) == 1 else [f"dL/dp = {slope}", *several]
    equations = [*scalars.backward, *scalars.gradients]
    return [
        Line(title, heading=True),
        *indented(first),
        *indented([_written(equation) for equation in equations]),
    ]


def _written(equation: Equation) -> str:
    """`name = symbols = numbers = value`."""
    if equation.formula:
        numbers = {factor.symbol: operand(factor.value) for factor in equation.given}
        texts = [equation.call or equation.formula, filled(equation.formula, numbers)]
    else:
        texts = [
            " + ".join(f" {TIMES} ".join(factors) for factors in form)
            for form in (
                [[factor.symbol for factor in term] for term in equation.terms],
                [[operand(factor.value) for factor in term] for term in equation.terms],
            )
        ]
    steps = [text for text in dict.fromkeys(texts) if text not in (equation.name, operand(equation.value))]
    return " = ".join([equation.name, *steps, number(equation.value)])
