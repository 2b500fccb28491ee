"""Which runs are meant: a condition on their configuration and on what they came to."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnrun.errors import ExpressionError
from nnrun.expressions import (
    NUMPY,
    Arithmetic,
    Comparison,
    Expression,
    Logical,
    Name,
    Node,
    Not,
    Text,
    parse,
    postorder,
)
from nnrun.expressions.hints import unknown_name
from nnrun.runs.entry import Entry

_SCALARS = Arithmetic(array=np.float64, functions=NUMPY.functions)
"""NumPy's numbers, which are computed with faster than its arrays of one."""

_SPELLINGS = re.compile(
    r"""(?P<quoted>'[^']*'|"[^"]*")
    |(?<![\w.])(?P<part>train|val|test)/(?P<metric>[A-Za-z]\w*)
    |(?<![\w.])(?P<text>\d+(?:x\d+)+|\d{4}-\d\d-\d\d(?:T[\d:]*Z?)?)(?![\w.])""",
    re.VERBOSE,
)
"""What means something else in a formula: columns, lists and dates as nnrun writes them."""

_PARTS = ("dataset", "model", "optim", "schedule", "loss", "engine", "device")
_FIELDS = ("name", "title", "command", "dtype", "started", "finished", "seconds", "config_hash", "git_commit")
_MANY = ("tags", "verdicts")


@dataclasses.dataclass(frozen=True)
class Filter:
    """A condition such as `optim.lr > 0.1 and status == completed`; `docs/runs.md` says what it may name.

    A comparison that names a value which a run does not have is neither true nor false: a run matches where
    the whole is true whatever that comparison is.

    Attributes:
        text: the condition.
        expression: what it says.
        known: names of values, which are never read as texts; None: those of the run in question.
    """

    text: str
    expression: Expression
    known: frozenset[str] | None = None

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Reads a condition.

        Raises:
            ExpressionError: it is none.
        """
        return cls(text, parse(_SPELLINGS.sub(_spelled, text)))

    @property
    def names(self) -> tuple[str, ...]:
        """The values that it asks for, in order of appearance; plain words that are texts are left out."""
        texts = {id(node) for node in _words(self.expression.root, self.known)}
        nodes = (node for node in postorder(self.expression.root) if isinstance(node, Name))
        free = set(self.expression.names)
        return tuple(
            dict.fromkeys(node.name for node in nodes if node.name in free and id(node) not in texts)
        )

    def within(self, known: Collection[str]) -> Filter:
        """The same condition where it is known what has values.

        Raises:
            ExpressionError: it names something else, with the nearest name.
        """
        bound = dataclasses.replace(self, known=frozenset(known))
        wrong = next((name for name in bound.names if name not in known), None)
        if wrong is not None:
            nodes = (node for node in postorder(self.expression.root) if isinstance(node, Name))
            place = next(node.position for node in nodes if node.name == wrong)
            # Of `optim.rl` the key is wrong, and not that there is one.
            alike = [name for name in known if "." in name or "." not in wrong]
            raise ExpressionError(unknown_name(wrong, sorted(alike or known)), self.expression.text, place)
        return bound

    def keep(self, values: Mapping[str, object]) -> bool:
        """Whether a run matches.

        Args:
            values: as `values_of` gives them.
        """
        return self._truth(self.expression.root, values, []) is True

    def matching(self, runs: Sequence[Mapping[str, object]]) -> list[bool]:
        """Whether each of several runs matches.

        Raises:
            ExpressionError: it names what no run has, or makes no sense for any run.
        """
        if not runs:
            return []
        bound = self.within({name for values in runs for name in values})
        problems: list[ExpressionError] = []
        truths = [bound._truth(self.expression.root, values, problems) for values in runs]
        if problems and all(truth is None for truth in truths):
            raise problems[0]
        return [truth is True for truth in truths]

    def _truth(
        self, node: Node, values: Mapping[str, object], problems: list[ExpressionError]
    ) -> bool | None:
        """True, false, or None where that cannot be said."""
        match node:
            case Not(operand):
                truth = self._truth(operand, values, problems)
                return None if truth is None else not truth
            case Logical(operator, left, right):
                deciding = operator == "or"
                first = self._truth(left, values, problems)
                if first is deciding:
                    return deciding
                second = self._truth(right, values, problems)
                if second is deciding:
                    return deciding
                return None if first is None or second is None else not deciding
        return self._compared(node, values, problems)

    def _compared(
        self, node: Node, values: Mapping[str, object], problems: list[ExpressionError]
    ) -> bool | None:
        names, words = _named(node, frozenset(values) if self.known is None else self.known)
        needed = [name for name in names if name not in values]
        if any(name not in words for name in needed):
            return None
        expression = Expression(self.expression.text, node)
        many = next((name for name in names if isinstance(values.get(name), tuple)), None)
        try:
            if many is None:
                return bool(expression.evaluate(values, _SCALARS))
            items: Any = values[many]
            truths = [bool(expression.evaluate({**values, many: item}, _SCALARS)) for item in items]
        except ExpressionError as error:
            problems.append(error)
            return None
        unequal = isinstance(node, Comparison) and "!=" in node.operators
        return all(truths) if unequal else any(truths)


def values_of(entry: Entry) -> dict[str, object]:
    """What a filter may name, name -> number, truth value, text, None, or a tuple of texts.

    Keys of the configuration as in the configuration; lists as they are typed, such as `20x20`; final metrics
    as `train.loss`. What is not recorded is not there.
    """
    summary = entry.summary
    values = {key: _flat(value) for key, value in entry.config.items()}
    for part in _PARTS:
        name = part_of(entry, part)
        if name is not None:
            values[part] = name
    values |= {key: _flat(summary[key]) for key in _FIELDS if key in summary}
    values |= {"status": entry.status, "kind": entry.kind}
    for name in ("final", "test"):
        values |= {column.replace("/", "."): _flat(it) for column, it in _fields(summary, name).items()}
    values |= _outcome(entry)
    values |= {key: _texts(summary[key]) for key in _MANY if isinstance(summary.get(key), list)}
    if entry.problem:
        values["problem"] = entry.problem
    return values


def part_of(entry: Entry, part: str) -> str | None:
    """The name of a run's dataset, model, loss, ...; None where it is not recorded."""
    recorded = entry.summary.get(part)
    if isinstance(recorded, Mapping):
        recorded = recorded.get("name")
    name = recorded if isinstance(recorded, str) else entry.config.get(f"{part}.name")
    return name if isinstance(name, str) else None


