"""What `nnrun grad` shows: steps, graph, chain rule and the gradient's three values, as text and as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnrun.calculus import Gradient, Graph, backward, finite_differences, kinks
from nnrun.calculus.chain import link_texts
from nnrun.calculus.graph import Array, is_literal
from nnrun.characters import visible
from nnrun.commands.console import emit
from nnrun.expressions import Name, Node, format

WIDTH = 100
_SHOWN = 8
_NOTED = 3
_DIFFERENT = 1e-4
"""Relative to the gradient, or to 1 where it is smaller: finite differences are right to about 1e-9."""

WAYS = ("chain rule", "autograd", "finite differences")
_UNICODE, _ASCII = ("├─ ", "└─ ", "│  "), ("|- ", "`- ", "|  ")


@dataclass(frozen=True, eq=False)
class Derivation:
    """A computation with the gradient of its result.

    Attributes:
        graph: the computation.
        gradients: by the chain rule, by each step and then by each variable.
        ways: way -> variable -> gradient.
        notes: what has no derivative, what is not finite, where the ways differ.
    """

    graph: Graph
    gradients: tuple[Gradient, ...]
    ways: Mapping[str, Mapping[str, Array]]
    notes: tuple[str, ...]

    @property
    def variables(self) -> tuple[Gradient, ...]:
        """The gradients by the variables."""
        return tuple(gradient for gradient in self.gradients if gradient.label in self.graph.values)

    def difference(self, name: str) -> float:
        """The largest difference between two ways, where all are finite; NaN where they never are."""
        stacked = np.stack([self.ways[way][name] for way in WAYS])
        finite = np.isfinite(stacked)
        spread = _spread(stacked)[finite.all(axis=0)]
        return float(spread.max()) if spread.size else math.nan


def derived(graph: Graph) -> Derivation:
    """The gradient of `graph`, three ways; loads torch."""
    from nnrun.calculus.autograd import autograd

    gradients = backward(graph)
    by_rule = {gradient.label: gradient.value for gradient in gradients if gradient.label in graph.values}
    by_torch = autograd(graph.expression, graph.values)
    by_steps = finite_differences(graph.expression, graph.values)
    ways = dict(zip(WAYS, (by_rule, by_torch, by_steps), strict=True))
    notes = (*_not_finite(graph), *kinks(graph, gradients), *_disagreements(graph, ways))
    return Derivation(graph, gradients, ways, notes)


def to_json(derivation: Derivation) -> str:
    """Everything, unshortened; null for what is not finite."""
    graph, out = derivation.graph, derivation.graph.out.label
    content = {
        "expression": graph.expression.text,
        "values": {name: _plain(value) for name, value in graph.values.items()},
        "steps": [
            {"name": step.label, "formula": step.text, "value": _plain(step.value)} for step in graph.steps
        ],
        "result": _plain(graph.out.value),
        "chain": [
            {"by": link.label, "rule": link_texts(link.links, out) or link.text, "value": _plain(link.value)}
            for link in derivation.gradients
        ],
        "gradient": {
            gradient.label: {
                "formula": gradient.text,
                **{way.replace(" ", "_"): _plain(derivation.ways[way][gradient.label]) for way in WAYS},
                "largest_difference": _plain(np.asarray(derivation.difference(gradient.label))),
            }
            for gradient in derivation.variables
        },
        "notes": derivation.notes,
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def as_text(derivation: Derivation) -> str:
    """All sections; a heading stands at the left margin, what belongs to it is indented."""
    graph, out = derivation.graph, derivation.graph.out.label
    given = [(f"{name}", _shown(value)) for name, value in graph.values.items()]
    steps = [(f"{step.label} = {step.text}", _shown(step.value)) for step in graph.steps]
    chain = [
        (f"d {out}/d {link.label} = {link_texts(link.links, out) or link.text}", _shown(link.value))
        for link in derivation.gradients
    ]
    formulas = [f"d {out}/d {gradient.label} = {_formula(gradient)}" for gradient in derivation.variables]
    sections = {
        graph.expression.text: _aligned(given),
        "values": _aligned(steps),
        "graph": list(_tree(graph)),
        "chain rule, from the result back": _aligned(chain),
        "gradient in symbols": formulas,
        "gradient, three ways": list(_table(derivation)),
        "notes": list(derivation.notes),
    }
    blocks = [
        "\n".join([title, *(f"  {line}".rstrip() for line in lines)])
        for title, lines in sections.items()
        if lines
    ]
    return "\n\n".join("\n".join(map(visible, block.split("\n"))) for block in blocks)


def emit_styled(text: str) -> None:
    """Writes to stdout, headings in colour on a terminal."""
    if not sys.stdout.isatty():
        emit(text)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    with console.capture() as captured:
        for line in text.split("\n"):
            console.print(Text(line, style="" if line.startswith(" ") else "bold cyan"))
    emit(captured.get())


def _formula(gradient: Gradient) -> str:
    return gradient.text or "(too long to be written out; the chain rule above is it)"


def _aligned(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """`left = right`, right sides below each other where the left sides are short; right once if equal."""
    width = max((len(left) for left, _ in pairs if len(left) <= WIDTH // 2), default=0)
    return [left if left.endswith(f"= {right}") else f"{left:<{width}} = {right}" for left, right in pairs]


def _tree(graph: Graph) -> Iterator[str]:
    """The result, below it what it is made of, and so on; a step that is used twice is drawn once."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "".join(_UNICODE).encode(encoding)
        branch, last, line = _UNICODE
    except (UnicodeError, LookupError):
        branch, last, line = _ASCII
    steps, drawn = {step.node: step for step in graph.steps}, set[Node]()
    pending: list[tuple[Node, str, str]] = [(graph.out.node, "", "")]
    while pending:
        node, lead, indent = pending.pop()
        step = steps.get(node)
        if step is None:
            value = graph.values.get(format(node)) if isinstance(node, Name) else None
            yield f"{lead}{format(node)}" + ("" if value is None else f" = {_shown(value)}")
            continue
        if node in drawn:
            yield f"{lead}{step.label} (as above)"
            continue
        drawn.add(node)
        yield f"{lead}{step.label} = {step.text} = {_shown(step.value)}"
        children = [child for child in dict.fromkeys(node.operands) if not is_literal(child)]
        for child in reversed(children):
            is_last = child is children[-1]
            pending.append(
                (child, indent + (last if is_last else branch), indent + ("   " if is_last else line))
            )


