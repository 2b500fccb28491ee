"""What a part of one's own is called: the file that defines it, a colon, and its name in there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OWN = re.compile(r"(?P<path>[^\n]+\.py):(?P<attribute>[^\W\d]\w*)")


@dataclass(frozen=True)
class OwnName:
    """`./net.py:Net`, read.

    Attributes:
        text: as written; relative to the working directory.
        path: of the file.
        attribute: what it defines.
    """

    text: str
    path: Path
    attribute: str


def own_name(text: str) -> OwnName | None:
    """The part that `text` names, or None where it is the name of a registered one."""
    found = _OWN.fullmatch(text)
    return None if found is None else OwnName(text, Path(found["path"]).expanduser(), found["attribute"])


def own_names(content: Any) -> Iterator[OwnName]:
    """Every such name among the values of a configuration."""
    if isinstance(content, dict):
        for value in content.values():
            yield from own_names(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from own_names(value)
    elif isinstance(content, str) and (found := own_name(content)) is not None:
        yield found
