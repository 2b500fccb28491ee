"""A run or a sweep as one row of a list: what it was, what was special about it, what it came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nnrun.characters import cells
from nnrun.commands.tabulating import GAP, Table, shown
from nnrun.config.defaults import differences
from nnrun.filters import assigned, objective_of, part_of
from nnrun.index import Found

_COLUMNS = ("id", "when", "status", "dataset", "model", "settings", "objective", "of", "note")

WHOLE = ("id", "when", "status", "dataset", "model", "of")
"""Columns that are of no use when they are cut."""

_FIRST_TO_GO = ("of", "when", "dataset", "model")
"""Columns that a narrow terminal does not show, one after the other."""

_ROOM = 24
"""Columns of a terminal that what can be cut should have."""


def in_full(found: Found) -> dict[str, object]:
    """Everything, for a program."""
    entry, summary = found.entry, found.entry.summary
    value, name = objective_of(entry)
    return {
        "id": found.id,
        "kind": entry.kind,
        "started": found.started or None,
        "status": entry.status,
        "dataset": part_of(entry, "dataset"),
        "model": part_of(entry, "model"),
        "differences": differences(entry.config),
        "objective": value,
        "objective_name": name,
        "seconds": summary.get("seconds"),
        "name": summary.get("name"),
        "tags": summary.get("tags"),
        "swept": summary.get("swept"),
        "jobs": summary.get("jobs"),
        "counts": summary.get("counts"),
        "best": _best(summary) or None,
        "command": summary.get("command"),
        "note": note(found) or None,
    }


def in_short(found: Sequence[Found], format: str) -> Table:
    """One row each, for people; of `csv`, all columns and UTC, of others, those that say something."""
    rows = [_row(each, format) for each in found]
    shown = [
        column
        for column in range(len(_COLUMNS))
        if format == "csv" or any(row[column] not in (None, "") for row in rows)
    ]
    return Table(
        tuple("started" if format == "csv" and column == 1 else _COLUMNS[column] for column in shown),
        tuple(tuple(row[column] for column in shown) for row in rows),
    )


def fitted(table: Table, width: int | None) -> Table:
    """The table with as many of its columns as fit into a terminal."""
    if width is None:
        return table
    lines = [list(map(shown, row)) for row in (table.columns, *table.rows)]
    widths = [max(map(cells, column)) for column in zip(*lines, strict=True)]
    needed = {
        name: wanted if name in (*WHOLE, "objective") else min(wanted, _ROOM)
        for name, wanted in zip(table.columns, widths, strict=True)
    }
    for name in _FIRST_TO_GO:
        if sum(needed.values()) + len(GAP) * (len(needed) - 1) <= width:
            break
        needed.pop(name, None)
    kept = [index for index, name in enumerate(table.columns) if name in needed]
    return Table(tuple(needed), tuple(tuple(row[index] for index in kept) for row in table.rows))


def _row(found: Found, format: str) -> tuple[object, ...]:
    value, name = objective_of(found.entry)
    when = found.started if format == "csv" else local_time(found.started)
    return (
        found.id,
        when or None,
        found.entry.status,
        part_of(found.entry, "dataset"),
        part_of(found.entry, "model"),
        settings(found.entry.config, found.entry.summary),
        value,
        name,
        note(found),
    )


def settings(config: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """What was swept, and what differs from the defaults, as typed."""
    swept = summary.get("swept")
    varied = [f"{key}=..." for key in swept] if isinstance(swept, list) else []
    return " ".join([*varied, *(assigned(key, value) for key, value in differences(config).items())])


def note(found: Found) -> str:
    """Why there is no more to say, or what a sweep came to; else empty."""
    entry, summary = found.entry, found.entry.summary
    if entry.problem:
        return entry.problem
    if entry.kind == "sweep":
        gone = summary.get("missing")
        missing = f"{gone} run{'' if gone == 1 else 's'} missing" if isinstance(gone, int) else ""
        best = _best(summary) and f"best {_best(summary)}"
        return ", ".join(filter(None, (_counts(summary), missing, best)))
    error = summary.get("error")
    return str(error) if error else ""


def local_time(started: str) -> str:
    """A moment, UTC, in local time, to the second; as it stands where it is none."""
    try:
        return datetime.fromisoformat(started).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return started


def _counts(summary: Mapping[str, Any]) -> str:
    """Such as `12 runs: 11 completed, 1 failed`."""
    jobs, counts = summary.get("jobs"), summary.get("counts")
    if not isinstance(counts, Mapping):
        return ""
    parts = ", ".join(f"{count} {status}" for status, count in counts.items())
    total = f"{jobs} run{'' if jobs == 1 else 's'}"
    return total if counts == {"completed": jobs} else f"{total}: {parts}" if parts else total


def _best(summary: Mapping[str, Any]) -> str:
    """The best setting of a sweep, as typed."""
    best = summary.get("best") if summary.get("kind") == "sweep" else None
    values = best.get("values") if isinstance(best, Mapping) else None
    return (
        " ".join(assigned(key, value) for key, value in values.items()) if isinstance(values, Mapping) else ""
    )
