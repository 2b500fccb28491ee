"""When a run began, and when its directory was claimed: the order of runs, whatever the clock did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_SECONDS, _MICROSECONDS = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"

_STARTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CLAIMED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_NAMED = re.compile(r"(\d{4}-\d\d-\d\d)/(\d\d)-(\d\d)-(\d\d)_")


def now() -> str:
    """The present moment, UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).strftime(_SECONDS)


def claimed_now(before: str) -> str:
    """The moment of a claim, UTC with microseconds: now, or just after the claim before it, if that is later.

    So claims stay in their order though the clock is set back (a hybrid logical clock: Kulkarni et al.,
    "Logical Physical Clocks", 2014).

    Args:
        before: the moment of that other claim; empty where there is none.
    """
    moment = datetime.now(UTC)
    if _CLAIMED.fullmatch(before):
        try:
            after = datetime.strptime(before, _MICROSECONDS).replace(tzinfo=UTC) + timedelta(microseconds=1)
        except (ValueError, OverflowError):
            return moment.strftime(_MICROSECONDS)
        moment = max(moment, after)
    return moment.strftime(_MICROSECONDS)


def started(directory: Path, summary: Mapping[str, Any]) -> str:
    """When a run or a sweep began, UTC; else what the directory's name says; else empty."""
    recorded = summary.get("started")
    if isinstance(recorded, str) and _STARTED.fullmatch(recorded):
        return recorded
    named = _NAMED.search(directory.absolute().as_posix())
    return _utc(f"{named[1]}T{named[2]}:{named[3]}:{named[4]}") if named else ""


def claimed(directory: Path, summary: Mapping[str, Any]) -> str:
    """The moment of the claim, UTC with microseconds, to sort runs by; else the second in which it began."""
    recorded = summary.get("claimed")
    if isinstance(recorded, str) and _CLAIMED.fullmatch(recorded):
        return recorded
    return started(directory, summary).replace("Z", ".000000Z")


def _utc(local: str) -> str:
    try:
        return datetime.fromisoformat(local).astimezone(UTC).strftime(_SECONDS)
    except (ValueError, OverflowError, OSError):
        return ""
