"""A run or a sweep under an output root, as lists and filters see it."""

from __future__ import annotations

from dataclasses import dataclass

from nnrun.runs.entry import Entry
from nnrun.runs.moments import started


@dataclass(frozen=True)
class Found:
    """A run, a sweep, or a run of a sweep.

    Attributes:
        id: its directory, relative to the output root, with slashes.
        entry: its summary has the fields that lists and filters need; a sweep's has, from one of its runs,
            what they have in common.
    """

    id: str
    entry: Entry

    @property
    def started(self) -> str:
        """When, UTC; what the directory's name says where nothing else does; else empty."""
        return started(self.entry.directory, self.entry.summary)


@dataclass(frozen=True)
class Listing:
    """What was found.

    Attributes:
        found: the newest first, the runs of a sweep behind it.
        unread: directories, relative to the root, that may not be read.
    """

    found: tuple[Found, ...]
    unread: tuple[str, ...]
