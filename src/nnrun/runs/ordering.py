"""Runs and sweeps under an output root, in the order in which their directories were claimed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnrun.runs.entry import known_summary
from nnrun.runs.marks import holds_run
from nnrun.runs.moments import claimed

DEEPEST = 6
"""Directories between an output root and a run, at most."""

MOST_ASKED = 1000
"""Runs whose summaries are read to know the last claim where `latest` does not say it."""

Age = tuple[str, tuple[str, str, int]]


def by_claim(root: Path) -> list[Path]:
    """Runs and sweeps under an output root in the order of their claims, a sweep's own runs left out.

    What the link `latest` leads to is the last, wherever it lies: it may have no moment of its own yet.
    """
    last = linked(root)
    found = sorted((path for path in runs_below(root) if path != last), key=age)
    return found if last is None else [*found, last]


def last_claim(root: Path) -> str:
    """The moment of the last claim under an output root; empty where there is none.

    Where `latest` says nothing, as that run is gone or has only just begun, the newest by name are asked,
    where runs lie as a rule: the root of a first run may be any directory, with a forest in it.
    """
    last = linked(root)
    if last is not None and (summary := known_summary(last)):
        return claimed(last, summary)
    return max((age(path)[0] for path in runs_below(root, 2)[-MOST_ASKED:]), default="")


def linked(root: Path) -> Path | None:
    """The run that the link `latest` leads to; None where there is no such link, or it leads to none."""
    link = root / "latest"
    return _by_way_of(root, link.resolve()) if holds_run(link) else None


def age(directory: Path, summary: Mapping[str, Any] | None = None) -> Age:
    """What to sort runs and sweeps by, the newest last: the moment of the claim, then the name.

    Args:
        directory: where it lies.
        summary: its own, where that has been read.
    """
    return claimed(directory, known_summary(directory) if summary is None else summary), order(directory)


def runs_below(root: Path, deepest: int = DEEPEST) -> list[Path]:
    """Runs and sweeps under an output root, a sweep's own runs left out, in the order of their names."""
    return sorted(_runs_in(root, deepest), key=order)


def _runs_in(parent: Path, deepest: int) -> Iterator[Path]:
    for path in _directories(parent):
        if holds_run(path):
            yield path
        elif deepest > 1:
            yield from _runs_in(path, deepest - 1)


def order(path: Path) -> tuple[str, str, int]:
    """Names begin with the time; the suffix of names claimed in one second counts up."""
    numbered = re.fullmatch(r"(.*?)(?:-(\d{1,9}))?", path.name, re.DOTALL)
    assert numbered is not None
    return path.parent.name, numbered[1], int(numbered[2] or 1)


def _directories(parent: Path) -> list[Path]:
    """The directories in another one, hidden ones left out; none where it may not be read."""
    try:
        with os.scandir(parent) as entries:
            return [
                Path(entry.path)
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            ]
    except OSError:
        return []


def _by_way_of(root: Path, place: Path) -> Path:
    """A resolved path, shown as `root` was typed where it lies below that."""
    whole = root.resolve()
    return root / place.relative_to(whole) if place.is_relative_to(whole) else place
