"""A look at every directory under an output root; links are not followed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnrun.errors import EnvironmentFault
from nnrun.index.cache import Cache
from nnrun.index.found import Found, Listing
from nnrun.runs.entry import Entry
from nnrun.runs.lost import lost
from nnrun.runs.marks import is_run, is_sweep, natural, within
from nnrun.runs.ordering import DEEPEST, Age, age, linked

_ANSWERED = frozenset({"completed", "stopped", "diverged"})
"""Endings of runs that trained until nothing was left to do."""

_INCOMPLETE = {"completed": "incomplete", "failed": "incomplete"}
"""What the status of a sweep becomes of which runs are gone."""

_SHARED = ("dataset", "model", "loss", "engine", "device", "dtype")
"""Fields of a job that its sweep is listed with, unless they were swept."""


def listing(root: Path, jobs: bool = False) -> Listing:
    """Runs and sweeps under an output root; links are not followed.

    Args:
        root: any directory; one that is a run or a sweep is listed itself.
        jobs: list the runs of sweeps too.

    Raises:
        EnvironmentFault: the root may not be read.
    """
    walk = _Walk(root)
    last = linked(root)
    found = sorted(walk.below(root, ""), key=lambda each: _age(each.entry, last), reverse=True)
    if jobs:
        found = [item for each in found for item in (each, *walk.jobs(each))]
    walk.cache.save(complete=jobs)
    return Listing(tuple(found), tuple(walk.unread))


def answered(root: Path, besides: Path | None = None) -> dict[str, Path]:
    """Hash of a configuration -> directory of a run under `root` that has trained it to its end.

    Args:
        root: an output root; there may be none.
        besides: a sweep whose own runs do not count.
    """
    if not root.is_dir():
        return {}
    own = None if besides is None else besides.resolve()
    found = listing(root, jobs=True).found
    return {
        str(run.entry.summary["config_hash"]): run.entry.directory
        for run in reversed(found)
        if run.entry.status in _ANSWERED
        and run.entry.summary.get("config_hash")
        and (own is None or not run.entry.directory.resolve().is_relative_to(own))
    }


def _age(entry: Entry, last: Path | None) -> tuple[bool, Age]:
    """What to sort by, the newest last; that is `last`, the run that `latest` means."""
    return entry.directory == last, age(entry.directory, entry.summary)


class _Walk:
    """One look at a root, with what is known of it already."""

    def __init__(self, root: Path) -> None:
        self.cache = Cache(root)
        self.unread: list[str] = []

    def below(self, directory: Path, id: str, depth: int = 0) -> Iterator[Found]:
        """The runs and sweeps in a directory, or that it is."""
        if depth or is_run(directory) or is_sweep(directory):
            entry = self.cache.entry(directory, id)
            if entry is not None:
                yield Found(id or ".", self._whole(entry, id))
                return
        if depth < DEEPEST:
            yield from self._inside(directory, id, depth)

    def jobs(self, sweep: Found) -> list[Found]:
        """The runs of a sweep; none of anything else."""
        if sweep.entry.kind != "sweep":
            return []
        return list(self._inside(sweep.entry.directory, "" if sweep.id == "." else sweep.id, 1))

    def _inside(self, directory: Path, id: str, depth: int) -> Iterator[Found]:
        for name in self._directories(directory, id):
            yield from self.below(directory / name, f"{id}/{name}" if id else name, depth + 1)

    def _directories(self, directory: Path, id: str) -> list[str]:
        try:
            with os.scandir(directory) as entries:
                found = [
                    entry.name
                    for entry in entries
                    if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
                ]
        except OSError as error:
            if not id:
                raise EnvironmentFault(f"cannot read {directory}: {error.strerror}") from error
            self.unread.append(id)
            return []
        return sorted(found, key=natural)

    def _whole(self, entry: Entry, id: str) -> Entry:
        """A sweep with what its runs have in common, and with their number where it does not say it."""
        if entry.kind != "sweep":
            return entry
        sweep = Found(id or ".", entry)
        known = entry.summary
        if not isinstance(known.get("counts"), dict) and not entry.problem:
            statuses = [job.entry.status for job in self.jobs(sweep)]
            known = {"jobs": len(statuses), **known, "kind": "sweep", "counts": dict(Counter(statuses))}
        names = self._directories(sweep.entry.directory, sweep.id)
        job = self._some_job(sweep, names)
        gone = _gone(entry, names)
        if gone:
            known = {**known, "missing": gone}
            entry = replace(entry, status=_INCOMPLETE.get(entry.status, entry.status))
        return replace(entry, summary=known if job is None else {**_common(job.summary, known), **known})

    def _some_job(self, sweep: Found, names: Sequence[str]) -> Entry | None:
        """The run of a typical job, else of the first one."""
        best = sweep.entry.summary.get("best")
        typical = best.get("typical") if isinstance(best, Mapping) else None
        named = typical.get("directory") if isinstance(typical, Mapping) else None
        prefix = "" if sweep.id == "." else f"{sweep.id}/"
        for name in (named, *names[:1]):
            if isinstance(name, str) and (place := within(sweep.entry.directory, name)) is not None:
                entry = self.cache.entry(place, f"{prefix}{name}")
                if entry is not None:
                    return entry
        return None


def _gone(sweep: Entry, names: Sequence[str]) -> int:
    """How many runs of a sweep that has ended are gone; its table is read only where some seem to be."""
    jobs, counts = sweep.summary.get("jobs"), sweep.summary.get("counts")
    if not isinstance(jobs, int) or not isinstance(counts, dict) or sweep.status == "running":
        return 0
    begun = jobs - sum(count for count in (counts.get("not started"),) if isinstance(count, int))
    whole = sum(is_run(sweep.directory / name) for name in names)
    return len(lost(sweep.directory)) if whole < begun else 0


def _common(job: Mapping[str, Any], sweep: Mapping[str, Any]) -> dict[str, Any]:
    """What the runs of a sweep have in common, from one of them; a swept preset may change anything."""
    moment = {"started": job["started"]} if "started" in job else {}
    swept, config = sweep.get("swept"), job.get("config")
    if not isinstance(swept, list) or "experiment" in swept or not isinstance(config, dict):
        return moment
    keys = tuple(map(str, swept))
    inside = tuple(f"{key}." for key in keys)
    shared = {name: job[name] for name in _SHARED if name in job and name not in keys}
    kept = {key: value for key, value in config.items() if key not in keys and not key.startswith(inside)}
    return {**moment, **shared, "config": kept}
