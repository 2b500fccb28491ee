"""Secrets: what a configuration reads from the environment is used, and never written or shown."""

from __future__ import annotations

SHORTEST = 8
"""Characters of a value that is taken for a secret; shorter ones are words like any other."""

_read: dict[str, str] = {}
_spared: set[str] = set()


def note(variable: str, value: str) -> None:
    """Remembers a value read from a variable; numbers, and nnrun's own variables, are no secrets."""
    if value in _spared or len(value) < SHORTEST:
        return
    if not variable.startswith("NNRUN_") and not _is_number(value):
        _read[value] = variable


def spare(value: str) -> None:
    """Makes a value an ordinary one: people need to know where their runs are."""
    _spared.add(value)
    _read.pop(value, None)


def forget() -> None:
    """Begins anew: another command reads its own."""
    _read.clear()
    _spared.clear()


def redacted(text: str) -> str:
    """A text in which every such value is replaced by the interpolation that it came from."""
    if not _read:
        return text
    for value in sorted(_read, key=len, reverse=True):
        text = text.replace(value, f"${{oc.env:{_read[value]}}}")
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
