"""Words of a command as a line that a person can type into a shell."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[\w.,:/=+@-][\w.,:/=+@~-]*")


def shell_word(word: str) -> str:
    r"""`word` in double quotes where a shell would not take it as it is.

    cmd.exe has no other quotes. What a POSIX shell expands inside them (`$`, a backtick) is escaped for it;
    backslashes are doubled only where it would take them for an escape.
    """
    if _PLAIN.fullmatch(word):
        return word
    escaped = re.sub(r'\\(?=[\\"$`]|\Z)|["$`]', lambda match: "\\" + match[0], word)
    return f'"{escaped}"'


def command_line(words: Iterable[str]) -> str:
    """`words` as one line."""
    return " ".join(shell_word(word) for word in words)
