"""The jobs of a sweep as its directory shows them, whichever launcher left them there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from nnrun.runs.finding import is_run
from nnrun.sweep.answer import SweptJob
from nnrun.sweep.planning import Planned


def planned_jobs(directory: Path, jobs: Sequence[Planned]) -> list[SweptJob]:
    """Jobs that were known before the sweep began, each with its run directory, if it got one."""
    found = []
    for job in jobs:
        place = directory / job.place
        found.append(SweptJob(job.number, job.values, place if is_run(place) else None))
    return found


def recorded_jobs(directory: Path) -> list[SweptJob]:
    """Jobs that a sweeper made up as it went."""
    found = []
    for path in directory.rglob(".hydra/overrides.yaml"):
        place = path.parent.parent
        lines = [str(line) for line in _content(path) or ()]
        number = _content(path.with_name("hydra.yaml"))["hydra"]["job"]["num"]
        pairs = (line.lstrip("+~").partition("=") for line in lines)
        values = {key: value for key, _, value in pairs}
        found.append(SweptJob(int(number), values, place if is_run(place) else None))
    return sorted(found, key=lambda job: job.number)


def varied(jobs: Sequence[SweptJob]) -> tuple[str, ...]:
    """The keys in which jobs differ, in the order of the first job's."""
    keys = dict.fromkeys(key for job in jobs for key in job.overrides)
    return tuple(key for key in keys if len({job.overrides.get(key) for job in jobs}) > 1)


def _content(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))