def _table(derivation: Derivation) -> Iterator[str]:
    """One row for each way, one column for each variable; as many columns side by side as fit."""
    out = derivation.graph.out.label
    rows = (*WAYS, "largest difference")
    margin = max(map(len, rows)) + 2
    columns = [
        [
            f"d {out}/d {gradient.label}",
            *(_shown(derivation.ways[way][gradient.label]) for way in WAYS),
            f"{derivation.difference(gradient.label):.2g}",
        ]
        for gradient in derivation.variables
    ]
    group: list[list[str]] = []
    for column in columns:
        if group and margin + sum(max(map(len, cells)) + 2 for cells in [*group, column]) > WIDTH:
            yield from [*_rows(rows, group, margin), ""]
            group = []
        group.append(column)
    yield from _rows(rows, group, margin)


def _rows(names: Sequence[str], columns: Sequence[Sequence[str]], margin: int) -> Iterator[str]:
    for position, name in enumerate(("", *names)):
        cells = [column[position].ljust(max(map(len, column)) + 2) for column in columns]
        yield (name.ljust(margin) + "".join(cells)).rstrip()


def _shown(value: Array) -> str:
    """Six digits each; long vectors without their middle."""
    if value.ndim == 0:
        return _number(value[()])
    texts = [_number(element) for element in value]
    if len(texts) > _SHOWN:
        return f"[{', '.join([*texts[:4], '...', *texts[-2:]])}] ({len(texts)} values)"
    return f"[{', '.join(texts)}]"


def _number(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return f"{value + 0.0:.6g}"


def _plain(value: Array) -> Any:
    if value.ndim:
        return [_plain(element) for element in value]
    element = value.item()
    return element if math.isfinite(element) else None


def _not_finite(graph: Graph) -> Iterator[str]:
    """The steps where numbers that are not finite first appear."""
    for step in graph.steps:
        used = [graph.labelled.get(format(operand)) for operand in step.formula.operands]
        if not np.isfinite(step.value).all() and all(v is None or np.isfinite(v).all() for v in used):
            yield f"{step.label} = {step.text} is not finite: {_shown(step.value)}"


def _disagreements(graph: Graph, ways: Mapping[str, Mapping[str, Array]]) -> Iterator[str]:
    """What each way gives where they differ, or where the gradient is not finite."""
    for name, value in graph.values.items():
        stacked = np.stack([ways[way][name] for way in WAYS]).reshape(len(WAYS), -1)
        finite = np.isfinite(stacked).all(axis=0)
        scale = np.maximum(1.0, np.min(np.abs(stacked), axis=0))
        noted = np.flatnonzero(~finite | (_spread(stacked) > _DIFFERENT * scale))
        for index in noted[:_NOTED]:
            place = f"{name}[{index}]" if value.ndim else name
            what = "the three ways differ" if finite[index] else "not every way gives a finite gradient"
            each = ", ".join(f"{way} {_number(row[index])}" for way, row in zip(WAYS, stacked, strict=True))
            yield f"{what} at {place}: {each}"
        if noted.size > _NOTED:
            yield f"... and at {noted.size - _NOTED} more elements of {name}"


def _spread(stacked: Array) -> Array:
    """Largest less smallest of the finite numbers along the first axis; 0 where there are none."""
    finite = np.isfinite(stacked)
    largest = np.where(finite, stacked, -np.inf).max(axis=0)
    smallest = np.where(finite, stacked, np.inf).min(axis=0)
    some = finite.any(axis=0)
    return np.asarray(np.where(some, largest, 0.0) - np.where(some, smallest, 0.0))
