"""What to say about a name or function that does not exist: what somebody meant who typed it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence

from nnrun.expressions.foreign import rewritten
from nnrun.expressions.functions import CONSTANTS, FUNCTIONS, Function

_LISTED = 8
_VARIABLE = re.compile(r"[^\W\d]{1,2}\d*")
"""What is more likely a variable with a forgotten `*` behind it than a function."""

_ABSENT = frozenset({"prod", "cumsum", "median", "erf", "argmax", "argmin", "diff", "count"})
"""Functions that somebody may expect, which look like others that mean something else."""


def unknown_name(name: str, known: Collection[str], *, with_texts: bool = False) -> str:
    """The message about a name that is neither a constant nor among the `known`.

    Args:
        name: as it was typed.
        known: what could have been typed.
        with_texts: whether texts are compared here, so that it may be a piece of one, like `a-b`.
    """
    if name in FUNCTIONS:
        return f"write {FUNCTIONS[name].signature}: '{name}' is a function"
    if (meant := _nearest(name, [*known, *CONSTANTS])) is not None:
        return f"unknown name '{name}'; did you mean '{meant}'?"
    if with_texts:
        return f"unknown name '{name}'; a text that is not one plain word needs quotes"
    listed = f"; known: {', '.join(known)}" if 0 < len(known) <= _LISTED else ""
    return f"unknown name '{name}'{listed}"


def unknown_function(name: str, arguments: Sequence[str]) -> str:
    """The message about a name before `(` that is no function: one of elsewhere, a misspelt one, or a product
    without `*`."""
    product = f"write {name}*(...) to multiply"
    if name in CONSTANTS:
        return f"{product}: there is no function '{name}'"
    written = rewritten(name, arguments)
    if written is not None:
        return f"there is no function '{name}'; write {written}"
    meant = None if name in _ABSENT else _nearest(name, FUNCTIONS)
    if meant is not None:
        return f"there is no function '{name}'; did you mean '{meant}'?"
    if _VARIABLE.fullmatch(name):
        return f"{product}: there is no function '{name}'"
    listed = f"there is no function '{name}'; 'nnrun grad --help' lists them"
    return listed if "." in name else f"{listed}; {product}"


def wrong_count(function: Function, arguments: Sequence[str]) -> str:
    """The message about a call with too many arguments or too few."""
    count = f"{len(arguments)} argument{'' if len(arguments) == 1 else 's'}"
    got = f"{function.signature} got {count}"
    if function.name == "log" and len(arguments) == 2:
        return f"{got}; write log({arguments[0]})/log({arguments[1]})"
    if function.variadic and len(arguments) == 1:
        return f"{got}; it compares two or more, element by element"
    return got


def not_applied(name: str, following: str) -> str:
    """The message about a function with no parenthesis behind it: `sin x`, `sin^2 x`.

    Args:
        name: of a function.
        following: the text behind it.
    """
    match = re.match(r"\s*([\w.]+)\s*(?![\w\s.^*/%(])", following)
    argument = match[1] if match and len(FUNCTIONS[name].parameters) == 1 else None
    applied = f"{name}({argument})" if argument else FUNCTIONS[name].signature
    return f"write {applied}: '{name}' is a function"


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is equal but for case, shares a dotted part (`lr`, `optim.lr`), or looks alike."""
    folded = {candidate.lower(): candidate for candidate in known}
    typed = name.lower()
    if typed in folded:
        return folded[typed]
    for candidate in folded:
        if typed in candidate.split(".") or candidate in typed.split("."):
            return folded[candidate]
    close = difflib.get_close_matches(typed, folded, n=1)
    return folded[close[0]] if close else None
