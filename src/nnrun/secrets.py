"""Secrets: what a configuration reads from the environment is used, and never written or shown."""

from __future__ import annotations

from nnrun.characters import visible

SHORTEST = 8
"""Characters of a value that is taken for a secret; shorter ones are words like any other."""

_read: dict[str, str] = {}
_spared: set[str] = set()


def note(variable: str, value: str) -> None:
    """Remembers a value read from a variable; numbers, and nnrun's own variables, are no secrets."""
    if value in _spared or len(value) < SHORTEST:
        return
    if not variable.startswith("NNRUN_") and not _is_number(value):
        _read.update(dict.fromkeys(_spellings(value), variable))


def spare(value: str) -> None:
    """Makes a value an ordinary one: people need to know where their runs are."""
    _spared.add(value)
    for spelling in _spellings(value):
        _read.pop(spelling, None)


def forget() -> None:
    """Begins anew: another command reads its own."""
    _read.clear()
    _spared.clear()


def redacted(text: str) -> str:
    """A text in which every such value is replaced by the interpolation that it came from."""
    if not _read:
        return text
    for spelling in sorted(_read, key=len, reverse=True):
        text = text.replace(spelling, f"${{oc.env:{_read[spelling]}}}")
    return text


def _spellings(value: str) -> tuple[str, ...]:
    """A value as it is, and as messages show it, which escape control characters and quotes."""
    shown = visible(value)
    return value, shown, repr(value)[1:-1], repr(shown)[1:-1]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
