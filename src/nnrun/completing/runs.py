"""The words by which a run can be named: its place in time, its directory's name, a job of a sweep."""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nnrun.completing.answer import Candidate, is_plain

SWEEP, SUMMARY = "multirun.yaml", "summary.json"
MARKS = (SUMMARY, "metrics.csv", SWEEP, ".hydra", "nnrun.log")
"""Of which every directory of a run has at least one. Written out: `nnrun.runs` loads NumPy."""

MOST = 200
"""Runs that are offered, the newest ones."""

BACK = 9
"""How far `latest~N` is offered."""

MOST_BYTES = 1024 * 1024
"""Of a summary that is read."""

_NUMBERED = re.compile(r"(.*?)(?:-(\d{1,9}))?")
_LATEST = re.compile(r"latest(?:~(\d{1,6}))?")


def output_root() -> Path:
    """Where runs are looked for: NNRUN_OUTPUTS, else `outputs` in the working directory."""
    return Path(os.environ.get("NNRUN_OUTPUTS") or "outputs")


def run_words(current: str, root: Path) -> tuple[Candidate, ...]:
    """What a RUN that begins with `current` could be.

    Args:
        current: what is typed of it.
        root: where runs lie, each in a directory of its day.
    """
    runs = Runs(root)
    whole, slash, start = current.rpartition("/")
    if not slash:
        return (*_by_age(current, runs), *_by_name(current, runs))
    if whole in runs.days:
        found = itertools.islice(runs.newest([whole], start), MOST)
        return tuple(Candidate(f"{whole}/{path.name}", _title(path)) for path in found)
    sweep = runs.sweep(whole)
    return tuple(_jobs(whole, sweep)) if sweep is not None else ()


class Runs:
    """The runs and sweeps under an output root.

    Args:
        root: it need not be there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @functools.cached_property
    def days(self) -> tuple[str, ...]:
        """The directories of days, the last one first."""
        return tuple(sorted(_directories(self._root), reverse=True))

    @functools.cached_property
    def times(self) -> Counter[str]:
        """Name -> on how many days something has it."""
        return Counter(itertools.chain.from_iterable(map(self.names, self.days)))

    def names(self, day: str) -> list[str]:
        """Of all that lies in the directory of a day."""
        try:
            with os.scandir(self._root / day) as entries:
                return [entry.name for entry in entries]
        except OSError:
            return []

    def newest(self, days: Iterable[str] | None = None, start: str = "") -> Iterator[Path]:
        """Those of some days, or of all, whose name begins with `start`, from the newest on."""
        for day in self.days if days is None else days:
            for name in sorted(_directories(self._root / day, start), key=_order, reverse=True):
                if _is_run(self._root / day / name):
                    yield self._root / day / name

    @functools.cached_property
    def latest(self) -> list[Path]:
        """The newest ones by name, in the order of their claims, the last first.

        What the link `latest` leads to is the last, as `nnrun.runs.ordering` has it.
        """
        from nnrun.runs.moments import claimed

        whole, last = map(os.path.realpath, (self._root, self._root / "latest"))
        named = list(itertools.islice(self.newest(), MOST))[::-1]
        moments = [claimed(path, _summary(path)) for path in named]
        linked = [str(Path(whole, path.relative_to(self._root))) == last for path in named]
        by_claim = sorted(zip(linked, moments, range(len(named)), named, strict=True), reverse=True)
        return [path for *_, path in by_claim]

    def sweep(self, word: str) -> Path | None:
        """The sweep that `word` means: by its path, its age, its name or its id."""
        age = _LATEST.fullmatch(word)
        if age:
            places = self.latest[int(age[1] or 0) :][:1]
        else:
            places = [Path(word), self._root / word, *(self._root / day / word for day in self.days)]
        return next((place for place in places if is_plain(word) and _is_sweep(place)), None)


def _by_age(current: str, runs: Runs) -> Iterator[Candidate]:
    if not "latest".startswith(current.partition("~")[0]):
        return
    most = BACK + 1 if current.startswith("latest~") else 2
    for back, path in enumerate(runs.latest[:most]):
        yield Candidate(f"latest~{back}" if back else "latest", f"{path.name}: {_title(path)}")


def _by_name(current: str, runs: Runs) -> Iterator[Candidate]:
    """Names of runs, with their day where several runs have that name; days where one is typed."""
    days = [day for day in runs.days if current and day.startswith(current)]
    yield from (Candidate(f"{day}/", f"{len(runs.names(day))} runs") for day in days)
    for path in itertools.islice(runs.newest(start=current), MOST):
        shared = runs.times[path.name] > 1
        yield Candidate(f"{path.parent.name}/{path.name}" if shared else path.name, _title(path))


def _directories(parent: Path, start: str = "") -> list[str]:
    """Plain names of real directories, beginning with `start`: what a run is called is never trusted."""
    try:
        with os.scandir(parent) as entries:
            return [
                entry.name
                for entry in entries
                if entry.name.startswith(start)
                and is_plain(entry.name)
                and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []


def _order(name: str) -> tuple[str, int]:
    """Names begin with the time; the suffix of names claimed in one second counts up."""
    matched = _NUMBERED.fullmatch(name)
    assert matched is not None
    return matched[1], int(matched[2] or 1)


def _is_run(path: Path) -> bool:
    return any((path / mark).exists() for mark in MARKS)


def _is_sweep(path: Path) -> bool:
    return (path / SWEEP).is_file()


def _jobs(word: str, sweep: Path) -> Iterator[Candidate]:
    yield Candidate(f"{word}/best", "the job with the best objective")
    numbers = sorted(int(name) for name in _directories(sweep) if name.isdecimal() and name.isascii())
    for number in numbers[:MOST]:
        yield Candidate(f"{word}/{number}", _said(sweep / str(number), "command"))


def _title(run: Path) -> str:
    """What a run is called, or how a sweep was started."""
    return _said(run, *(("command",) if _is_sweep(run) else ("name", "title")))


def _said(run: Path, *keys: str) -> str:
    """The first text that its summary has of these; nothing where there is none."""
    return next((text for text in map(_summary(run).get, keys) if isinstance(text, str) and text), "")


def _summary(run: Path) -> dict[str, Any]:
    """Its summary; empty where that cannot be read, or is no ordinary file."""
    path = run / SUMMARY
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return {}
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
