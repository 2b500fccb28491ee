"""Elements of a sweep's value: each range, and each list in a shell's braces, becomes the values it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnrun.arguments.context import Value
from nnrun.arguments.grammar import call, is_readable, split
from nnrun.arguments.quoting import quoted
from nnrun.arguments.ranges import MOST_VALUES, Range, is_range, read_range, shortest
from nnrun.arguments.shell import shell_word
from nnrun.characters import visible
from nnrun.schema import Parameter

_BRACES = "braces are for a shell that expands them"
_APART = "write values and ranges apart by commas, such as {key}=0..4,10"


@dataclass(frozen=True)
class _Element:
    """One element: what it stands for, or what is wrong with it and how to type it."""

    typed: str
    values: tuple[str, ...]
    problem: str | None = None
    fixed: str | None = None
    example: str | None = None

    @property
    def word(self) -> str | None:
        return self.fixed if self.problem else self.typed


def check_elements(key: str, value: str, parameters: Sequence[Parameter], multirun: bool) -> Value | None:
    """`value` of a key that is no text with its ranges expanded; None where it has none.

    Args:
        key: for messages.
        value: ASCII.
        parameters: what `key` takes; empty where nobody knows it.
        multirun: there is `-m`, which ranges need.
    """
    called = call(value)
    chosen = called is not None and called[0] == "choice"
    texts = split(called[1] if called and chosen else value)
    if not parameters and not multirun:
        return None
    if parameters and len(texts) > 1:
        nested = next((inner for text in texts if (inner := call(text))), None)
        if nested:
            return Value("", f"{nested[0]}(...) cannot stand beside other values; {_APART.format(key=key)}")
    if not any(_braced(text) or is_range(text, strictly=not parameters) for text in texts):
        return None
    if parameters and not any(parameter.kind in (int, float) for parameter in parameters):
        return _of_names(key, texts, parameters[0], multirun)
    whole = bool(parameters) and all(parameter.kind is int for parameter in parameters)
    elements = [_element(text, whole, strictly=not parameters) for text in texts]
    problem = _problem(key, elements, multirun)
    if problem:
        return problem
    values = [found for element in elements for found in element.values]
    if len(values) > MOST_VALUES:
        return Value("", f"{len(values):,} values for {key} are more than {MOST_VALUES:,}")
    if not multirun:
        return several(key, value, len(values))
    listed = ",".join(values)
    return Value(f"choice({listed})" if chosen else listed)


def several(key: str, value: str, count: int | None) -> Value:
    """Several values where there is no `-m`."""
    form = visible(shell_word(f"{key}={value}"))
    problem = f"{count or 'several'} values for {key}; to try each: nnrun -m {form}"
    return Value("", problem, value, sweeps=True)


def unbraced(text: str) -> str | None:
    """The inside of `{a,b}` or `{a..b}`, a list for a shell to expand; None for anything else."""
    if not _braced(text):
        return None
    return text[1:-1]


def _braced(text: str) -> bool:
    """A dictionary has a colon in every element."""
    if not (text.startswith("{") and text.endswith("}")) or len(split(text)) > 1:
        return False
    inner = split(text[1:-1])
    return (len(inner) > 1 or ".." in text) and all(":" not in part or ".." in part for part in inner)


def _element(text: str, whole: bool, strictly: bool) -> _Element:
    inner = unbraced(text)
    if inner is not None:
        parts = [_element(part, whole, strictly) for part in split(inner)]
        words = [part.word for part in parts]
        fixed = shortest([word for word in words if word is not None]) if None not in words else None
        return _Element(text, (), _BRACES, fixed, next((part.example for part in parts), None))
    if not is_range(text, strictly):
        return _Element(text, (text if is_readable(text) else quoted(text),))
    found = read_range(text)
    if isinstance(found, Range):
        return _Element(text, found.values(whole))
    return _Element(text, (), found.text, found.fixed, found.example)


def _problem(key: str, elements: Sequence[_Element], multirun: bool) -> Value | None:
    """The first kind of problem, with every element in its right form."""
    wrong = next((element for element in elements if element.problem), None)
    if wrong is None:
        return None
    words = [element.word for element in elements]
    if None in words:
        hopeless = next(element for element in elements if element.problem and element.fixed is None)
        return Value("", f"{hopeless.problem}, such as {key}={hopeless.example or '0..4'}")
    fixed = ",".join(word for word in words if word is not None)
    return _advised(wrong.problem or "", key, fixed, multirun)


def _of_names(key: str, texts: Sequence[str], parameter: Parameter, multirun: bool) -> Value:
    """Where no number is wanted: a list in braces may be meant, a range may not."""
    inner = [unbraced(text) or text for text in texts]
    if any(is_range(part) for text in inner for part in split(text)):
        return Value("", f"ranges are for numbers; {key} wants {parameter.wanted}")
    return _advised(_BRACES, key, ",".join(inner), multirun)


def _advised(problem: str, key: str, fixed: str, multirun: bool) -> Value:
    form = f"{'' if multirun else 'nnrun -m '}{visible(shell_word(f'{key}={fixed}'))}"
    stop = "" if problem.endswith("?") else ";"
    return Value("", f"{problem}{stop} write {form}", fixed, sweeps=not multirun)
