"""Whether a run came out as another one did, and what may be the reason if it did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnrun.errors import Refused
from nnrun.runs.entry import reason_of, regular_bytes
from nnrun.runs.writing import METRICS

MOST_BYTES = 1024**3
"""Of a metrics.csv that is read at all."""

_TIMES = ("seconds",)
"""Columns that are never the same twice."""


@dataclass(frozen=True)
class Table:
    """metrics.csv as text, without the columns of times."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, directory: Path) -> Table:
        """Of a run.

        Raises:
            Refused: it is missing or cannot be read.
        """
        path = directory / METRICS
        try:
            lines = regular_bytes(path, MOST_BYTES).decode("utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise Refused(f"{path}: cannot be read: {reason_of(error)}") from error
        cells = [line.split(",") for line in lines] or [[]]
        kept = [index for index, name in enumerate(cells[0]) if name not in _TIMES]
        names, *rows = (tuple(row[index] for index in kept if index < len(row)) for row in cells)
        return cls(names, tuple(rows))


def difference(before: Table, after: Table) -> str | None:
    """The first thing in which two tables differ, in a few words; None where they are the same."""
    if before.names != after.names:
        return f"its columns were {', '.join(before.names)} and are {', '.join(after.names)}"
    for number, (old, new) in enumerate(zip(before.rows, after.rows, strict=False), start=1):
        for name, was, is_now in zip(before.names, old, new, strict=False):
            if was != is_now:
                return f"in row {number}, {name} was {was} and is {is_now}"
        if len(old) != len(new):
            return f"row {number} had {len(old)} cells and has {len(new)}"
    if len(before.rows) != len(after.rows):
        return f"it had {len(before.rows)} rows and has {len(after.rows)}"
    return None


def circumstances(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What else is different, of two runs' summaries: configuration, engine, versions, code."""
    told = []
    if before.get("config_hash") != after.get("config_hash"):
        told.append("the configuration is another one")
    for key in ("engine", "device"):
        if before.get(key) != after.get(key):
            told.append(f"{key} was {before.get(key)} and is {after.get(key)}")
    old, new = (_versions(summary) for summary in (before, after))
    told += [
        f"{name} was {old.get(name, 'not there')} and is {new.get(name, 'not there')}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
    if before.get("git_commit") != after.get("git_commit"):
        told.append(f"the commit was {_short(before)} and is {_short(after)}")
    return told


def _versions(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    found = summary.get("versions")
    return found if isinstance(found, dict) else {}


def _short(summary: Mapping[str, Any]) -> str:
    commit = summary.get("git_commit")
    return commit[:12] if isinstance(commit, str) else "none"
