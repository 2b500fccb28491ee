"""`nnrun grad`: an expression, its computation and its gradient, three ways."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnrun.arguments import command_line
from nnrun.commands.options import Options
from nnrun.errors import BadInput, ExpressionError
from nnrun.expressions import CONSTANTS, FUNCTIONS, Expression, Name, Number, Unary, parse, postorder
from nnrun.expressions.tokens import fold
from nnrun.registry import nearest

_FLAG = re.compile(r"-h$|--[a-z]")
_ASSIGNMENT = re.compile(r"\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*=(?!=)(.*)", re.DOTALL)

EXAMPLES = (
    'nnrun grad "mean(3*(x+2)**2)" x=1,2,3',
    'nnrun grad "mean((w*x + b - y)^2)" x=1,2,3 y=2,4,7 w=0.5 b=0',
    'nnrun grad "sin(x)" x=pi/3 --json',
)


def main(arguments: Sequence[str]) -> int:
    """Prints values, graph and gradient of an expression.

    Raises:
        BadInput: the expression, a name or a value is wrong; the result is more than one number.
    """
    options = _options()
    # An expression may begin with a sign, which argparse would take for a flag.
    flags = [word for word in arguments if _FLAG.match(word)]
    words = [word for word in arguments if not _FLAG.match(word)]
    given = options.parse_args([*flags, "--", *words])
    if given.expression is None:
        raise BadInput("grad needs an expression and values for its names", EXAMPLES[0])
    try:
        expression = parse(given.expression)
        values = _values(expression, given.values)
        return _show(expression, values, words, given.json)
    except ExpressionError as error:
        raise BadInput(error.marked().split("\n")) from error


def _options() -> Options:
    options = Options(
        "grad", "What an expression computes, step by step, and its gradient three ways.", EXAMPLES
    )
    options.add_argument(
        "expression", nargs="?", metavar="EXPRESSION", help="a formula; its result one number"
    )
    options.add_argument(
        "values", nargs="*", metavar="NAME=VALUE", help="a number (x=0.5, x=pi/2) or a vector (x=1,2,3)"
    )
    options.add_argument("--json", action="store_true", help="everything as JSON")
    return options


def _show(expression: Expression, values: Mapping[str, Any], words: Sequence[str], as_json: bool) -> int:
    from nnrun.calculus import trace
    from nnrun.commands.console import emit
    from nnrun.commands.gradient_view import as_text, derived, emit_styled, to_json

    graph = trace(expression, values)
    size = graph.out.value.size
    if size != 1:
        wrapped = [f"mean({words[0]})", *words[1:]]
        raise BadInput(
            f"{expression.text}: the result has {size} values; wrap it in sum(...) or mean(...)",
            command_line(["nnrun", "grad", *wrapped]),
        )
    derivation = derived(graph)
    if as_json:
        emit(to_json(derivation))
    else:
        emit_styled(as_text(derivation))
    return 0


def _values(expression: Expression, words: Sequence[str]) -> dict[str, Any]:
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
        example = f"{expression.text}*x"
        raise BadInput(
            f"{expression.text}: no name in it, so there is nothing to differentiate by; try {example}"
        )
    for node in postorder(expression.root):
        if isinstance(node, Name) and node.name not in values and node.name not in CONSTANTS:
            raise ExpressionError(_without_value(node.name), expression.text, node.position)
    return {name: values[name] for name in expression.names}


def _without_value(name: str) -> str:
    meant = nearest(name, CONSTANTS)
    if name in FUNCTIONS:
        return f"write {FUNCTIONS[name].signature}: '{name}' is a function"
    hint = f"; did you mean '{meant}'?" if meant is not None and meant.lower() == name.lower() else ""
    return f"'{name}' has no value; add {name}=1 or {name}=1,2,3{hint}"


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
