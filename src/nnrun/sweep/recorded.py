"""The jobs of a sweep as its directory shows them, whichever launcher left them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from nnrun.runs.extending import length
from nnrun.runs.marks import is_run
from nnrun.sweep.answer import SweptJob
from nnrun.sweep.planning import Planned


def planned_jobs(
    directory: Path, jobs: Sequence[Planned], elsewhere: Mapping[str, Path] = MappingProxyType({})
) -> list[SweptJob]:
    """Jobs that were known before the sweep began, each with its run directory, if it has one.

    Args:
        directory: of the sweep.
        jobs: all of them.
        elsewhere: hash of a configuration -> the run that had its answer before.
    """
    found = []
    for job in jobs:
        place, wanted = directory / job.place, {}
        if job.binding is not None:
            place = elsewhere.get(job.binding.spec.config_hash, place)
            wanted = length(job.binding.spec.config)
        found.append(SweptJob(job.number, job.values, place if is_run(place) else None, length=wanted))
    return found


def recorded_jobs(directory: Path) -> list[SweptJob]:
    """Jobs that a sweeper made up as it went; those of which Hydra kept nothing are not known."""
    found = []
    for path in sorted(directory.rglob("overrides.yaml")):
        place = path.parent.parent
        pairs = (str(line).lstrip("+~").partition("=") for line in _content(path) or ())
        values = {key: value for key, _, value in pairs}
        found.append((_number(path.with_name("hydra.yaml"), place), values, place))
    jobs = [
        SweptJob(index if number is None else number, values, place if is_run(place) else None)
        for index, (number, values, place) in enumerate(found)
    ]
    return sorted(jobs, key=lambda job: job.number)


def _number(path: Path, place: Path) -> int | None:
    """The job's number: as Hydra recorded it, else its directory's name, if that is one."""
    if path.is_file():
        return int(_content(path)["hydra"]["job"]["num"])
    return int(place.name) if place.name.isdecimal() else None


def varied(jobs: Sequence[SweptJob]) -> tuple[str, ...]:
    """The keys in which jobs differ, in the order of the first job's."""
    keys = dict.fromkeys(key for job in jobs for key in job.overrides)
    return tuple(key for key in keys if len({job.overrides.get(key) for job in jobs}) > 1)


def _content(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))