def objective_of(entry: Entry) -> tuple[float | None, str | None]:
    """The number that a run is judged by, of a sweep that of its best setting, and its name."""
    objective = _fields(entry.summary, "objective")
    sweep = entry.kind == "sweep"
    value = _fields(entry.summary, "best").get("median") if sweep else objective.get("value")
    name = objective.get("name")
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return number, (name if isinstance(name, str) else None)


def typed(value: object) -> str:
    """A value of a configuration as people type it: `20x20` for a list of whole numbers, `true`, `null`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        whole = value and all(type(item) is int for item in value)
        return ("x" if whole else ",").join(map(typed, value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def assigned(key: str, value: object) -> str:
    """A key and its value as people type them; the name of a part is that of its group: `optim=adam`."""
    group = key.removesuffix(".name")
    return f"{group if group in _PARTS else key}={typed(value)}"


def _spelled(match: re.Match[str]) -> str:
    if match["quoted"]:
        return match[0]
    return f"'{match['text']}'" if match["text"] else f"{match['part']}.{match['metric']}"


@functools.lru_cache(4096)
def _named(node: Node, known: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names in a comparison, and those of them that may be texts."""
    words = frozenset(word.name for word in _words(node, known))
    return Expression("", node).names, words


def _words(root: Node, known: frozenset[str] | None) -> Iterator[Name]:
    """The names that are read as texts: behind `==` or `!=` and a name, and, where it is known, no name."""
    for node in postorder(root):
        if not isinstance(node, Comparison) or not {"==", "!="}.issuperset(node.operators):
            continue
        named = [operand for operand in node.operands if isinstance(operand, Name)]
        texts = any(isinstance(operand, Text) for operand in node.operands)
        if known is None:
            yield from named if texts and len(named) > 1 else named[1:]
        elif any(operand.name in known for operand in named):
            yield from (operand for operand in named if operand.name not in known)


def _flat(value: object) -> object:
    """A list as it is typed, or as the one number in it; anything else as it is."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 and not isinstance(value[0], list | dict) else typed(value)
    return str(value) if isinstance(value, dict) else value


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    """Tags, and the keys of verdicts."""
    return tuple(str(value.get("key")) if isinstance(value, Mapping) else str(value) for value in values)


def _outcome(entry: Entry) -> dict[str, object]:
    """What a run or a sweep came to, as far as that is recorded."""
    summary = entry.summary
    best, model = _fields(summary, "best"), _fields(summary, "model")
    found: dict[str, object] = {}
    if isinstance(summary.get("objective"), dict):
        found["objective"], found["objective.name"] = objective_of(entry)
    if "epoch" in best:
        found |= {"best": _flat(best.get("value")), "best.epoch": _flat(best["epoch"])}
    if "parameters" in model:
        found["parameters"] = _flat(model["parameters"])
    if "epochs" in summary:
        found["epochs.done"] = _flat(summary["epochs"])
    return found | {name: _flat(summary[name]) for name in ("jobs", "error") if name in summary}


def _fields(summary: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    content = summary.get(name)
    return content if isinstance(content, Mapping) else {}
