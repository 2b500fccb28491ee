"""Which directories are compared: words, patterns and conditions as typed, sweeps as their runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from nnrun.errors import BadInput
from nnrun.filters import Filter, values_of
from nnrun.index import listing
from nnrun.runs.entry import Entry, read_entry
from nnrun.runs.finding import find_run, output_root
from nnrun.runs.marks import holds_run, is_sweep, natural
from nnrun.runs.ordering import Age, age, by_claim

_PATTERN = frozenset("*?[")


def chosen(words: Sequence[str], condition: str | None = None) -> list[Entry]:
    """What the words mean, each directory once, in the order in which it came.

    Args:
        words: as `find_run` takes them, or patterns such as `outputs/*/*mlp*`; none: the two newest, or
            everything where there is a condition.
        condition: which of them to keep.

    Raises:
        BadInput: a word means nothing, or nothing matches.
    """
    if not words and condition is not None:
        root = output_root()
        entries = [found.entry for found in listing(root, jobs=True).found] if root.is_dir() else []
        entries = [entry for entry in reversed(entries) if entry.kind == "run"]
    else:
        entries = [read_entry(directory) for directory in _directories(words)]
    if condition is None:
        return entries
    kept = Filter.parse(condition).matching([values_of(entry) for entry in entries])
    matching = [entry for entry, wanted in zip(entries, kept, strict=True) if wanted]
    if not matching:
        raise BadInput(f"--where {condition}: matches none of {len(entries)} runs")
    return matching


def _directories(words: Sequence[str]) -> list[Path]:
    """Of single runs, each once however it was named.

    Raises:
        BadInput: there is none.
    """
    found = [place for word in words for place in _meant(word)] if words else _newest()
    single = [run for place in found for run in _runs(place)]
    if not single:
        raise BadInput([f"{place}: a sweep of which no run has begun yet" for place in found])
    return list({os.path.realpath(run): run for run in reversed(single)}.values())[::-1]


def _newest() -> list[Path]:
    """The two newest.

    Raises:
        BadInput: there is none.
    """
    found = by_claim(output_root())[-2:]
    if not found:
        raise BadInput(f"there are no runs under {output_root()}; train one with nnrun, or name a directory")
    return found


def _meant(word: str) -> list[Path]:
    """The runs and sweeps that one word means.

    Raises:
        BadInput: none.
    """
    if _PATTERN.isdisjoint(word) or os.path.lexists(word):
        return [find_run(word)]
    matches = _matching(Path(word)) or _matching(output_root() / word)
    found = [match for match in matches if holds_run(match)]
    if not found:
        raise BadInput(f"{word}: matches no run")
    return sorted(found, key=_place)


def _place(match: Path) -> tuple[Age, tuple[bool, int, str]]:
    """What to sort by: runs and sweeps by their claims, jobs of one sweep by their numbers."""
    return age(match.parent if is_sweep(match.parent) else match), natural(match.name)


def _matching(pattern: Path) -> list[Path]:
    """The directories and files of a pattern; none of one that makes no sense."""
    start = Path(pattern.anchor)
    try:
        return list(start.glob(str(pattern.relative_to(start))))
    except (OSError, ValueError, NotImplementedError):
        return []


def _runs(place: Path) -> list[Path]:
    """The runs of a sweep; a run itself."""
    if not is_sweep(place):
        return [place]
    try:
        names = [entry.name for entry in os.scandir(place) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    jobs = sorted((name for name in names if not name.startswith(".")), key=natural)
    return [place / name for name in jobs if holds_run(place / name)]
