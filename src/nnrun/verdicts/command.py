"""A recorded command with one setting changed, every other one that matters as it was."""

from __future__ import annotations

import re
from dataclasses import fields

from nnrun.spec import Settings

_WORD = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')
_MULTIRUN = frozenset({"-m", "--multirun"})
_QUIET = frozenset({"-q", "--quiet"})
_KEPT = frozenset({"name", "output", "language"})
"""Settings that change no result but say what a run is called, where it is, and how it speaks."""
_IDLE = frozenset(field.name for field in fields(Settings)) - _KEPT
_KEY = re.compile(r'"?[+~]{0,2}([A-Za-z_]+)(?:\.[\w.]+)?(?:="?|"?$)')


def with_setting(command: str, key: str, value: str) -> str | None:
    """`command` with `key=value` in place of what it says of `key`, or at its end.

    What it says of settings that change no result (`plots.live`, `verbose`) is left out, but for `name`,
    `output` and `language`. Only what begins a training of one run can be changed so: None for sweeps,
    subcommands and other programs.

    Args:
        command: one line, words in double quotes where they need any.
        key: such as `optim.lr`.
        value: plain, so that no shell needs quotes for it.
    """
    texts = _WORD.findall(command)
    if not texts or texts[0] != "nnrun" or _MULTIRUN & set(texts) or not _trains(texts[1:]):
        return None
    changed = [text for text in texts if not _is_idle(text)]
    given = re.compile(rf'"?\+{{0,2}}{re.escape(key)}=')
    places = [index for index, text in enumerate(changed) if given.match(text)] or [len(changed)]
    changed[places[-1] : places[-1] + 1] = [f"{key}={value}"]
    return " ".join(changed)


def _is_idle(text: str) -> bool:
    """Whether a word of a command is about a setting that changes no result."""
    key = _KEY.match(text)
    return text in _QUIET or (key is not None and key[1] in _IDLE)


def _trains(arguments: list[str]) -> bool:
    """Whether the first argument, if there is one, is an override or a flag and no subcommand's name."""
    return not arguments or "=" in arguments[0] or arguments[0].startswith("-")
