"""Runs of a sweep that its table knows and that are gone: what is left is not the whole sweep."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from nnrun.runs.entry import regular_bytes
from nnrun.runs.finding import MOST_BYTES, RESULTS
from nnrun.runs.marks import is_run


def lost(sweep: Path) -> tuple[str, ...]:
    """Directories, as results.csv has them, without a summary or without metrics; none without that table.

    Args:
        sweep: its directory.
    """
    try:
        return tuple(place for place in named(sweep) if not is_run(sweep / place))
    except (OSError, ValueError, csv.Error):
        return ()


def named(sweep: Path) -> dict[str, str]:
    """Directory -> status of the runs that results.csv has.

    Raises:
        OSError: the table is missing or cannot be read.
        ValueError: it is damaged.
        csv.Error: it is none.
    """
    text = regular_bytes(sweep / RESULTS, MOST_BYTES).decode("utf-8")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    found = {row.get("directory"): row.get("status") or "" for row in rows}
    return {place: status for place, status in found.items() if place and "\0" not in place}


def sentence(places: tuple[str, ...], jobs: object) -> str:
    """Such as `2 of 10 run directories are missing: 3, 7`."""
    total = f" of {jobs}" if isinstance(jobs, int) else ""
    noun, verb = ("directory", "is") if len(places) == 1 else ("directories", "are")
    listed = f"{', '.join(places[:5])}{', ...' * (len(places) > 5)}"
    return f"{len(places)}{total} run {noun} {verb} missing or without their files: {listed}"
