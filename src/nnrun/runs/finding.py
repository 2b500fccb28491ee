"""Finding the run that a word means: a directory, `latest`, an id, or the start of a name."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from nnrun.errors import BadInput
from nnrun.runs.entry import read_summary, regular_bytes
from nnrun.runs.locking import SWEEP
from nnrun.runs.moments import claimed
from nnrun.runs.writing import METRICS, SUMMARY

RESULTS, CURVES = "results.csv", "curves.csv"

MOST_BYTES = 256 * 1024 * 1024
"""Of a table that is read at all."""

DEEPEST = 6
"""Directories between an output root and a run, at most."""

MOST_ASKED = 1000
"""Runs whose summaries are read to know the last claim where `latest` does not say it."""

Age = tuple[str, tuple[str, str, int]]

_LATEST = re.compile(r"latest(?:~(\d{1,9}))?(?:/(.+))?")

_MARKS = (SUMMARY, METRICS, SWEEP, ".hydra", "nnrun.log")
"""Of which every directory of a run or a sweep has at least one, however little is left of it."""


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
    if stat.S_ISDIR(_mode(directory)):
        raise BadInput(f"{word}: is no run; a run directory holds {SUMMARY} and {METRICS}")
    return _named(word, root)


def is_run(directory: Path) -> bool:
    """Whether a directory holds one run, with its summary and its metrics."""
    return _is_file(directory / SUMMARY) and _is_file(directory / METRICS)


def is_sweep(directory: Path) -> bool:
    """Whether a directory holds a sweep."""
    return _is_file(directory / SWEEP)


def holds_run(directory: Path) -> bool:
    """Whether a directory holds a run or a sweep, or what is left of one."""
    return any(_mode(directory / mark, follow=False) for mark in _MARKS)


def runs_below(root: Path, deepest: int = DEEPEST) -> list[Path]:
    """Runs and sweeps under an output root, a sweep's own runs left out, in the order of their names."""
    return sorted(_runs_in(root, deepest), key=order)


def _runs_in(parent: Path, deepest: int) -> Iterator[Path]:
    for path in _directories(parent):
        if holds_run(path):
            yield path
        elif deepest > 1:
            yield from _runs_in(path, deepest - 1)


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
    if last is not None and (summary := _summary(last)):
        return claimed(last, summary)
    return max(map(_claim, runs_below(root, 2)[-MOST_ASKED:]), default="")


def linked(root: Path) -> Path | None:
    """The run that the link `latest` leads to; None where there is no such link, or it leads to none."""
    link = root / "latest"
    return _by_way_of(root, link.resolve()) if holds_run(link) else None


def age(directory: Path) -> Age:
    """What to sort runs and sweeps by, the newest last: the moment of the claim, then the name."""
    return _claim(directory), order(directory)


def order(path: Path) -> tuple[str, str, int]:
    """Names begin with the time; the suffix of names claimed in one second counts up."""
    numbered = re.fullmatch(r"(.*?)(?:-(\d{1,9}))?", path.name, re.DOTALL)
    assert numbered is not None
    return path.parent.name, numbered[1], int(numbered[2] or 1)


def natural(name: str) -> tuple[bool, int, str]:
    """What to sort names of directories by: numbers first, as numbers."""
    number = name.isascii() and name.isdecimal() and len(name) < 10
    return not number, int(name) if number else 0, name


def within(directory: Path, name: str) -> Path | None:
    """A directory below another one, unless its name, or a link, leads elsewhere."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        return None
    place = directory
    for part in parts:
        place = place / part
        if stat.S_ISLNK(_mode(place, follow=False)):
            return None
    return place


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(_mode(path))


def _mode(path: Path, follow: bool = True) -> int:
    """What a path is; 0 where there is nothing, or nothing that may be looked at, or no such name can be."""
    try:
        return path.stat(follow_symlinks=follow).st_mode
    except (OSError, ValueError):
        return 0


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


def _claim(directory: Path) -> str:
    return claimed(directory, _summary(directory))


def _summary(directory: Path) -> dict[str, Any]:
    """Its summary; empty where that is missing or damaged."""
    try:
        return read_summary(directory)
    except (OSError, ValueError):
        return {}


def _by_way_of(root: Path, place: Path) -> Path:
    """A resolved path, shown as `root` was typed where it lies below that."""
    whole = root.resolve()
    return root / place.relative_to(whole) if place.is_relative_to(whole) else place


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
