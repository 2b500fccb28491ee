"""What `nnrun grad` shows: steps, graph, chain rule and the gradient's three values, as text and as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnrun.calculus import Graph, Note
from nnrun.calculus.chain import link_texts
from nnrun.calculus.derivation import WAYS, Derivation
from nnrun.calculus.graph import Array, is_literal
from nnrun.calculus.numbers import brief
from nnrun.characters import cells, padded, visible
from nnrun.commands.console import emit
from nnrun.expressions import Name, Node, format
from nnrun.words import words

WIDTH = 100
_UNICODE, _ASCII = ("├─ ", "└─ ", "│  "), ("|- ", "`- ", "|  ")


def to_json(derivation: Derivation) -> str:
    """Everything, unshortened and in English; null for what is not finite."""
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
                **{way: _plain(derivation.ways[way][gradient.label]) for way in WAYS},
                "largest_difference": _plain(np.asarray(derivation.difference(gradient.label))),
                "not_compared": derivation.left_out(gradient.label),
            }
            for gradient in derivation.variables
        },
        "notes": [note.text(words("en")) for note in derivation.notes],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def as_text(derivation: Derivation, language: str = "en") -> str:
    """All sections; a heading stands at the left margin, what belongs to it is indented."""
    graph, out, say = derivation.graph, derivation.graph.out.label, words(language)
    given = [(f"{name}", _shown(value, say)) for name, value in graph.values.items()]
    steps = [(step.equation, _shown(step.value, say)) for step in graph.steps]
    chain = [
        (f"d {out}/d {link.label} = {link_texts(link.links, out) or link.text}", _shown(link.value, say))
        for link in derivation.gradients
    ]
    formulas = [
        f"d {out}/d {gradient.label} = {gradient.text or say['grad.too_long']}"
        for gradient in derivation.variables
    ]
    sections = {
        graph.expression.text: _aligned(given),
        say["grad.heading.values"]: _aligned(steps),
        say["grad.heading.graph"]: list(_tree(graph, say)),
        say["grad.heading.chain"]: _aligned(chain),
        say["grad.heading.symbols"]: formulas,
        say["grad.heading.ways"]: list(_table(derivation, say)),
        say["grad.heading.notes"]: [note.text(say) for note in derivation.notes],
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


def _aligned(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """`left = right`, right sides below each other where the left sides are short; right once if equal."""
    width = max((cells(left) for left, _ in pairs if cells(left) <= WIDTH // 2), default=0)
    return [
        left if left.endswith(f"= {right}") else f"{padded(left, width)} = {right}" for left, right in pairs
    ]


def _tree(graph: Graph, say: Mapping[str, str]) -> Iterator[str]:
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
            yield f"{lead}{format(node)}" + ("" if value is None else f" = {_shown(value, say)}")
            continue
        if node in drawn:
            yield lead + say["grad.as_above"].format(name=step.label)
            continue
        drawn.add(node)
        yield f"{lead}{step.equation} = {_shown(step.value, say)}"
        children = [child for child in dict.fromkeys(node.operands) if not is_literal(child)]
        for child in reversed(children):
            is_last = child is children[-1]
            pending.append(
                (child, indent + (last if is_last else branch), indent + ("   " if is_last else line))
            )


def _table(derivation: Derivation, say: Mapping[str, str]) -> Iterator[str]:
    """One row for each way, one column for each variable; as many columns side by side as fit."""
    out = derivation.graph.out.label
    rows = [say[f"grad.way.{row}"] for row in (*WAYS, "largest_difference")]
    margin = max(map(cells, rows)) + 2
    columns = [
        [
            f"d {out}/d {gradient.label}",
            *(_shown(derivation.ways[way][gradient.label], say) for way in WAYS),
            _difference(derivation, gradient.label, say),
        ]
        for gradient in derivation.variables
    ]
    group: list[list[str]] = []
    for column in columns:
        if group and margin + sum(map(_width, [*group, column])) > WIDTH:
            yield from [*_rows(rows, group, margin), ""]
            group = []
        group.append(column)
    yield from _rows(rows, group, margin)


def _difference(derivation: Derivation, name: str, say: Mapping[str, str]) -> str:
    """The largest difference, and without which elements, where there is none of some."""
    text, left_out = f"{derivation.difference(name):.2g}", derivation.left_out(name)
    if not left_out or not derivation.graph.values[name].ndim:
        return text
    places = ", ".join(f"{name}[{index}]" for index in left_out[:2])
    key = "grad.without" if len(left_out) <= 2 else "grad.without_more"
    return say[key].format(difference=text, places=places, more=len(left_out) - 2)


def _rows(names: Sequence[str], columns: Sequence[Sequence[str]], margin: int) -> Iterator[str]:
    for position, name in enumerate(("", *names)):
        entries = [padded(column[position], _width(column)) for column in columns]
        yield (padded(name, margin) + "".join(entries)).rstrip()


def _width(column: Sequence[str]) -> int:
    return max(map(cells, column)) + 2


def _shown(value: Array, say: Mapping[str, str]) -> str:
    """Six digits each; long vectors without their middle."""
    shown = brief(value)
    return shown.text(say) if isinstance(shown, Note) else shown


def _plain(value: Array) -> Any:
    if value.ndim:
        return [_plain(element) for element in value]
    element = value.item()
    return element if math.isfinite(element) else None
