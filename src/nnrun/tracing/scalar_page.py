"""Forward and backward of one sample, one equation per scalar."""

from __future__ import annotations

from nnrun.tracing import loss_page
from nnrun.tracing.phrases import Phrases
from nnrun.tracing.scalars import Equation, Scalars
from nnrun.tracing.step import Trace
from nnrun.tracing.text import TIMES, Line, filled, indented, number, operand


def sections(trace: Trace, scalars: Scalars, say: Phrases) -> list[list[Line]]:
    """Forward, loss, backward."""
    return [_forward(trace, scalars, say), loss_page.value(trace, say), _backward(trace, scalars, say)]


def _forward(trace: Trace, scalars: Scalars, say: Phrases) -> list[Line]:
    sample = say.listed(f"{factor.symbol} = {number(factor.value)}" for factor in (*scalars.x, *scalars.y))
    key = "forward.scalars" if scalars.samples == 1 else "forward.scalars.first"
    return [
        Line(say(key, sample=sample), heading=True),
        *indented([_written(equation, say) for equation in scalars.forward]),
        *indented(say.kinks(*(kink for layer in trace.layers for kink in layer.kinks))),
    ]


def _backward(trace: Trace, scalars: Scalars, say: Phrases) -> list[Line]:
    key = "backward.scalars" if scalars.samples == 1 else "backward.share"
    p, y = trace.prediction[0].tolist(), [factor.value for factor in scalars.y]
    slope, signal = loss_page.slope(trace, p, y, say), trace.loss_signal[0].tolist()
    several = [f"dL/dp[{output}] = {number(value)}" for output, value in enumerate(signal)]
    first = [f"dL/dp {slope} = {number(signal[0])}"] if len(signal) == 1 else [f"dL/dp {slope}", *several]
    equations = [*scalars.backward, *scalars.gradients]
    return [
        Line(say(key, samples=scalars.samples), heading=True),
        *indented(first),
        *indented([_written(equation, say) for equation in equations]),
    ]


def _written(equation: Equation, say: Phrases) -> str:
    """`name = symbols = numbers = value`."""
    if equation.formula:
        numbers = {factor.symbol: operand(factor.value) for factor in equation.given}
        formula = say.formula(equation.formula)
        texts = [equation.call or formula, filled(formula, numbers)]
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
