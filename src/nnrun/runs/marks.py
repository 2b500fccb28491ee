"""What a directory is: a run, a sweep, what is left of one, or neither; links lead nowhere."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath

from nnrun.runs.locking import SWEEP
from nnrun.runs.writing import METRICS, SUMMARY

_MARKS = (SUMMARY, METRICS, SWEEP, ".hydra", "nnrun.log")
"""Of which every directory of a run or a sweep has at least one, however little is left of it."""


def is_run(directory: Path) -> bool:
    """Whether a directory holds one run, with its summary and its metrics."""
    return _is_file(directory / SUMMARY) and _is_file(directory / METRICS)


def is_sweep(directory: Path) -> bool:
    """Whether a directory holds a sweep."""
    return _is_file(directory / SWEEP)


def holds_run(directory: Path) -> bool:
    """Whether a directory holds a run or a sweep, or what is left of one."""
    return any(mode(directory / mark, follow=False) for mark in _MARKS)


def within(directory: Path, name: str) -> Path | None:
    """A directory below another one, unless its name, or a link, leads elsewhere."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        return None
    place = directory
    for part in parts:
        place = place / part
        if stat.S_ISLNK(mode(place, follow=False)):
            return None
    return place


def natural(name: str) -> tuple[bool, int, str]:
    """What to sort names of directories by: numbers first, as numbers."""
    number = name.isascii() and name.isdecimal() and len(name) < 10
    return not number, int(name) if number else 0, name


def mode(path: Path, follow: bool = True) -> int:
    """What a path is; 0 where there is nothing, or nothing that may be looked at, or no such name can be."""
    try:
        return path.stat(follow_symlinks=follow).st_mode
    except (OSError, ValueError):
        return 0


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(mode(path))
