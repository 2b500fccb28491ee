"""The words behind an expression, `x=1,2,3`: the value of each of its names, or what is wrong with them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnrun.arguments import command_line
from nnrun.errors import BadInput, ExpressionError
from nnrun.expressions import CONSTANTS, FUNCTIONS, Call, Expression, Name, Number, Unary, parse, postorder
from nnrun.expressions.marking import marked, shortened
from nnrun.expressions.tokens import fold
from nnrun.registry import nearest

REDUCTIONS = ("sum", "mean")
_LONGEST_EXAMPLE = 8
_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_ASSIGNMENT = re.compile(rf"\s*({_NAME})\s*=(?!=)(.*)", re.DOTALL)
_DEFINITION = re.compile(rf"\s*({_NAME}\s*(?:\([\w\s,]*\))?)\s*=(?!=)([^=]+)", re.DOTALL)
_START = re.compile(rf"(?<=\s){_NAME}\s*=(?!=)")
_BETWEEN_NUMBERS = re.compile(r"\s*,\s*|(?<=[\w.)])\s+(?=[-+]?[\w.(])")


def refuse_blanks(words: Sequence[str]) -> None:
    """Refuse what the shell has split at blanks, where it is clear what was meant.

    Raises:
        BadInput: with the command as it would be right.
    """
    matches = [_ASSIGNMENT.fullmatch(fold(word)) for word in words[1:]]
    if all(match is not None and match[2].strip() for match in matches):
        return
    typed = fold(" ".join(words))
    starts = [match.start() for match in _START.finditer(typed)]
    pieces = [typed[i:j].strip() for i, j in itertools.pairwise([0, *starts, len(typed)])]
    mended = [pieces[0], *map(_without_blanks, pieces[1:])]
    try:
        expression = parse(pieces[0])
        for word in mended[1:]:
            _assignment(expression, word)
    except BadInput:
        return
    if pieces[0] == fold(words[0]).strip():
        problem = f"{' '.join(words[1:])}: a value has no blanks around '=' and ','"
    else:
        problem = f"{pieces[0]}: an expression with blanks needs double quotes"
    raise BadInput(problem, command_line(["nnrun", "grad", *mended]))


def _without_blanks(assignment: str) -> str:
    """`x = 1, 2 3` as `x=1,2,3`."""
    name, _, value = assignment.partition("=")
    return f"{name.strip()}={_BETWEEN_NUMBERS.sub(',', value.strip())}"


def refuse_definition(words: Sequence[str]) -> None:
    """Refuse an expression that is written as a definition, `f(x)=x^2` or `y = x^2`.

    Raises:
        BadInput: with the right side alone as the command.
    """
    match = _DEFINITION.fullmatch(fold(words[0]))
    try:
        if match is None or not parse(match[2]).names:
            return
    except ExpressionError:
        return
    command = command_line(["nnrun", "grad", match[2].strip(), *words[1:]])
    raise BadInput(f"{shortened(words[0])}: write only what stands right of '{match[1].strip()} ='", command)


def values_of(expression: Expression, words: Sequence[str]) -> dict[str, Any]:
    """The value of each name of the expression, and of no other.

    Raises:
        BadInput: all words that are wrong.
        ExpressionError: a name of the expression has no value.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for word in words:
        try:
            name, value = _assignment(expression, word)
        except ExpressionError as error:
            problems.append(f"{word}: {error}")
        except BadInput as error:
            problems += error.problems
        else:
            if name in values:
                problems.append(f"{word}: '{name}' already has a value; give one")
            values[name] = value
    if problems:
        raise BadInput(problems)
    if not expression.names:
        text = shortened(expression.text)
        raise BadInput(f"{text}: no name in it, so there is nothing to differentiate by; try {text}*x")
    missing = [name for name in expression.names if name not in values]
    if missing:
        raise _incomplete(expression, missing, values, words)
    return {name: values[name] for name in expression.names}


