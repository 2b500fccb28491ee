"""A run directory, whoever made it and whatever is left of it: what can be read, and why the rest cannot."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nnrun.runs.checking import damages
from nnrun.runs.entry import Entry, read_entry, reason_of
from nnrun.runs.marks import is_sweep
from nnrun.runs.reading import read_metrics
from nnrun.runs.writing import METRICS, SUMMARY

LOG = "nnrun.log"

MOST_METRICS = 256 * 1024 * 1024
"""Bytes of a metrics.csv that is read at all."""

LOG_BYTES, LOG_LINES = 16 * 1024, 20
"""Of the end of a log."""


class File(NamedTuple):
    """A file of a run directory: name, bytes, and what it is if it is no ordinary file."""

    name: str
    size: int
    kind: str


@dataclass(frozen=True)
class Inspected:
    """What can be said of a run or a sweep.

    Attributes:
        directory: where it lies.
        entry: its summary and status.
        metrics: column name -> values, one per epoch; empty where there are none.
        files: by name, those of .hydra included.
        log: the end of its log.
        problems: what cannot be read, one line each.
    """

    directory: Path
    entry: Entry
    metrics: Mapping[str, npt.NDArray[np.float64]]
    files: Sequence[File]
    log: Sequence[str]
    problems: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show but problems."""
        return bool(self.problems) and not (
            self.entry.summary or self.metrics or any(map(str.strip, self.log))
        )


def inspected(directory: Path) -> Inspected:
    """Reads what there is; a file that is no ordinary one is not opened."""
    problems: list[str] = []
    entry = _entry(directory)
    if entry.problem:
        problems.append(entry.problem)
    metrics = {}
    if entry.kind == "run":
        metrics = _metrics(directory / METRICS, problems)
        problems += damages(directory, entry.summary)
    files = _files(directory, problems)
    return Inspected(directory, entry, metrics, files, _log(directory / LOG), problems)


def require_ordinary(path: Path, most: int) -> None:
    """Checks that a file may be opened.

    Raises:
        OSError: it is not there.
        ValueError: it is a link, a pipe or a device, or longer than `most` bytes.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"is {_kind(found.st_mode)}, which is not followed or opened")
    if found.st_size > most:
        raise ValueError(f"is larger than {most // (1024 * 1024)} MiB")


def _entry(directory: Path) -> Entry:
    try:
        return read_entry(directory)
    except (OSError, RecursionError) as error:
        problem = f"{SUMMARY}: {reason_of(error)}"
        return Entry(directory, "sweep" if is_sweep(directory) else "run", "unknown", problem=problem)


def _metrics(path: Path, problems: list[str]) -> dict[str, npt.NDArray[np.float64]]:
    try:
        require_ordinary(path, MOST_METRICS)
        columns, skipped = read_metrics(path)
    except FileNotFoundError:
        problems.append(f"{METRICS} is missing")
        return {}
    except (OSError, ValueError) as error:
        problems.append(f"{METRICS}: {reason_of(error)}")
        return {}
    if "epoch" not in columns:
        problems.append(f"{METRICS}: has no column 'epoch'" if path.stat().st_size else f"{METRICS} is empty")
        return {}
    if skipped:
        problems.append(f"{METRICS}: {skipped} row{'' if skipped == 1 else 's'} cannot be read")
    return columns


def _files(directory: Path, problems: list[str]) -> list[File]:
    found: list[File] = []
    for place, prefix in ((directory, ""), (directory / ".hydra", ".hydra/")):
        try:
            if prefix and not stat.S_ISDIR(place.lstat().st_mode):
                continue
            with os.scandir(place) as entries:
                for entry in entries:
                    known = entry.stat(follow_symlinks=False)
                    if not stat.S_ISDIR(known.st_mode):
                        found.append(File(f"{prefix}{entry.name}", known.st_size, _kind(known.st_mode)))
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(f"{place.name}: {reason_of(error)}")
    return sorted(found)


def _kind(mode: int) -> str:
    """What is no ordinary file; empty for one that is."""
    if stat.S_ISREG(mode):
        return ""
    return "a link" if stat.S_ISLNK(mode) else "a directory" if stat.S_ISDIR(mode) else "no ordinary file"


def _log(path: Path) -> list[str]:
    try:
        require_ordinary(path, 1 << 62)
        with path.open("rb") as file:
            file.seek(max(0, path.lstat().st_size - LOG_BYTES))
            text = file.read(LOG_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return []
    return text.splitlines()[-LOG_LINES:]


def mapping(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a summary, which may be a stranger's; empty where it is none."""
    part = content.get(name)
    return part if isinstance(part, Mapping) else {}
