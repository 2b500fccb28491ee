"""A run or a sweep under an output root, as lists and filters see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from nnrun.runs.entry import Entry

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_NAMED = re.compile(r"(\d{4}-\d\d-\d\d)/(\d\d)-(\d\d)-(\d\d)_")


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
        recorded = self.entry.summary.get("started")
        if isinstance(recorded, str) and _MOMENT.fullmatch(recorded):
            return recorded
        named = _NAMED.search(self.entry.directory.absolute().as_posix())
        return _utc(f"{named[1]}T{named[2]}:{named[3]}:{named[4]}") if named else ""


@dataclass(frozen=True)
class Listing:
    """What was found.

    Attributes:
        found: the newest first, the runs of a sweep behind it.
        unread: directories, relative to the root, that may not be read.
    """

    found: tuple[Found, ...]
    unread: tuple[str, ...]


def _utc(local: str) -> str:
    try:
        return datetime.fromisoformat(local).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""
