"""Finding the run that a word means: a directory, `latest`, an id, or the start of a name."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from nnrun.errors import BadInput
from nnrun.runs.entry import read_summary, regular_bytes
from nnrun.runs.marks import holds_run, is_sweep, mode, within
from nnrun.runs.ordering import by_claim, linked, runs_below
from nnrun.runs.writing import METRICS, SUMMARY

RESULTS, CURVES = "results.csv", "curves.csv"

MOST_BYTES = 256 * 1024 * 1024
"""Of a table that is read at all."""

_LATEST = re.compile(r"latest(?:~(\d{1,9}))?(?:/(.+))?")


def output_root() -> Path:
    """Where runs are looked for: NNRUN_OUTPUTS, else `outputs` in the working directory."""
    return Path(os.environ.get("NNRUN_OUTPUTS") or "outputs")


def find_run(word: str, root: Path | None = None) -> Path:
    """The run or sweep directory that `word` means, damaged ones included.

    Args:
        word: a directory; `latest`, `latest~1` (the one before), `latest/7` (job 7 of a sweep),
            `latest/best`; an id as `nnrun list` prints it; or the start of a directory's name, or of an id,
            that no other one has.
        root: where to look for names; None: the output root.

    Raises:
        BadInput: there is none, or there are several.
    """
    root = output_root() if root is None else root
    word = word.rstrip("/") or word
    directory = Path(word)
    if holds_run(directory):
        return directory
    whole, slash, inside = word.rpartition("/")
    if slash and is_sweep(Path(whole)):
        return _inside(Path(whole), inside)
    latest = _LATEST.fullmatch(word)
    if latest:
        return _inside(_latest(root, int(latest[1] or 0)), latest[2])
    if stat.S_ISDIR(mode(directory)):
        raise BadInput(f"{word}: is no run; a run directory holds {SUMMARY} and {METRICS}")
    return _named(word, root)


def _named(word: str, root: Path) -> Path:
    """The directory that an id, or the start of a name or an id, means, or a job of it."""
    place = within(root, word)
    if place is not None and holds_run(place):
        return place
    known = {path.relative_to(root).as_posix(): path for path in runs_below(root)}
    parts = word.split("/")
    for count in range(len(parts), 0, -1):
        start, job = "/".join(parts[:count]), "/".join(parts[count:]) or None
        found = _starting(start, known)
        if len(found) == 1:
            return _inside(found[0], job)
        if found:
            raise BadInput(f"{word}: could be {_listed(found)}; write more of the name")
    raise BadInput(f"{word}: no such run under {root}; write a directory, the start of its name, or latest")


def _starting(start: str, known: Mapping[str, Path]) -> list[Path]:
    """The directories of exactly this id or name, else those whose name, or id, starts with it."""
    if not start:
        # Of a path from the root that leads nowhere, not the start of every name.
        return []
    exact = [path for id, path in known.items() if start in (id, path.name)]
    return exact or [
        path
        for id, path in known.items()
        if path.name.startswith(start) or ("/" in start and id.startswith(start))
    ]


def _listed(found: list[Path]) -> str:
    """Their names, with the day where names alone are not different."""
    names = [path.name for path in found]
    shown = [
        path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}" for path in found
    ]
    more = f" and {len(found) - 8} more" if len(found) > 8 else ""
    return ", ".join(shown[:8]) + more


def _latest(root: Path, back: int) -> Path:
    """The newest run or sweep, or the one so many before it."""
    last = linked(root)
    if back == 0 and last is not None:
        return last
    found = by_claim(root)
    if not found:
        raise BadInput(f"latest: there are no runs yet under {root}; nnrun alone trains one")
    if len(found) <= back:
        count = "is 1 run" if len(found) == 1 else f"are {len(found)} runs"
        raise BadInput(f"latest~{back}: there {count} under {root}")
    return found[-1 - back]


def _inside(directory: Path, job: str | None) -> Path:
    """A job of a sweep, by number or as the best one."""
    if job is None:
        return directory
    wanted = _best(directory) if job == "best" else job
    place = within(directory, wanted)
    if place is None or not holds_run(place):
        place = elsewhere(directory, _listed_for(directory, wanted))
    if place is None:
        raise BadInput(f"{directory.name}/{wanted}: there is no such job in this sweep")
    return place


def elsewhere(sweep: Path, name: str) -> Path | None:
    """An older run below the same output root that has the answer of one of a sweep's jobs.

    Args:
        sweep: its directory.
        name: the run's, relative to it, such as `../10-30-00_quadratic`.
    """
    if not name.startswith("../") or "\0" in name:
        return None
    path = (sweep / name).resolve()
    return path if path.is_relative_to(sweep.resolve().parent.parent) and holds_run(path) else None


def _listed_for(sweep: Path, job: str) -> str:
    """The directory that the table of a sweep has for a job, or lists; empty where it does not."""
    try:
        text = regular_bytes(sweep / RESULTS, MOST_BYTES).decode("utf-8")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (OSError, ValueError, csv.Error):
        return ""
    return next(
        (row.get("directory") or "" for row in rows if job in (row.get("job"), row.get("directory"))), ""
    )


def _best(directory: Path) -> str:
    try:
        best = read_summary(directory).get("best_run")
    except (OSError, ValueError) as error:
        raise BadInput(f"{directory.name}/best: {SUMMARY} of this sweep cannot be read") from error
    named = best.get("directory") if isinstance(best, dict) else None
    if not isinstance(named, str):
        raise BadInput(f"{directory.name}/best: this sweep has no best run; name a job by its number")
    return named
