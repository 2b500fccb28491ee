"""`nnrun grad`: an expression, its computation and its gradient, three ways."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from nnrun.arguments import command_line
from nnrun.commands.assignments import refuse_blanks, refuse_definition, values_of
from nnrun.commands.flags import add_language, language_as_flag, refuse_repeats, spoken
from nnrun.commands.options import Options
from nnrun.errors import BadInput, ExpressionError
from nnrun.expressions import FUNCTIONS, Expression, parse
from nnrun.expressions.marking import marked, shortened

_FLAG = re.compile(r"-h$|--[a-z]")

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
    flags, words = _separated(_language_apart(arguments))
    refuse_repeats(flags)
    # An expression may begin with a sign, which argparse would take for a flag.
    given = _options().parse_args([*flags, "--", *words])
    if given.expression is None:
        raise BadInput("grad needs an expression and values for its names", EXAMPLES[0])
    refuse_definition(words)
    refuse_blanks(words)
    try:
        expression = parse(given.expression)
        values = values_of(expression, given.values)
        return _show(expression, values, words, None if given.json else spoken(given.language))
    except ExpressionError as error:
        raise BadInput(marked(error), error.command) from error


def _language_apart(arguments: Sequence[str]) -> list[str]:
    """`language=zh` as the flag, unless it is the value of a variable of that name."""
    *_, words = _separated(arguments)
    try:
        names: Sequence[str] = parse(words[0]).names if words else ()
    except ExpressionError:
        names = ()
    return list(arguments) if "language" in names else language_as_flag(arguments)


def _separated(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Flags with their values, and the other words."""
    flags: list[str] = []
    words: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if not _FLAG.match(word):
            words.append(word)
            continue
        flags.append(word)
        if word == "--language":
            flags += itertools.islice(rest, 1)
    return flags, words


def _options() -> Options:
    functions = ", ".join(function.signature for function in FUNCTIONS.values())
    options = Options(
        "grad",
        "What an expression computes, step by step, and its gradient three ways.\n\n"
        + textwrap.fill(f"functions: {functions}", 78),
        EXAMPLES,
    )
    options.add_argument(
        "expression", nargs="?", metavar="EXPRESSION", help="a formula; its result one number"
    )
    options.add_argument(
        "values", nargs="*", metavar="NAME=VALUE", help="a number (x=0.5, x=pi/2) or a vector (x=1,2,3)"
    )
    options.add_argument("--json", action="store_true", help="everything as JSON")
    add_language(options)
    return options


def _show(
    expression: Expression, values: Mapping[str, Any], words: Sequence[str], language: str | None
) -> int:
    """Prints it all in `language`; as JSON where there is none."""
    from nnrun.calculus import trace
    from nnrun.calculus.derivation import derived
    from nnrun.commands.console import emit
    from nnrun.commands.gradient_view import as_text, emit_styled, to_json

    graph = trace(expression, values)
    size = graph.out.value.size
    if size != 1:
        wrapped = [f"mean({words[0]})", *words[1:]]
        raise BadInput(
            f"{shortened(expression.text)}: the result has {size} values; wrap it in sum(...) or mean(...)",
            command_line(["nnrun", "grad", *wrapped]),
        )
    derivation = derived(graph)
    if language is None:
        emit(to_json(derivation))
    else:
        emit_styled(as_text(derivation, language))
    return 0
