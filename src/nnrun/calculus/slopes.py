"""What the chain rule gives where there is no derivative: always the number that it prints, never another."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import numpy as np

from nnrun.calculus.chain import Gradient
from nnrun.calculus.graph import Array, Graph, Step
from nnrun.calculus.numbers import number
from nnrun.expressions import Expression
from nnrun.words.notes import Note

_SHOWN = 3


def given(remark: Note, graph: Graph, step: Step, mask: Array, gradients: Iterable[Gradient]) -> Note:
    """`remark` with the gradients by the operands of `step` where `mask` is true.

    Args:
        remark: that there is no derivative.
        graph: the computation.
        step: the operation.
        mask: elements of the step, broadcast.
        gradients: of `backward`; without one that goes through the step, the remark is all.
    """
    slopes = [
        Note(
            "grad.slope",
            {"out": graph.out.label, "by": gradient.label, "value": _shown(gradient.value, mask)},
        )
        for gradient in gradients
        if any(link.parent == step.label for link in gradient.links)
    ]
    return Note("grad.gives", {"remark": remark, "slopes": joined(slopes)}) if slopes else remark


def joined(texts: Iterable[str | Note]) -> str | Note:
    """Several after each other, as the language does it."""
    return functools.reduce(lambda first, second: Note("grad.and", {"first": first, "second": second}), texts)


def without_product(graph: Graph, gradients: tuple[Gradient, ...]) -> Iterator[Note]:
    """A note for each gradient that is NaN because the chain rule multiplies 0 by infinity."""
    outer = {gradient.label: gradient.value for gradient in gradients}
    outer[graph.out.label] = np.ones(graph.out.value.shape)
    for gradient in gradients:
        for link in gradient.links if np.isnan(gradient.value).any() else ():
            with np.errstate(all="ignore"):
                local = np.asarray(Expression("", link.local).evaluate(graph.labelled), dtype=np.float64)
                before, factor = np.broadcast_arrays(outer[link.parent], local)
                lost = np.isnan(before * factor) & ~np.isnan(before) & ~np.isnan(factor)
            if lost.any():
                fields = {"out": graph.out.label, "by": gradient.label}
                numbers = {"outer": number(before[lost][0]), "factor": number(factor[lost][0])}
                yield Note("grad.no_product", fields | numbers)


def _shown(value: Array, mask: Array) -> str:
    """The different numbers at these elements; a single number belongs to all."""
    there = np.atleast_1d(value)
    if value.size > 1 and mask.size > 1:
        there = there[np.broadcast_to(mask, there.shape)]
    texts = list(dict.fromkeys(number(element) for element in there))
    return ", ".join([*texts[:_SHOWN], *(["..."] if len(texts) > _SHOWN else [])])
