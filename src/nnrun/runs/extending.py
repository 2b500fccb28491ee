"""Runs of a sweep that went on alone to another length than the sweep's: they are not what it compares."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnrun.runs.entry import read_entry
from nnrun.runs.lost import named
from nnrun.runs.marks import within

LENGTH = ("epochs", "early_stopping")
"""What of a configuration says how long a run trains."""

EXTENDED = "extended"
"""Stands in results.csv where other runs have how they ended."""

ENDED = frozenset({"completed", "stopped", "diverged", EXTENDED})
"""What a sweep's table says of runs that have nothing left to do for the sweep."""

_TRAINED = ENDED - {EXTENDED}


def length(config: Mapping[str, Any]) -> dict[str, Any]:
    """How long a run trains: the keys of `LENGTH` in its configuration, and those below them."""
    return {key: value for key, value in config.items() if key.partition(".")[0] in LENGTH}


def is_extended(summary: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a run has gone on, alone, beyond what its sweep asks of it, whether that has ended or not.

    Args:
        summary: of the run.
        wanted: the `length` that the sweep asks for.
    """
    config, before = summary.get("config"), summary.get("resumed")
    if not isinstance(config, Mapping) or not isinstance(before, list) or not before:
        return False
    found = length(config)
    if not wanted or found == wanted:
        return False
    if summary.get("status") in _TRAINED:
        return True
    stopping = [{key: value for key, value in each.items() if key != "epochs"} for each in (found, wanted)]
    return stopping[0] != stopping[1] or _epochs(summary, before[-1]) >= _whole(wanted.get("epochs"))


def cut_short(sweep: Path) -> dict[str, str]:
    """Runs that the sweep's table calls ended and that were extended since, but not to their new end.

    Args:
        sweep: its directory.

    Returns:
        Directory -> status, both as the table has them.
    """
    try:
        ended = {name: status for name, status in named(sweep).items() if status in ENDED}
    except (OSError, ValueError, csv.Error):
        return {}
    inside = [(name, place) for name in ended if (place := within(sweep, name)) is not None]
    return {name: ended[name] for name, place in inside if read_entry(place).status == "interrupted"}


def _epochs(summary: Mapping[str, Any], before: Any) -> int:
    """That a run has at least; one that was killed says only how many it had when it went on."""
    known = before.get("epochs") if isinstance(before, Mapping) else None
    return max(_whole(summary.get("epochs")), _whole(known))


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