def _incomplete(
    expression: Expression, missing: Sequence[str], values: Mapping[str, Any], words: Sequence[str]
) -> BadInput:
    """The complaint about the first of the names that have no value, and the command with values for all."""
    node = next(
        node for node in postorder(expression.root) if isinstance(node, Name) and node.name == missing[0]
    )
    problem = ExpressionError(_without_value(node.name), expression.text, node.position)
    if any(name in FUNCTIONS or _constant(name) for name in missing):
        return BadInput(marked(problem))
    reduces = any(
        isinstance(part, Call) and part.function in REDUCTIONS for part in postorder(expression.root)
    )
    sizes = [value.size for value in values.values() if value.ndim]
    count = (sizes[0] if sizes else 3) if reduces else 1
    example = ",".join(map(str, range(1, count + 1))) if count <= _LONGEST_EXAMPLE else "1"
    assigned = [f"{name}={example}" for name in missing]
    return BadInput(marked(problem), command_line(["nnrun", "grad", expression.text, *words, *assigned]))


def _without_value(name: str) -> str:
    if name in FUNCTIONS:
        return f"write {FUNCTIONS[name].signature}: '{name}' is a function"
    meant = _constant(name)
    return f"'{name}' has no value; add {name}=1 or {name}=1,2,3" + (
        f"; did you mean '{meant}'?" if meant else ""
    )


def _constant(name: str) -> str | None:
    """The constant that `Pi` or `np.pi` may be meant for."""
    last = name.rpartition(".")[2].lower()
    return last if last in CONSTANTS else None


def _assignment(expression: Expression, word: str) -> tuple[str, Any]:
    """The name and the value in `x=1,2,3`."""
    match = _ASSIGNMENT.fullmatch(fold(word))
    if match is None:
        raise BadInput(f"{word}: not a value; write name=value, and the expression in double quotes")
    name, text = match.groups()
    if name in CONSTANTS:
        raise BadInput(f"{word}: '{name}' is a constant; give your name another one")
    if name not in expression.names:
        meant = nearest(name, expression.names)
        hint = f"did you mean '{meant}'?" if meant else f"its names: {', '.join(expression.names) or 'none'}"
        raise BadInput(f"{word}: '{name}' is not in the expression; {hint}")
    return name, _value(word, text.strip())


def _value(word: str, text: str) -> Any:
    """A number, or a vector where there are commas or brackets."""
    missing = text.count("[") - text.count("]")
    if missing:
        bracket, which = ("]", "closed") if missing > 0 else ("[", "opened")
        raise BadInput(f"{word}: a bracket is not {which}: '{bracket}' is missing")
    is_vector = text[:1] + text[-1:] == "[]"
    pieces = _pieces(text[1:-1] if is_vector else text)
    if pieces == [""]:
        raise BadInput(f"{word}: a value is missing; write {word.partition('=')[0]}=1,2,3")
    if any(piece[:1] == "[" for piece in pieces):
        raise BadInput(f"{word}: a value is a number or one vector, not a matrix")
    numbers = [_number(piece, word) for piece in pieces]
    return np.array(numbers if is_vector or len(numbers) > 1 else numbers[0], dtype=np.float64)


def _pieces(text: str) -> list[str]:
    """What stands between the commas that are inside no brackets."""
    pieces, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += character
    return [piece.strip() for piece in pieces]


def _number(text: str, word: str) -> float:
    literal = text.lower().lstrip("+-")
    if literal in ("inf", "nan"):
        return float(text)
    if not text:
        raise BadInput(f"{word}: a number is missing between commas")
    number = parse(text)
    if number.names:
        raise BadInput(f"{word}: '{text}' is not a number")
    value = float(number.evaluate({}))
    is_literal = isinstance(number.root, Number | Unary)
    if not np.isfinite(value) and not is_literal:
        raise BadInput(f"{word}: '{text}' is {value:g}, not a finite number")
    return value
