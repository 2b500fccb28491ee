"""When a run began, and when its directory was claimed: the order of runs, whatever the clock did."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeGuard

_SECONDS, _MICROSECONDS = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"

_STARTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_CLAIMED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
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
    if _is_moment(before, _CLAIMED):
        with contextlib.suppress(OverflowError):
            moment = max(moment, datetime.fromisoformat(before) + timedelta(microseconds=1))
    return moment.strftime(_MICROSECONDS)


def started(directory: Path, summary: Mapping[str, Any]) -> str:
    """When a run or a sweep began, UTC; else what the directory's name says; else empty."""
    recorded = summary.get("started")
    if _is_moment(recorded, _STARTED):
        return recorded
    named = _NAMED.search(directory.absolute().as_posix())
    return _utc(f"{named[1]}T{named[2]}:{named[3]}:{named[4]}") if named else ""


def claimed(directory: Path, summary: Mapping[str, Any]) -> str:
    """The moment of the claim, UTC with microseconds, to sort runs by; else the second in which it began."""
    recorded = summary.get("claimed")
    if _is_moment(recorded, _CLAIMED):
        return recorded
    return started(directory, summary).replace("Z", ".000000Z")


def _is_moment(value: object, written: re.Pattern[str]) -> TypeGuard[str]:
    """Whether a value out of a summary, which may be damaged, is a moment, written as nnrun writes it."""
    if not isinstance(value, str) or not written.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _utc(local: str) -> str:
    try:
        return datetime.fromisoformat(local).astimezone(UTC).strftime(_SECONDS)
    except (ValueError, OverflowError, OSError):
        return ""
