"""A run or a sweep at a glance: its summary, its true status, and why it cannot be read where it cannot."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nnrun.runs.locking import SWEEP, is_locked
from nnrun.runs.writing import METRICS, SUMMARY

NEWEST_SCHEMA = 1
"""Of summary.json, that this nnrun can read."""

MOST_BYTES = 16 * 1024 * 1024
"""Of a summary.json that is read at all."""


@dataclass(frozen=True)
class Entry:
    """What can be said of a directory without its metrics and arrays.

    Attributes:
        directory: where it lies.
        kind: of what it holds.
        status: how it ended; `running` while a process holds it; `interrupted` where that process is gone;
            `unknown` where its summary cannot be read.
        summary: summary.json; empty where it cannot be read.
        problem: why it cannot be read, on one line; empty where it can.
    """

    directory: Path
    kind: Literal["run", "sweep"]
    status: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def config(self) -> Mapping[str, Any]:
        """Key -> value of everything that affects the result, `a.b` for what stands below."""
        found = self.summary.get("config")
        return found if isinstance(found, dict) else {}


def read_entry(directory: Path) -> Entry:
    """The entry of a run or sweep directory; never raises for what the directory holds."""
    kind: Literal["run", "sweep"] = "sweep" if (directory / SWEEP).is_file() else "run"
    try:
        summary = read_summary(directory)
    except FileNotFoundError:
        if kind == "sweep":
            return Entry(directory, kind, "running" if is_locked(directory) else "interrupted")
        return Entry(directory, kind, "unknown", problem=f"{SUMMARY} is missing")
    except (OSError, ValueError, RecursionError) as error:
        return Entry(directory, kind, "unknown", problem=f"{SUMMARY}: {reason_of(error)}")
    if "arguments" in summary and not (directory / METRICS).exists():
        # A sweep that was killed before Hydra's file of it was there.
        kind = "sweep"
    return Entry(directory, kind, status_of(directory, kind, summary), summary)


def read_summary(directory: Path) -> dict[str, Any]:
    """summary.json of a run or sweep, which is data and nothing more.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: it is damaged, leads out of the directory, or was written by a newer nnrun.
    """
    content = read_object(directory / SUMMARY)
    schema = content.get("schema")
    if not isinstance(schema, int):
        raise ValueError("has no schema number")
    if schema > NEWEST_SCHEMA:
        raise ValueError(f"was written by a newer nnrun (schema {schema}, this one reads {NEWEST_SCHEMA})")
    return content


def known_summary(directory: Path) -> dict[str, Any]:
    """summary.json; empty where there is none that can be read."""
    try:
        return read_summary(directory)
    except (OSError, ValueError):
        return {}


def read_object(path: Path) -> dict[str, Any]:
    """The object that a JSON file of a run or sweep directory holds.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: it is damaged, too large, no ordinary file, or holds something else.
    """
    try:
        content = json.loads(regular_bytes(path, MOST_BYTES))
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError("holds no summary")
    return content


def regular_bytes(path: Path, most: int) -> bytes:
    """The content of an ordinary file of a run directory, which may be a stranger's.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: it is a link, a pipe or a device, or longer than `most` bytes.
    """
    require_regular(path, most)
    return path.read_bytes()


def require_regular(path: Path, most: int) -> None:
    """Checks that a file of a run directory, which may be a stranger's, may be opened.

    Raises:
        OSError: it is not there.
        ValueError: it is a link, a pipe or a device, or longer than `most` bytes.
    """
    state = os.lstat(path)
    if stat.S_ISLNK(state.st_mode) or (path.parent.name == ".hydra" and path.parent.is_symlink()):
        raise ValueError("is a link, which is not followed")
    if not stat.S_ISREG(state.st_mode):
        raise ValueError("is no ordinary file")
    if state.st_size > most:
        raise ValueError(f"is larger than {most // (1024 * 1024)} MiB")


def status_of(directory: Path, kind: str, summary: Mapping[str, Any]) -> str:
    """The status, in which `running` is only what a living process holds."""
    status = str(summary.get("status", "unknown"))
    if kind == "sweep":
        counts = summary.get("counts")
        status = _of_sweep(counts) if isinstance(counts, dict) else "running"
    if status == "running" and not is_locked(directory):
        return "interrupted"
    return status


def _of_sweep(counts: Mapping[str, Any]) -> str:
    """One word for many runs: the first of these that any of them ended with."""
    for word in ("running", "interrupted", "not started", "failed"):
        if counts.get(word):
            return "interrupted" if word == "not started" else word
    return "completed"


def reason_of(error: Exception) -> str:
    """Why a file cannot be read, on one short line."""
    if isinstance(error, json.JSONDecodeError):
        return f"is no whole JSON (line {error.lineno})"
    if isinstance(error, UnicodeDecodeError):
        return "is no UTF-8 text"
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, FileNotFoundError):
        return "is missing"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
