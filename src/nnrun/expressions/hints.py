"""What to say about a name or function that does not exist: what somebody meant who typed it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from nnrun.expressions.functions import CONSTANTS, FUNCTIONS

_LISTED = 8

_ELSEWHERE: Mapping[str, str] = MappingProxyType({"ln": "log", "lg": "log10", "pow": "^", "power": "^"})


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


def unknown_function(name: str) -> str:
    """The message about a name before `(` that is no function: a misspelt one, or a product without `*`."""
    meant = None if name in CONSTANTS else _ELSEWHERE.get(name, _nearest(name, FUNCTIONS))
    if meant is None:
        return f"write {name}*(...) to multiply: there is no function '{name}'"
    return f"there is no function '{name}'; did you mean '{meant}'?"


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
