"""A recorded command with one setting changed, every other character as it was."""

from __future__ import annotations

import re

_WORD = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')
_MULTIRUN = frozenset({"-m", "--multirun"})


def with_setting(command: str, key: str, value: str) -> str | None:
    """`command` with `key=value` in place of what it says of `key`, or at its end.

    Only what begins a training of one run can be changed so: None for sweeps, subcommands and other programs.

    Args:
        command: one line, words in double quotes where they need any.
        key: such as `optim.lr`.
        value: plain, so that no shell needs quotes for it.
    """
    found = list(_WORD.finditer(command))
    texts = [match[0] for match in found]
    if not texts or texts[0] != "nnrun" or _MULTIRUN & set(texts) or not _trains(texts[1:]):
        return None
    given = re.compile(rf'"?\+{{0,2}}{re.escape(key)}=')
    for match in reversed(found):
        if given.match(match[0]):
            return f"{command[: match.start()]}{key}={value}{command[match.end() :]}"
    return f"{command} {key}={value}"


def _trains(arguments: list[str]) -> bool:
    """Whether the first argument, if there is one, is an override or a flag and no subcommand's name."""
    return not arguments or "=" in arguments[0] or arguments[0].startswith("-")
