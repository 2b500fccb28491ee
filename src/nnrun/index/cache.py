"""What summaries say, kept in one file; what it says of a run counts as long as summary.json is the same."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnrun import __version__
from nnrun.errors import EnvironmentFault
from nnrun.runs.entry import Entry, read_entry, reason_of, regular_bytes, status_of
from nnrun.runs.files import write_atomically
from nnrun.runs.marks import holds_run, is_sweep
from nnrun.runs.writing import SUMMARY

INDEX = ".index"
"""The file, in the output root."""

WORTHWHILE = 100
"""Summaries from which on there is one."""

LARGEST = 1 << 30
"""Bytes of it that are read at all."""

FORMAT = [3, __version__]

_SETTLED = 2_000_000_000
"""Nanoseconds after which a file that changes again has another time of change, on any file system."""

_KEPT = (
    *("schema", "kind", "status", "name", "tags", "title", "started", "claimed", "finished", "seconds"),
    *("engine", "device", "dtype", "config", "config_hash", "command", "git_commit", "stop", "epochs"),
    *("objective", "final", "test", "best", "error", "swept", "jobs", "counts", "loss"),
)
"""Fields of summary.json that are kept whole."""


class Cache:
    """What the summaries under `root` say, as far as they are the files that they were."""

    def __init__(self, root: Path) -> None:
        self._path = root / INDEX
        self._wanted = not holds_run(root)
        self._believed = self._read()
        self._kept: dict[str, list[Any]] = {}
        self._sweeps: set[str] = set()
        self._changed = False

    def entry(self, directory: Path, id: str) -> Entry | None:
        """The run or sweep that a directory is, if it is one."""
        key = _key(f"{directory}/{SUMMARY}")
        if key is None and not holds_run(directory):
            return None
        entry = self._known(directory, id, key)
        known = entry is not None
        entry = entry or _read_entry(directory)
        if entry.kind == "sweep":
            self._sweeps.add(id)
        if not known and key is not None and not entry.problem and key[0] < time.time_ns() - _SETTLED:
            self._kept[id] = [key, entry.kind, entry.summary]
            self._changed = True
        return entry

    def _known(self, directory: Path, id: str, key: list[int] | None) -> Entry | None:
        """What the cache says, if it is about this very file."""
        match self._believed.get(id):
            case [list(recorded), "run" | "sweep" as kind, dict(summary)] if recorded == key:
                if kind == "sweep" and not is_sweep(directory):
                    return None
                self._kept[id] = self._believed[id]
                return Entry(directory, kind, _status(directory, kind, summary), summary)
        return None

    def save(self, complete: bool) -> None:
        """Writes what has changed, if that can be; runs that are gone are forgotten.

        Args:
            complete: whether the runs of sweeps were looked at.
        """
        if not complete:
            for id, record in self._believed.items():
                if id not in self._kept and not self._sweeps.isdisjoint(_above(id)):
                    self._kept[id] = record
        if not self._wanted or len(self._kept) < WORTHWHILE:
            return
        if self._changed or self._kept.keys() != self._believed.keys():
            content = json.dumps({"format": FORMAT, **_packed(self._kept)}, separators=(",", ":"))
            with contextlib.suppress(EnvironmentFault):
                write_atomically(self._path, content.encode(), sync=False)

    def _read(self) -> dict[str, list[Any]]:
        if not self._wanted:
            return {}
        try:
            content = json.loads(regular_bytes(self._path, LARGEST))
            return _unpacked(content) if content["format"] == FORMAT else {}
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return {}


def _packed(records: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Records with what is the same in many configurations written once."""
    places: dict[tuple[str, str], int] = {}
    items: list[list[Any]] = []
    packed = {}
    for id, (key, kind, summary) in records.items():
        config = summary.get("config")
        if not isinstance(config, dict):
            packed[id] = [key, kind, summary]
            continue
        chosen = []
        for name, value in config.items():
            place = places.setdefault((name, repr(value)), len(items))
            if place == len(items):
                items.append([name, value])
            chosen.append(place)
        packed[id] = [key, kind, {**summary, "config": None}, chosen]
    return {"items": items, "runs": packed}


def _unpacked(content: Mapping[str, Any]) -> dict[str, list[Any]]:
    items = [(name, value) for name, value in content["items"]]
    records = {}
    for id, (key, kind, summary, *config) in content["runs"].items():
        for chosen in config:
            summary["config"] = dict([items[place] for place in chosen])
        records[id] = [key, kind, summary]
    return records


def _key(path: str) -> list[int] | None:
    """What changes when a file does; None where there is no ordinary file."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return [found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns]


def _read_entry(directory: Path) -> Entry:
    try:
        entry = read_entry(directory)
    except (OSError, RecursionError) as error:
        problem = f"{SUMMARY}: {reason_of(error)}"
        return Entry(directory, "sweep" if is_sweep(directory) else "run", "unknown", problem=problem)
    return replace(entry, summary=_reduced(entry.summary))


def _status(directory: Path, kind: str, summary: Mapping[str, Any]) -> str:
    try:
        return status_of(directory, kind, summary)
    except OSError:
        return str(summary.get("status", "unknown"))


def _reduced(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that lists and filters need."""
    kept = {name: summary[name] for name in _KEPT if name in summary}
    for name, fields in (("dataset", ("name",)), ("model", ("name", "parameters"))):
        content = summary.get(name)
        if isinstance(content, dict):
            kept[name] = {field: content[field] for field in fields if field in content}
    verdicts = summary.get("verdicts")
    if isinstance(verdicts, list):
        kept["verdicts"] = [{"key": verdict.get("key")} for verdict in verdicts if isinstance(verdict, dict)]
    return kept


def _above(id: str) -> set[str]:
    parts = id.split("/")
    return {"/".join(parts[:count]) for count in range(1, len(parts))}
