"""What a shell is told: the words that could stand where the cursor is, and whether paths could too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from nnrun.characters import visible

Paths = Literal["none", "files", "directories"]

LONGEST = 100
"""Characters of a description."""

_PLAIN = re.compile(r"(?:[\w.,:/=+@-]|(?<=\w)~)*")
"""What every shell takes as it is; `~` at the start of a word, or behind `=` or `:`, is a home."""


@dataclass(frozen=True)
class Candidate:
    """A word that the one being typed could become.

    Attributes:
        text: the whole word; more is to follow where it ends in `=`, `.`, `/` or `,`.
        description: for shells that show one; on one line.
    """

    text: str
    description: str = ""


@dataclass(frozen=True)
class Answer:
    """Everything that could stand where the cursor is.

    Attributes:
        candidates: in the order in which they are to be shown.
        paths: what the shell itself should offer beside them.
        head: what of the word stands before the path, such as `output=`.
    """

    candidates: tuple[Candidate, ...] = ()
    paths: Paths = "none"
    head: str = ""

    def behind(self, head: str) -> Answer:
        """The same for a word that begins with `head`."""
        candidates = tuple(replace(found, text=f"{head}{found.text}") for found in self.candidates)
        return Answer(candidates, self.paths, f"{head}{self.head}")

    def starting(self, current: str) -> Answer:
        """Those that start with `current` and that no shell would take for something else, each once."""
        kept = {
            found.text: replace(found, description=_short(found.description))
            for found in reversed(self.candidates)
            if found.text.startswith(current) and is_plain(found.text)
        }
        return replace(self, candidates=tuple(reversed(kept.values())))

    def lines(self, described: bool = True) -> Iterator[str]:
        """As the shells' scripts read it: `paths`, then each candidate; a tab before head and description."""
        yield f"{self.paths}\t{self.head}" if described else self.paths
        for found in self.candidates:
            yield f"{found.text}\t{found.description}" if described else found.text


def is_plain(text: str) -> bool:
    """Whether `text` means itself in every shell, without quotes."""
    return _PLAIN.fullmatch(text) is not None


def _short(description: str) -> str:
    line = visible(" ".join(description.split()))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
