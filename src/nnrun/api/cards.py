"""What a notebook shows of runs, sweeps and comparisons: HTML in which everything from a run is text."""

from __future__ import annotations

import base64
import csv
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnrun.characters import number, visible
from nnrun.commands.inspecting import inspected, mapping
from nnrun.commands.run_page import verdicts
from nnrun.commands.sweep_page import ranking_tables
from nnrun.commands.tabulating import Table, shown
from nnrun.config.defaults import differences
from nnrun.filters import typed
from nnrun.runs.entry import Entry, reason_of

MOST_ROWS = 10
"""Of a table that is shown."""


def text(content: object) -> str:
    """As HTML: markup and control characters in it are only letters."""
    return html.escape(visible(str(content)))


def picture(png: bytes | None, shows: str) -> str:
    """An image; nothing where there is none.

    Args:
        png: its content.
        shows: what is in it, for those who cannot see it.
    """
    if png is None:
        return ""
    content = base64.b64encode(png).decode()
    return f'<img alt="{text(shows)}" style="max-width: 640px" src="data:image/png;base64,{content}">'


def table(content: Table, most: int = MOST_ROWS) -> str:
    """The first rows, and how many more there are."""
    head = "".join(f"<th>{text(name)}</th>" for name in content.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{text(shown(cell))}</td>' for cell in row)}</tr>" for row in content.rows[:most]
    )
    more = len(content.rows) - most
    note = f"<p>and {more:,} more</p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}"


def card(title: str, lines: Iterable[str], *parts: str) -> str:
    """A title, lines of plain text, and parts that are HTML already."""
    told = "".join(f"<div>{text(line)}</div>" for line in lines)
    return f"<div><b>{text(title)}</b>{told}{''.join(parts)}</div>"


def run_card(entry: Entry, png: bytes | None) -> str:
    """A run: what it was, how it ended, what it came to."""
    summary = entry.summary
    title = summary.get("name") or summary.get("title") or entry.directory.name
    settings = " ".join(f"{key}={typed(value)}" for key, value in differences(entry.config).items())
    lines = [
        " · ".join(_ending(entry)),
        settings or ("the defaults" if entry.config else ""),
        " · ".join(_final(summary)),
        *verdicts(summary),
        entry.problem,
        str(entry.directory),
    ]
    return card(str(title), filter(None, lines), picture(png, f"what the run has learned: {title}"))


def _ending(entry: Entry) -> list[str]:
    told = [entry.status]
    epochs, seconds, error = (entry.summary.get(name) for name in ("epochs", "seconds", "error"))
    if isinstance(epochs, int):
        told.append(f"{epochs} epoch{'' if epochs == 1 else 's'}")
    if isinstance(seconds, int | float):
        told.append(f"{number(float(seconds))} s")
    return [*told, str(error)] if error else told


def _final(summary: Mapping[str, Any]) -> Sequence[str]:
    """The final metrics that are numbers."""
    measured = {**mapping(summary, "final"), **mapping(summary, "test")}
    return [
        f"{name} {number(float(value))}"
        for name, value in measured.items()
        if isinstance(value, int | float) and math.isfinite(value)
    ]


def sweep_card(directory: Path, png: bytes | None) -> str:
    """A sweep: how many runs ended how, its settings ranked, the best one's command, a picture."""
    found = inspected(directory)
    summary, parts = found.entry.summary, []
    try:
        for ranked in ranking_tables(found):
            about = f"{ranked.name}: {ranked.objective}" if ranked.name else ranked.objective
            parts.append(f"<div>{text(about)}</div>{table(ranked.table)}")
    except (OSError, ValueError, csv.Error) as error:
        parts.append(f"<div>{text(reason_of(error))}</div>")
    counts = " · ".join(f"{count} {status}" for status, count in mapping(summary, "counts").items())
    typical = mapping(mapping(summary, "best"), "typical")
    lines = [counts, f"best: {typical['command']}" if "command" in typical else "", str(directory)]
    return card(
        f"sweep {directory.name}", filter(None, lines), *parts, picture(png, "the objective of every run")
    )
